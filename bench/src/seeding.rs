//! What is there before the first message: people, a template, an event, an endpoint. All of it through the API.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::load::Requests;
use crate::wire::{Target, Wire, request};

/// How many people messages go to.
const CONTACTS: usize = 1000;

const TEXT: &str = "Hello, your order {{ number }} was received and is being packed. \
                    The total is {{ total }}. We will write again when it leaves our house. Thank you for buying from us.";

/// The API as one caller sees it.
pub(crate) struct Seeder {
    target: Target,
    wire: Wire,
    headers: String,
    /// The endpoint, once there is one.
    endpoint: Option<String>,
}

impl Seeder {
    pub(crate) async fn connect(target: &Target, key: &str) -> Result<Self> {
        Ok(Self { target: target.clone(), wire: target.connect().await?, headers: authorization(key), endpoint: None })
    }

    /// People, what is said to them, and the name by which it is fired.
    pub(crate) async fn everything(&mut self) -> Result<()> {
        for number in 0..CONTACTS {
            self.post("/v1/contacts", &json!({ "email": address(number) })).await?;
        }
        let content = json!({ "subject": "Order {{ number }}", "text": TEXT });
        let template = json!({ "name": "bench-order", "channel": "email", "content": content });
        let template = self.post("/v1/templates", &template).await?;
        let id = &template["id"];
        self.post("/v1/events", &json!({ "name": "bench.order", "class": "transactional", "template_id": id })).await?;
        Ok(())
    }

    /// A workflow, in force.
    pub(crate) async fn workflow(&mut self, definition: &Value) -> Result<()> {
        let made = self.post("/v1/workflows", &json!({ "name": "bench-chain", "definition": definition })).await?;
        let id = made["id"].as_str().context("a workflow without an id")?;
        self.post(&format!("/v1/workflows/{id}/promote"), &json!({ "version": 1, "expected": 0 })).await.map(drop)
    }

    /// An endpoint that hears of every delivered message, and is active.
    pub(crate) async fn endpoint(&mut self, port: u16) -> Result<()> {
        self.reconnect().await?;
        let url = format!("https://localhost:{port}/hooks");
        let endpoint = json!({ "name": "bench-sink", "url": url, "events": ["message.delivered"] });
        let endpoint = self.post("/v1/endpoints", &endpoint).await?;
        let id = endpoint["id"].as_str().context("an endpoint without an id")?;
        let path = format!("/v1/endpoints/{id}");
        let tried = self.post(&format!("{path}/verify"), &Value::Null).await?;
        if tried["succeeded"] != Value::Bool(true) {
            bail!("the endpoint didn't verify: {tried}");
        }
        self.endpoint = Some(path);
        Ok(())
    }

    /// An endpoint at each of these ports, active; a message names whom it tells. Answers their paths.
    pub(crate) async fn endpoints(&mut self, ports: &[u16]) -> Result<Vec<String>> {
        self.reconnect().await?;
        let mut paths = Vec::with_capacity(ports.len());
        for (number, port) in ports.iter().enumerate() {
            let url = format!("https://localhost:{port}/hooks");
            let endpoint = json!({ "name": receiver(number), "url": url, "events": ["message.delivered"] });
            let endpoint = self.post("/v1/endpoints", &endpoint).await?;
            let path = format!("/v1/endpoints/{}", endpoint["id"].as_str().context("an endpoint without an id")?);
            let tried = self.post(&format!("{path}/verify"), &Value::Null).await?;
            if tried["succeeded"] != Value::Bool(true) {
                bail!("an endpoint didn't verify: {tried}");
            }
            paths.push(path);
        }
        Ok(paths)
    }

    /// How many deliveries to an endpoint there are, whatever became of them.
    pub(crate) async fn promised(&mut self, endpoint: &str) -> Result<usize> {
        self.reconnect().await?;
        let (mut count, mut cursor) = (0, String::new());
        loop {
            let page = self.call("GET", &format!("{endpoint}/deliveries?limit=250{cursor}"), &Value::Null).await?;
            count += page["data"].as_array().context("no deliveries")?.len();
            match page["next_cursor"].as_str() {
                Some(next) if page["has_more"] == Value::Bool(true) => cursor = format!("&cursor={next}"),
                _ => return Ok(count),
            }
        }
    }

