//! The main job, once, through the real API, with a receiver as a customer would write one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use sealpost_seal::signature::{SigningSecret, verify_standard};
use sealpost_store::{Clock as _, Store};
use sealpost_web::tls::{Certificates, server_config};
use serde_json::{Value, json};

use super::seed;
use crate::api::Api;
use crate::cli::{Outcome, Stop};
use crate::receiver::{Heard, Knows, Receiver, Verdict};

/// How long the report may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at what isn't there yet.
const LOOK: Duration = Duration::from_millis(20);
/// What the demo's endpoint is called.
const ENDPOINT: &str = "demo-listen";

/// What happened, measured.
pub(super) struct Story {
    pub(super) message: String,
    /// The address as the API shows it.
    pub(super) to: String,
    /// Until the 202, in milliseconds.
    pub(super) accepted_ms: i64,
    /// Where the receiver listened.
    pub(super) receiver: SocketAddr,
    pub(super) report: Report,
    pub(super) timeline: Value,
    pub(super) proof: super::proof::Proof,
}

/// The delivery report as the receiver got it.
pub(super) struct Report {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) bytes: usize,
    /// Since the request was sent, in milliseconds.
    pub(super) after_ms: i64,
    pub(super) signature: String,
}

/// Sends, waits, verifies. `Err` if anything is not as promised.
pub(super) async fn main_job(api: &Api, store: &Store, certificates: &Arc<Certificates>) -> Outcome<Story> {
    let secret = Arc::new(RwLock::new(Some(SigningSecret::generate(&*store.world().rng))));
    let knows = Knows { secret: secret.clone(), world: store.world().clone(), forward: None };
    let tls = server_config(certificates.clone()).map_err(anyhow::Error::from)?;
    let anywhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let mut receiver = Receiver::start(anywhere, tls, knows).await?;
    let endpoint = endpoint(api, &secret, receiver.address).await?;

    let sent = store.world().clock.now();
    let body = json!({ "event": "otp.login", "to": { "phone": seed::PHONE }, "data": { "code": "417233" } });
    let accepted = api.post("/v1/messages", &body, None).await?;
    let accepted_ms = store.world().clock.now().since(sent);
    let message = text(&accepted, "id")?;

    let heard = tokio::time::timeout(PATIENCE, report_of(&mut receiver, &message)).await;
    let heard = heard.map_err(|_| Stop::failed("no delivery report came within 10 seconds"))??;
    verify(&heard, &secret)?;
    let report = Report {
        kind: heard.kind().to_owned(),
        bytes: heard.body.len(),
        after_ms: heard.at.since(sent),
        id: heard.id,
        signature: heard.signature,
    };
    let timeline = timeline(api, &message, &endpoint).await?;
    let shown = api.get(&format!("/v1/messages/{message}")).await?;
    masked(&[&shown, &timeline, &heard.event])?;
    let to = shown["to"]["display"].as_str().unwrap_or("•").to_owned();
    let proof = super::proof::of_message(api, store, &message).await?;
    let receiver_address = receiver.address;
    // The receiver goes with this story: nobody is told any more what nobody would hear.
    remove(api, &endpoint).await?;
    Ok(Story { message, to, accepted_ms, receiver: receiver_address, report, timeline, proof })
}

/// A verified endpoint at the receiver. One that an earlier demo left behind is removed first.
async fn endpoint(api: &Api, secret: &RwLock<Option<SigningSecret>>, address: SocketAddr) -> Outcome<String> {
    let known = api.get("/v1/endpoints").await?;
    for old in known["data"].as_array().into_iter().flatten().filter(|old| old["name"] == ENDPOINT) {
        remove(api, &text(old, "id")?).await?;
    }
    let value = {
        let secret = secret.read().unwrap_or_else(PoisonError::into_inner);
        secret.as_ref().map(|secret| secret.expose().to_owned()).unwrap_or_default()
    };
    let body = json!({
        "name": ENDPOINT,
        "url": format!("https://localhost:{}/hooks", address.port()),
        "events": ["message.*"],
        "secret": { "value": value, "encoding": "base64" },
    });
    let id = text(&api.post("/v1/endpoints", &body, None).await?, "id")?;
    let tried = api.post_nothing(&format!("/v1/endpoints/{id}/verify")).await?;
    if tried["succeeded"] != true {
        return Err(Stop::failed(format!("the receiver did not answer the signed ping: {}", tried["outcome"])));
    }
    Ok(id)
}

