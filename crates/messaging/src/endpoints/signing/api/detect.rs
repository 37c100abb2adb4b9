//! `POST /v1/signatures/detect`

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_seal::SecretText;
use sealpost_seal::signature::{Delivery, detect as look};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Call, Class, Endpoint, Failure, Fault, Refusal, Reply, post};
use serde::Deserialize;

use super::view::DetectedView;

/// More headers than a delivery has.
pub(in crate::endpoints) const MOST_HEADERS: usize = 64;
/// The longest body that is looked at: it is hashed some hundred times.
pub(in crate::endpoints) const MOST_BODY: usize = 64 * 1024;
/// The longest secret.
const MOST_SECRET: usize = 512;
/// The longest name and value of a header together.
const MOST_HEADER: usize = 4096;

/// One old delivery, and the secret it was signed with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OldDelivery")]
struct Body {
    /// Its headers; at most 64.
    headers: BTreeMap<String, String>,
    /// Its body, byte for byte; at most 64 KiB.
    #[schemars(length(max = 65_536))]
    body: Option<String>,
    /// Instead of it: the same in base64, where it isn't text.
    #[schemars(length(max = 87_384))]
    body_base64: Option<String>,
    /// The secret, as the receiver has it. It is not kept.
    #[schemars(with = "String", length(min = 1, max = 512))]
    secret: SecretText,
}

pub(super) fn detect() -> Endpoint {
    post("/v1/signatures/detect")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Search)
        .changes_nothing("it looks at what it is given, and keeps nothing of it")
        .body_limit(256 * 1024)
        .summary("Find out how an old delivery was signed")
        .describe(
            "Takes a delivery of the sender before, with its secret, and says which profile, encoding and key encoding verify, or how far \
             each profile fits. Neither is kept, logged or answered with. The delivery's age doesn't matter.",
        )
        .takes::<Body>()
        .example(serde_json::json!({
            "headers": { "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" },
            "body": "Hello, World!",
            "secret": "It's a Secret to Everybody",
        }))
        .answers::<DetectedView>(200)
        .to(|call: Call<Body>| handle(call))
}

async fn handle(mut call: Call<Body>) -> Result<Reply, Failure> {
    let Body { headers, body, body_base64, secret } = take(&mut call.body);
    let body = match (body, body_base64) {
        (Some(body), None) => body.into_bytes(),
        (None, Some(text)) => STANDARD.decode(text).map_err(|_| wrong("/body_base64", "not_base64"))?,
        (None, None) => return Err(wrong("/body", "field_missing").into()),
        (Some(_), Some(_)) => return Err(wrong("/body_base64", "field_unexpected").into()),
    };
    Ok(Reply::ok(&looked_at(headers.into_iter().collect(), body, secret).await?)?)
}

fn take(body: &mut Body) -> Body {
    Body {
        headers: std::mem::take(&mut body.headers),
        body: body.body.take(),
        body_base64: body.body_base64.take(),
        secret: std::mem::replace(&mut body.secret, SecretText::new(String::new())),
    }
}

/// What is found out about a delivery, if it isn't too large to be looked at.
pub(in crate::endpoints) async fn looked_at(
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    secret: SecretText,
) -> Result<DetectedView, Failure> {
    if headers.len() > MOST_HEADERS || headers.iter().any(|(name, value)| name.len() + value.len() > MOST_HEADER) {
        return Err(wrong("/headers", "too_long").into());
    }
    if body.len() > MOST_BODY {
        return Err(wrong("/body", "too_long").into());
    }
    if !(1..=MOST_SECRET).contains(&secret.expose().len()) {
        return Err(wrong("/secret", "length_invalid").into());
    }
    let look = move || {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        DetectedView::from(&look(&Delivery { headers: &headers, body: &body, secret: secret.expose() }))
    };
    Ok(tokio::task::spawn_blocking(look).await.map_err(Fault::new)?)
}

fn wrong(place: &'static str, code: &'static str) -> Refusal {
    Refusal::of(&BODY_INVALID).at(place, code)
}
