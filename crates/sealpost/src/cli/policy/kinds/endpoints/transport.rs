//! How an endpoint is called: `[transport]`, which is the whole of it where it stands.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cli::policy::server::Names;
use crate::cli::{Outcome, Stop};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Transport {
    /// Waits between attempts, in seconds; the standard schedule, if it isn't there.
    #[serde(skip_serializing_if = "Option::is_none")]
    retries: Option<Vec<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_per_second: Option<u32>,
    #[serde(default = "newest")]
    min_tls: String,
    /// As what bodies leave.
    #[serde(default = "as_json")]
    body: String,
    #[serde(default)]
    headers: Vec<Header>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_certificate: Option<Certificate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorities: Option<Authorities>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Header {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// Which stored secret it is, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Certificate {
    chain: String,
    /// Which stored secret is its key, by name.
    key: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Authorities {
    pem: String,
    #[serde(default)]
    only: bool,
}

fn newest() -> String {
    "1.3".to_owned()
}

fn as_json() -> String {
    "json".to_owned()
}

impl Transport {
    /// Names of headers have no case (RFC 9110 §5.1): the server says them in small letters.
    pub(super) fn settle(&mut self) {
        self.headers.iter_mut().for_each(|header| header.name.make_ascii_lowercase());
    }
}

/// What the server says, with secrets by their names.
pub(super) fn said(answer: &Value, secrets: &Names) -> Outcome<Transport> {
    let named = |id: &Value| id.as_str().map(|id| secrets.name(id));
    let header = |header: &Value| {
        let prefix = header["prefix"].as_str().filter(|prefix| !prefix.is_empty());
        json!({ "name": header["name"], "value": header["value"], "secret": named(&header["secret_id"]), "prefix": prefix })
    };
    let headers: Vec<_> = answer["headers"].as_array().into_iter().flatten().map(header).collect();
    let certificate = &answer["client_certificate"];
    let certificate = certificate
        .is_object()
        .then(|| json!({ "chain": certificate["chain"], "key": named(&certificate["key_secret_id"]) }));
    let said = json!({
        "retries": if answer["own_retries"] == true { answer["retries"].clone() } else { Value::Null },
        "rate_per_second": answer["rate_per_second"],
        "min_tls": answer["min_tls"],
        "body": answer["body"],
        "headers": headers,
        "client_certificate": certificate,
        "authorities": answer["authorities"],
    });
    serde_json::from_value(said).map_err(|_| Stop::failed("the server says transports in another form"))
}

/// Whether it names a stored secret.
pub(super) fn refers(answer: &Value) -> bool {
    let headers = answer["headers"].as_array();
    answer["client_certificate"].is_object()
        || headers.into_iter().flatten().any(|header| header["secret_id"].is_string())
}

/// What a file says, as it is sent. Whoever writes down that TLS 1.2 may be spoken knows of it.
pub(super) fn sent(wanted: &Value) -> Value {
    let mut body = wanted.clone();
    body["acknowledge_tls_1_2"] = json!(wanted["min_tls"] == "1.2");
    body
}
