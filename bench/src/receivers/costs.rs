//! What a delivery spends on being safe: judging where it goes, and signing what it says.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::resolve::FixedResolver;
use sealpost_egress::target::Target;
use sealpost_seal::rng::SystemRng;
use sealpost_seal::signature::{Outgoing, SigningKey, SigningSecret, WebhookKey, profiles, sign};
use serde_json::{Value, json};

/// Between two looks at the clock.
const ROUNDS: u32 = 64;
/// About as long as a delivery report.
const BODY: [u8; 512] = [b'x'; 512];

pub(super) fn measure(each: Duration) -> Result<Value> {
    let network = Network::new(Policy::strict(), FixedResolver::new());
    let addresses: Vec<IpAddr> =
        ["45.1.2.3", "45.1.2.4", "2a0e::3", "2a0e::4"].iter().filter_map(|text| text.parse().ok()).collect();
    let url = "https://hooks.example.com:8443/tenants/42/inbound?source=sealpost";
    let secret = SigningSecret::generate(&SystemRng);
    let key = WebhookKey::generate(&SystemRng);
    let id = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
    let outgoing = || Outgoing::new(id, 1_700_000_000, "message.delivered", &BODY).ok().context("not signable");
    outgoing()?;
    let mac = [SigningKey::Secret(&secret)];
    let both = [SigningKey::Secret(&secret), SigningKey::Ed25519(&key)];
    let signed = |keys: &[SigningKey<'_>]| {
        micros(each, || {
            if let Ok(outgoing) = outgoing() {
                let _ = std::hint::black_box(sign(&profiles::STANDARD, keys, &outgoing));
            }
        })
    };
    Ok(json!({
        "read_a_url_us": micros(each, || drop(std::hint::black_box(Target::parse(url, network.policy())))),
        // Once for each connection, not for each delivery.
        "classify_four_addresses_us": micros(each, || {
            let _ = std::hint::black_box(network.policy().permit(&addresses));
        }),
        "and_ask_whether_they_are_ours_us": micros(each, || {
            let _ = std::hint::black_box(network.permit(&addresses));
        }),
        "sign_by_secret_us": signed(&mac),
        "sign_by_secret_and_ed25519_us": signed(&both),
    }))
}

fn micros(time: Duration, mut once: impl FnMut()) -> f64 {
    let begun = Instant::now();
    let mut done = 0;
    while begun.elapsed() < time {
        (0..ROUNDS).for_each(|_| once());
        done += ROUNDS;
    }
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(done)
}
