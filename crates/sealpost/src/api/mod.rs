//! The API, as a client sees it: what `send`, `keys`, `ledger` and the demo speak. The same guarded client as everything that
//! leaves, with a policy for servers that the user has named.

mod connection;
mod error;

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderName, HeaderValue};
use sealpost_egress::Tenant;
use sealpost_egress::client::{Answer, Client, Method, Outbound};
use sealpost_egress::target::Target;
use sealpost_seal::SecretText;
use sealpost_seal::token::PlainKey;
use sealpost_store::Environment;
use sealpost_web::SESSION_COOKIE;
use serde_json::Value;

pub(crate) use connection::{Connection, Profile, local_policy};
pub(crate) use error::ApiError;

/// The longest answer that is read: the server's own description of its routes is one.
const LARGEST: usize = 8 << 20;

/// A server and the key to speak to it with.
pub(crate) struct Api {
    client: Client,
    url: String,
    /// What says who asks.
    credential: (HeaderName, HeaderValue),
    /// Where its key is good, if it asks with one.
    environment: Option<Environment>,
}

impl Api {
    /// The API at `url` (scheme, host, port). The key travels in `Authorization: Bearer`.
    pub(crate) fn new(client: Client, url: &str, key: &SecretText) -> Result<Self, ApiError> {
        let environment = PlainKey::parse(key.expose()).ok().map(|key| key.environment());
        Ok(Self { environment, ..Self::with(client, url, AUTHORIZATION, &format!("Bearer {}", key.expose()))? })
    }

    fn with(client: Client, url: &str, name: HeaderName, value: &str) -> Result<Self, ApiError> {
        let mut value = HeaderValue::try_from(value)
            .map_err(|_| ApiError::usage("the API key has characters that no key has", None))?;
        value.set_sensitive(true);
        Ok(Self { client, url: url.trim_end_matches('/').to_owned(), credential: (name, value), environment: None })
    }

    /// The same server with another key.
    pub(crate) fn with_key(&self, key: &SecretText) -> Result<Self, ApiError> {
        Self::new(self.client.clone(), &self.url, key)
    }

    /// The same server as a signed-in member, by the token of their session.
    pub(crate) fn with_session(&self, token: &str) -> Result<Self, ApiError> {
        Self::with(self.client.clone(), &self.url, COOKIE, &format!("{SESSION_COOKIE}={token}"))
    }

    /// Where its key is good: the key says so itself.
    pub(crate) fn environment(&self) -> Option<Environment> {
        self.environment
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Reads.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, ApiError> {
        self.call(Method::Get, path, None, None).await
    }

    /// Acts. `once` makes a repetition safe (`Idempotency-Key`).
    pub(crate) async fn post(&self, path: &str, body: &Value, once: Option<&str>) -> Result<Value, ApiError> {
        self.call(Method::Post, path, Some(body), once).await
    }

    /// Acts, without anything to say.
    pub(crate) async fn post_nothing(&self, path: &str) -> Result<Value, ApiError> {
        self.call(Method::Post, path, None, None).await
    }

    /// Says what the whole of something shall be.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Value, ApiError> {
        self.call(Method::Put, path, Some(body), None).await
    }

    /// Says what of something shall be different.
    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Result<Value, ApiError> {
        self.call(Method::Patch, path, Some(body), None).await
    }

    /// Removes.
    pub(crate) async fn delete(&self, path: &str) -> Result<Value, ApiError> {
        self.call(Method::Delete, path, None, None).await
    }

    /// Asks for whatever is there, as it is: the status, and headers and body together.
    pub(crate) async fn look(&self, path: &str, with_key: bool, as_page: bool) -> Result<(u16, Vec<u8>), ApiError> {
        self.look_for(path, with_key, as_page, None).await
    }

    /// What is told on a stream without end, for so long.
    pub(crate) async fn listen(&self, path: &str, time: Duration) -> Result<(u16, Vec<u8>), ApiError> {
        self.look_for(path, true, false, Some(time)).await
    }

    async fn look_for(
        &self,
        path: &str,
        with_key: bool,
        as_page: bool,
        listen: Option<Duration>,
    ) -> Result<(u16, Vec<u8>), ApiError> {
        let target = self.target(path)?;
        let mut outbound = Outbound::new(Tenant::new([0; 16]), Method::Get, &target, Default::default());
        outbound.most = LARGEST;
        outbound.listen = listen;
        outbound.deadline += listen.unwrap_or_default();
        if with_key {
            outbound.headers.push(self.credential.clone());
        }
        if as_page {
            outbound.headers.push((ACCEPT, HeaderValue::from_static("text/html")));
        }
        let answer = self.client.send(outbound).await.map_err(|error| ApiError::unreachable(&self.url, &error))?;
        let mut all = Vec::with_capacity(answer.body.len() + 1024);
        for (name, value) in &answer.headers {
            all.extend_from_slice(name.as_str().as_bytes());
            all.extend_from_slice(b": ");
            all.extend_from_slice(value.as_bytes());
            all.push(b'\n');
        }
        all.extend_from_slice(&answer.body);
        Ok((answer.status, all))
    }

    fn target(&self, path: &str) -> Result<Target, ApiError> {
        Target::parse(&format!("{}{path}", self.url), self.client.network().policy())
            .map_err(|error| ApiError::usage(format!("the server's URL can't be used: {error}"), None))
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        once: Option<&str>,
    ) -> Result<Value, ApiError> {
        let target = self.target(path)?;
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let mut outbound = Outbound::new(Tenant::new([0; 16]), method, &target, bytes.into());
        outbound.most = LARGEST;
        outbound.headers.push(self.credential.clone());
        if body.is_some() {
            outbound.headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
        }
        if let Some(once) = once {
            let once = HeaderValue::try_from(once)
                .map_err(|_| ApiError::usage("the idempotency key has characters that a header can't carry", None))?;
            outbound.headers.push((HeaderName::from_static("idempotency-key"), once));
        }
        let answer = self.client.send(outbound).await;
        read(&answer.map_err(|error| ApiError::unreachable(&self.url, &error))?)
    }
}

fn read(answer: &Answer) -> Result<Value, ApiError> {
    let value = match &answer.body[..] {
        [] => Value::Null,
        body if !answer.truncated => serde_json::from_slice(body).map_err(|_| ApiError::NotJson)?,
        _ => return Err(ApiError::NotJson),
    };
    if (200..300).contains(&answer.status) { Ok(value) } else { Err(ApiError::of_problem(answer.status, &value)) }
}
