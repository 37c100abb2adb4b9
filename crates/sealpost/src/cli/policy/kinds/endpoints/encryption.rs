//! How what an endpoint is sent is encrypted: `[encryption]`, keys by reference only. Where it isn't there, it stays as it is.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::cli::policy::server::Names;
use crate::cli::{Outcome, Stop};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Encryption {
    method: String,
    /// As JSON pointers; the whole body, if there are none.
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default = "text")]
    request: String,
    #[serde(default = "encrypted")]
    member: String,
    /// Which stored secret, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// Which of its versions; the newest, if none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<String>,
    /// The receiver's, as a JWK.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<Map<String, Value>>,
}

fn text() -> String {
    "text".to_owned()
}

fn encrypted() -> String {
    "encrypted".to_owned()
}

/// What the server says, if anything is encrypted.
pub(super) fn said(answer: &Value, secrets: &Names) -> Outcome<Option<Encryption>> {
    let of = &answer["encryption"];
    if !of.is_object() {
        return Ok(None);
    }
    let said = json!({
        "method": of["method"],
        "fields": of["fields"],
        "request": of["request"],
        "member": of["member"],
        "secret": of["secret_id"].as_str().map(|id| secrets.name(id)),
        "version": of["version"],
        "encoding": of["encoding"],
        "public_key": of["public_key"],
    });
    serde_json::from_value(said).map(Some).map_err(|_| Stop::failed("the server says encryption in another form"))
}

/// Whether it names a stored secret.
pub(super) fn refers(answer: &Value) -> bool {
    answer["encryption"]["secret_id"].is_string()
}

/// What a file says, as it is sent. Whoever writes a legacy method down knows of it.
pub(super) fn sent(wanted: &Value) -> Value {
    let mut body = wanted.clone();
    let version = body.as_object_mut().and_then(|fields| fields.shift_remove("version"));
    if wanted["secret"].is_string() {
        body["secret"] = json!({ "secret": wanted["secret"], "version": version });
    }
    body["legacy"] = json!(wanted["method"].as_str().is_some_and(|method| method.starts_with("legacy-")));
    body
}