    /// Nobody hears of anything any more.
    pub(crate) async fn no_endpoint(&mut self) -> Result<()> {
        if let Some(path) = self.endpoint.take() {
            self.reconnect().await?;
            self.call("PATCH", &path, &json!({ "disabled": true })).await?;
        }
        Ok(())
    }

    /// A key more, which may read: its id and text.
    pub(crate) async fn key(&mut self) -> Result<(String, String)> {
        let key = json!({ "name": "bench-revoked", "kind": "secret", "scopes": ["contacts:read"] });
        let made = self.post("/v1/keys", &key).await?;
        let text = |name: &str| made[name].as_str().map(str::to_owned).context("a key without its text");
        Ok((text("id")?, text("key")?))
    }

    /// It may nothing any more.
    pub(crate) async fn revoke(&mut self, id: &str) -> Result<()> {
        self.post(&format!("/v1/keys/{id}/revoke"), &Value::Null).await.map(drop)
    }

    /// The server closes connections that were idle while something else was measured.
    async fn reconnect(&mut self) -> Result<()> {
        self.wire = self.target.connect().await?;
        Ok(())
    }

    async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        self.call("POST", path, body).await
    }

    async fn call(&mut self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.wire.exchange(&request(method, path, &self.headers, &body)).await?;
        if !(200..300).contains(&answer.status) {
            bail!("{method} {path} was answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
        }
        Ok(serde_json::from_slice(answer.body)?)
    }
}

/// One message to each of the people.
pub(crate) fn messages(key: &str) -> Requests {
    let headers = authorization(key);
    let bytes = (0..CONTACTS).map(|to| request("POST", "/v1/messages", &headers, &message(to).to_string()));
    Requests { bytes: bytes.collect(), expected: 202, serial: None }
}

/// The same, each with an idempotency key of its own.
pub(crate) fn messages_once(key: &str) -> Requests {
    let name = "idempotency-key: ";
    let headers = format!("{}{name}0000000000000000\r\n", authorization(key));
    let bytes = (0..CONTACTS).map(|to| request("POST", "/v1/messages", &headers, &message(to).to_string()));
    let bytes: Arc<[Vec<u8>]> = bytes.collect();
    let first = String::from_utf8_lossy(&bytes[0]).into_owned();
    let serial = first.find(name).map(|at| at + name.len());
    Requests { bytes, expected: 202, serial }
}

/// A thousand messages at once.
pub(crate) fn batches(key: &str) -> Requests {
    let all: Vec<Value> = (0..CONTACTS).map(message).collect();
    let body = json!({ "messages": all }).to_string();
    let bytes = request("POST", "/v1/messages/batch", &authorization(key), &body);
    Requests { bytes: [bytes].into(), expected: 200, serial: None }
}

/// A run for each of the people.
pub(crate) fn runs(key: &str) -> Requests {
    let bytes = (0..CONTACTS).map(|to| {
        let Value::Object(mut run) = message(to) else { return Vec::new() };
        run.remove("event");
        run.insert("workflow".to_owned(), json!("bench-chain"));
        request("POST", "/v1/workflow-runs", &authorization(key), &Value::Object(run).to_string())
    });
    Requests { bytes: bytes.collect(), expected: 202, serial: None }
}

/// A message that tells one endpoint of its delivery.
pub(crate) fn message_to(key: &str, endpoint: usize) -> Vec<u8> {
    let mut message = message(endpoint % CONTACTS);
    message["callbacks"] = json!([receiver(endpoint)]);
    request("POST", "/v1/messages", &authorization(key), &message.to_string())
}

/// Somebody new each time.
pub(crate) fn people(key: &str) -> Requests {
    const SERIAL: &str = "0000000000000000";
    let person = json!({ "email": format!("person{SERIAL}@example.com"), "name": "Ada Example", "locale": "en" });
    let bytes = request("POST", "/v1/contacts", &authorization(key), &person.to_string());
    let serial = bytes.windows(SERIAL.len()).position(|part| part == SERIAL.as_bytes());
    Requests { bytes: [bytes].into(), expected: 201, serial }
}

fn receiver(number: usize) -> String {
    format!("receiver-{number:04}")
}

fn message(to: usize) -> Value {
    let data = json!({ "number": format!("A-{to:04}"), "total": "12.50 EUR" });
    json!({ "event": "bench.order", "to": { "email": address(to) }, "data": data })
}

fn address(number: usize) -> String {
    format!("person{number:04}@example.com")
}

fn authorization(key: &str) -> String {
    format!("authorization: Bearer {key}\r\n")
}