async fn remove(api: &Api, endpoint: &str) -> Outcome {
    api.delete(&format!("/v1/endpoints/{endpoint}")).await?;
    Ok(())
}

/// The report that the message was delivered.
async fn report_of(receiver: &mut Receiver, message: &str) -> Outcome<Heard> {
    loop {
        let heard = receiver.next().await.ok_or_else(|| Stop::failed("the receiver closed"))?;
        let is_about_it = heard.body.windows(message.len()).any(|part| part == message.as_bytes());
        match heard.kind() {
            "message.delivered" if is_about_it => return Ok(heard),
            "message.failed" | "message.unknown" if is_about_it => {
                return Err(Stop::failed(format!("the message was not delivered: {}", heard.event["data"])));
            }
            _ => {}
        }
    }
}

/// The receiver believed it; and would not have believed one byte more or less.
fn verify(heard: &Heard, secret: &RwLock<Option<SigningSecret>>) -> Outcome {
    if heard.verdict != Verdict::Verified {
        return Err(Stop::refused("the delivery report's signature does not verify"));
    }
    let secret = secret.read().unwrap_or_else(PoisonError::into_inner);
    let secret = secret.as_ref().context("the receiver has a secret")?;
    let mut altered = heard.body.to_vec();
    if let Some(byte) = altered.last_mut() {
        *byte ^= 1;
    }
    let headers =
        [("webhook-id", &*heard.id), ("webhook-timestamp", &heard.timestamp), ("webhook-signature", &heard.signature)];
    match verify_standard(&headers, &altered, secret, heard.at.unix_seconds(), 300) {
        Err(_) => Ok(()),
        Ok(()) => Err(Stop::refused("an altered delivery report verifies: the signature proves nothing")),
    }
}

/// The message's steps, once the report to this endpoint is among them. Others hear of the message too: what becomes of their reports
/// is another story.
async fn timeline(api: &Api, message: &str, endpoint: &str) -> Outcome<Value> {
    let ours = api.get(&format!("/v1/endpoints/{endpoint}/deliveries")).await?;
    let ours: Vec<_> = ours["data"].as_array().into_iter().flatten().filter_map(|one| one["id"].as_str()).collect();
    let is_ours =
        |step: &Value| step["detail"].as_str().is_some_and(|detail| ours.iter().any(|id| detail.contains(id)));
    let is_report = |step: &Value| step["kind"].as_str().is_some_and(|kind| kind.starts_with("report_"));
    let path = format!("/v1/messages/{message}/timeline");
    let mut steps = Vec::new();
    for _ in 0..100 {
        let told = api.get(&path).await?["steps"].take();
        steps = told.as_array().cloned().unwrap_or_default();
        steps.retain(|step| !is_report(step) || is_ours(step));
        if steps.iter().any(|step| step["kind"] == "report_delivered") {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(steps.into())
}

/// Nothing that came out of the API holds the clear number, or the code.
fn masked(values: &[&Value]) -> Outcome {
    let digits = seed::PHONE.trim_start_matches('+');
    let leaks = values.iter().any(|value| {
        let text = value.to_string();
        text.contains(digits) || text.contains("417233")
    });
    if leaks { Err(Stop::refused("an answer held the clear phone number or the code")) } else { Ok(()) }
}

fn text(value: &Value, name: &str) -> Outcome<String> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| Stop::failed(format!("an answer has no `{name}`")))
}
