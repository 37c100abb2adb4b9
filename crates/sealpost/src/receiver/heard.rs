//! One request, judged.

use std::sync::PoisonError;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};
use sealpost_egress::Tenant;
use sealpost_egress::client::{Client, Method, Outbound};
use sealpost_egress::target::Target;
use sealpost_seal::signature::{Refused, verify_standard};
use sealpost_store::{Clock as _, Time};
use serde_json::Value;

use super::Knows;

/// Seconds a signature may be old, or ahead: what Standard Webhooks recommends.
const TOLERANCE: u32 = 300;
/// Headers that are passed on: those that carry the signature, and what the body is.
const PASSED_ON: [&str; 6] =
    ["webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "sealpost-encryption", "sealpost-key-id"];

/// What was received, and whether it is believed.
pub(crate) struct Heard {
    pub(crate) at: Time,
    pub(crate) verdict: Verdict,
    /// The event's id; repeats have the same.
    pub(crate) id: String,
    /// The headers that sign it: when, and the signatures.
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) body: Bytes,
    /// The body, if it is JSON.
    pub(crate) event: Value,
    /// What the place it was passed on to said.
    pub(crate) forwarded: Option<u16>,
}

/// Whether a request is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Signed by who shares the secret, just now, over these bytes.
    Verified,
    /// Not believed, and why.
    Refused(Refused),
    /// There is no secret yet to verify with.
    NoSecret,
}

/// Where to pass on what was believed.
#[derive(Clone)]
pub(crate) struct Forward {
    pub(crate) client: Client,
    pub(crate) target: Target,
}

impl Heard {
    /// The event's type.
    pub(crate) fn kind(&self) -> &str {
        self.event["type"].as_str().unwrap_or("?")
    }
}

/// Judges a request, passes it on if it is believed, and says what to answer.
pub(super) async fn hear(knows: &Knows, headers: &HeaderMap, body: Bytes) -> (StatusCode, Heard) {
    let now = knows.world.clock.now();
    let verdict = judge(knows, headers, &body, now);
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let mut heard = Heard {
        at: now,
        verdict,
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp"),
        signature: text("webhook-signature"),
        event: serde_json::from_slice(&body).unwrap_or_default(),
        body,
        forwarded: None,
    };
    let status = match verdict {
        Verdict::Verified => match &knows.forward {
            Some(forward) => {
                let status = pass_on(forward, headers, heard.body.clone()).await;
                heard.forwarded = Some(status.as_u16());
                status
            }
            None => StatusCode::NO_CONTENT,
        },
        Verdict::Refused(_) | Verdict::NoSecret => StatusCode::UNAUTHORIZED,
    };
    (status, heard)
}

fn judge(knows: &Knows, headers: &HeaderMap, body: &[u8], now: Time) -> Verdict {
    let secret = knows.secret.read().unwrap_or_else(PoisonError::into_inner);
    let Some(secret) = &*secret else { return Verdict::NoSecret };
    let headers: Vec<(&str, &str)> =
        headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    match verify_standard(&headers, body, secret, now.unix_seconds(), TOLERANCE) {
        Ok(()) => Verdict::Verified,
        Err(refused) => Verdict::Refused(refused),
    }
}

async fn pass_on(forward: &Forward, headers: &HeaderMap, body: Bytes) -> StatusCode {
    let mut outbound = Outbound::new(Tenant::new([0; 16]), Method::Post, &forward.target, body);
    for name in PASSED_ON {
        let name = HeaderName::from_static(name);
        outbound.headers.extend(headers.get(&name).map(|value| (name, value.clone())));
    }
    match forward.client.send(outbound).await {
        Ok(answer) => StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY),
        Err(_) => StatusCode::BAD_GATEWAY,
    }
}
