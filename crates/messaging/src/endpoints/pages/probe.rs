//! `GET` and `POST /app/{env}/endpoints/{id}/verify` and `…/test`

use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::{EndpointId, Store};
use sealpost_web::shell::parts::{Shape, State as Badge, Tone, Took};
use sealpost_web::shell::{Ask, Icon, Yes};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Reply, get, post};
use serde_json::json;

use crate::endpoints::Endpoints;
use crate::endpoints::codes::URL_REFUSED;
use crate::endpoints::service::{self, Tried, TriedEncryption};
use crate::endpoints::signing::Explained;

/// What a ping or test came to, to the byte.
#[derive(askama::Template)]
#[template(path = "endpoints/pages/tried.html")]
pub(super) struct TriedPage {
    pub(super) title: &'static str,
    pub(super) back: String,
    pub(super) outcome: Badge,
    pub(super) says: String,
    pub(super) status: Option<u16>,
    pub(super) took: Option<Took>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) signatures: Vec<Signature>,
    pub(super) body: String,
    pub(super) bytes: usize,
    pub(super) content_type: &'static str,
    pub(super) opened: Option<Opened>,
}

/// The other side of its encryption.
pub(super) struct Opened {
    pub(super) method: &'static str,
    pub(super) legacy: bool,
    pub(super) key_id: String,
    pub(super) clear: String,
    pub(super) skipped: u32,
    pub(super) answer: Option<Badge>,
}

impl From<TriedEncryption> for Opened {
    fn from(tried: TriedEncryption) -> Self {
        Self {
            method: tried.method,
            legacy: tried.legacy,
            key_id: tried.key_id,
            clear: String::from_utf8_lossy(&tried.clear).into_owned(),
            skipped: tried.skipped,
            answer: tried.answer.map(|code| match code {
                "decrypted" => Badge::new("Answer decrypted", Shape::Done, Tone::Ok),
                "none" => Badge::new("Answer empty", Shape::Ended, Tone::Idle),
                _ => Badge::new("Answer not decryptable", Shape::Failed, Tone::Warn),
            }),
        }
    }
}

/// One signature, and how to do it again.
pub(super) struct Signature {
    pub(super) profile: &'static str,
    pub(super) header: String,
    pub(super) key: String,
    pub(super) by: &'static str,
    pub(super) signed: String,
    pub(super) bytes: usize,
    pub(super) shell: String,
}

impl From<Explained> for Signature {
    fn from(one: Explained) -> Self {
        Self {
            profile: one.profile,
            header: one.header,
            key: one.key,
            by: one.key_encoding.map_or("Ed25519", |encoding| match encoding {
                KeyEncoding::Text => "HMAC, the key is the secret’s text",
                KeyEncoding::Base64 => "HMAC, the key is the secret’s base64",
                KeyEncoding::Hex => "HMAC, the key is the secret’s hexadecimal",
            }),
            bytes: one.signed.len(),
            signed: String::from_utf8_lossy(&one.signed).into_owned(),
            shell: one.shell,
        }
    }
}

pub(super) fn ask_verify(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/verify")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether an endpoint is to prove itself now")
        .to(move |call: Call| asked(store.clone(), call, verifying))
}

pub(super) fn verify(endpoints: &Endpoints) -> Route {
    let endpoints = endpoints.clone();
    post("/app/{env}/endpoints/{id}/verify")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.verify")
        .summary("Have an endpoint prove itself")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(200, "text/html")
        .refuses(&[&URL_REFUSED])
        .to(move |call: Call<Yes>| {
            let endpoints = endpoints.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                match endpoints.verify(&call.ctx, id).await {
                    Ok(tried) => shown(&call, &format!("/endpoints/{id}"), "Proof", tried),
                    Err(failure) => verifying(&call, id).again(&call, failure),
                }
            }
        })
}

pub(super) fn ask_test(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/test")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to send a test event")
        .to(move |call: Call| asked(store.clone(), call, testing))
}

pub(super) fn test(endpoints: &Endpoints) -> Route {
    let endpoints = endpoints.clone();
    post("/app/{env}/endpoints/{id}/test")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.test")
        .summary("Send a test event")
        .describe("Shows the exact bytes that were signed, the headers that signed them, and what the receiver said.")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(200, "text/html")
        .refuses(&[&URL_REFUSED])
        .to(move |call: Call<Yes>| {
            let endpoints = endpoints.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                match endpoints.test(&call.ctx, id).await {
                    Ok(tried) => shown(&call, &format!("/endpoints/{id}"), "Test event", tried),
                    Err(failure) => testing(&call, id).again(&call, failure),
                }
            }
        })
}

async fn asked(store: Store, call: Call, question: fn(&Call, EndpointId) -> Ask) -> Result<Reply, Failure> {
    let id: EndpointId = call.id("id")?;
    store.read(&call.ctx, move |tx| service::find(tx, id)).await?;
    question(&call, id).show(&call)
}

fn verifying<B, Q>(call: &Call<B, Q>, id: EndpointId) -> Ask {
    Ask::new(
        call,
        "Verify this endpoint?",
        "In the way that was chosen: it gets a signed ping and has to answer 2xx within five seconds, for which the receiver needs the secret; or its host is asked for what it has to say.",
        &format!("/endpoints/{id}"),
    )
    .submit("Verify")
}

fn testing<B, Q>(call: &Call<B, Q>, id: EndpointId) -> Ask {
    Ask::new(
        call,
        "Send a test event?",
        "You see the exact bytes that are signed, the headers that sign them, and what the receiver says.",
        &format!("/endpoints/{id}"),
    )
    .submit("Send")
}

/// What a ping or test came to, to the byte; `back` leads away from it, after `/app/{env}`.
pub(in crate::endpoints) fn shown(
    call: &Call<Yes>,
    back: &str,
    title: &'static str,
    tried: Tried,
) -> Result<Reply, Failure> {
    let outcome = match tried.succeeded {
        true => Badge::new("Taken", Shape::Done, Tone::Ok),
        false => Badge::new("Not taken", Shape::Failed, Tone::Bad),
    };
    let page = TriedPage {
        title,
        back: call.at(back),
        outcome,
        says: tried.outcome.replace('_', " "),
        status: tried.status,
        took: tried.latency_ms.map(|ms| Took(i64::try_from(ms).unwrap_or(i64::MAX))),
        headers: tried.headers,
        signatures: tried.signatures.into_iter().map(Signature::from).collect(),
        bytes: tried.body.len(),
        content_type: tried.content_type,
        body: String::from_utf8_lossy(&tried.body).into_owned(),
        opened: tried.encryption.map(Opened::from),
    };
    call.show(title, &page)
}
