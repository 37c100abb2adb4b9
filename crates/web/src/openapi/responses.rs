//! What an operation answers, and which answers many operations share.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::document::takes_key;
use crate::body::Takes;
use crate::problem::Code;
use crate::route::RouteInfo;

/// Refusals, each described once in `components/responses`: most routes refuse for the same reasons, and a document that says
/// so at each of them is several times as long.
#[derive(Default)]
pub(super) struct Responses {
    /// Each refusal as text, and its name.
    names: HashMap<String, String>,
    all: Map<String, Value>,
}

impl Responses {
    /// What one route answers.
    pub(super) fn of(&mut self, info: &RouteInfo, codes: &[&'static Code]) -> Value {
        let mut all = answers(info);
        for group in codes.chunk_by(|one, other| one.status == other.status) {
            let status = group[0].status;
            all.insert(status.to_string(), self.share(status, refusal(info, status, group)));
        }
        Value::Object(all)
    }

    /// Everything that was referred to.
    pub(super) fn finish(self) -> Map<String, Value> {
        self.all
    }

    fn share(&mut self, status: u16, response: Value) -> Value {
        let next = self.all.len() + 1;
        let name = self.names.entry(response.to_string()).or_insert_with(|| {
            let name = format!("Refused{status}_{next}");
            self.all.insert(name.clone(), response);
            name
        });
        json!({ "$ref": format!("#/components/responses/{name}") })
    }
}

/// What it answers when all is well.
fn answers(info: &RouteInfo) -> Map<String, Value> {
    let mut all = Map::new();
    let mut headers = every_header();
    if takes_key(info) {
        headers.insert("Idempotency-Replayed".into(), json!({ "$ref": "#/components/headers/Idempotency-Replayed" }));
    }
    let mut good = json!({ "description": success(info.status), "headers": headers });
    if !matches!(info.media_type, "application/json" | "") && info.status != 204 {
        good["content"][info.media_type] = json!({ "schema": { "type": "string" } });
    }
    all.insert(info.status.to_string(), good);
    for (status, media_type) in &info.also {
        if let Some(known) = all.get_mut(&status.to_string()) {
            known["content"][*media_type] = json!({ "schema": { "type": kind_of(media_type) } });
            continue;
        }
        let mut also = json!({ "description": success(*status), "headers": every_header() });
        if !media_type.is_empty() {
            also["content"][*media_type] = json!({ "schema": { "type": kind_of(media_type) } });
        }
        all.insert(status.to_string(), also);
    }
    if info.page && !info.is_open() && !info.is_unsafe() {
        let led = "Whoever has to sign in first, or to register a passkey, is led there.";
        all.insert("303".into(), json!({ "description": led, "headers": every_header() }));
    }
    all
}

/// What it answers with these codes, all of one status.
fn refusal(info: &RouteInfo, status: u16, group: &[&'static Code]) -> Value {
    let mut headers = every_header();
    if matches!(status, 409 | 429 | 503) {
        headers.insert("Retry-After".into(), json!({ "$ref": "#/components/headers/Retry-After" }));
    }
    let names: Vec<_> = group.iter().map(|code| code.code).collect();
    let lines: Vec<_> = group.iter().map(|code| format!("`{}`: {}", code.code, code.title)).collect();
    let mut content = match info.dialect {
        // Its refusals have another form; the codes stand in their text.
        Some(dialect) => {
            json!({ dialect.media_type: { "schema": { "type": "object" }, "x-sealpost-codes": names } })
        }
        None => json!({ "application/problem+json": { "schema": {
            "allOf": [{ "$ref": "#/components/schemas/Problem" }, { "properties": { "code": { "enum": names } } }],
        } } }),
    };
    if info.takes == Takes::Form || info.media_type.starts_with("text/html") {
        // People look at these: some refusals are pages.
        content["text/html"] = json!({ "schema": { "type": "string" } });
    }
    let lines = lines.join("\n\n");
    json!({ "description": lines, "headers": headers, "content": content })
}

const fn success(status: u16) -> &'static str {
    match status {
        201 => "Created.",
        202 => "Accepted; work goes on.",
        204 => "Done; nothing to say.",
        303 => "Done; the answer is elsewhere.",
        307 => "Somebody else answers; ask them the same.",
        _ => "As asked.",
    }
}

const EVERY_HEADER: &[(&str, &str, &str)] = &[
    ("X-Request-Id", "string", "Names this request in logs, in the ledger and in errors."),
    ("X-RateLimit-Limit", "integer", "Requests in the tightest quota that applied."),
    ("X-RateLimit-Remaining", "integer", "Requests of it that may follow at once."),
    ("X-RateLimit-Reset", "integer", "Seconds until it is full again."),
    ("RateLimit-Policy", "string", "All quotas that apply (draft-ietf-httpapi-ratelimit-headers)."),
    ("RateLimit", "string", "Where the tightest stands (draft-ietf-httpapi-ratelimit-headers)."),
];

fn every_header() -> Map<String, Value> {
    EVERY_HEADER
        .iter()
        .map(|(name, ..)| ((*name).into(), json!({ "$ref": format!("#/components/headers/{name}") })))
        .collect()
}

/// What another answer is: an object where it is JSON, and a text to whoever doesn't know its media type.
fn kind_of(media_type: &str) -> &'static str {
    if media_type == "application/json" { "object" } else { "string" }
}

/// Headers that answers refer to.
pub(super) fn headers() -> Map<String, Value> {
    let special = [
        ("Retry-After", "integer", "Seconds after which to try again."),
        ("Idempotency-Replayed", "string", "`true` if this is the kept answer of an earlier request."),
    ];
    let header = |(name, kind, about): &(&str, &str, &str)| {
        ((*name).into(), json!({ "description": about, "schema": { "type": kind } }))
    };
    EVERY_HEADER.iter().chain(&special).map(header).collect()
}
