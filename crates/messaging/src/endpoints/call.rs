//! One signed call to an endpoint.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use sealpost_egress::Tenant;
use sealpost_egress::client::{Answer, Client, Method, Outbound, SendError};
use sealpost_seal::signature::NotSignable;
use sealpost_store::{Org, Time};

use super::model::Ready;
use super::signing;

/// Which attempt this is; the event's id stays the same over all of them.
const ATTEMPT: HeaderName = HeaderName::from_static("sealpost-attempt");
const AGENT: HeaderValue = HeaderValue::from_static("Sealpost");
/// What the body is: signed in some profiles, and sent.
pub(super) const JSON_TEXT: &str = "application/json";
const JSON: HeaderValue = HeaderValue::from_static(JSON_TEXT);

/// What is to be told, in one attempt.
pub(crate) struct Telling<'a> {
    /// The event's id.
    pub id: &'a str,
    /// The event's name.
    pub kind: &'a str,
    /// The exact bytes.
    pub body: Bytes,
    /// Counted from 1.
    pub attempt: u32,
    /// Now: signatures carry it, receivers refuse old ones.
    pub at: Time,
    /// How long everything may take.
    pub deadline: Duration,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// It could not be signed, so it did not leave.
    #[error("the call can't be signed")]
    NotSignable,
    /// It did not get through.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl CallError {
    /// A stable code for delivery logs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotSignable => "not_signable",
            Self::Send(error) => error.code(),
        }
    }
}

/// The headers that sign `telling` under every profile of the endpoint.
pub(super) fn signatures(ready: &Ready, telling: &Telling<'_>) -> Result<Vec<(String, String)>, NotSignable> {
    signing::headers(ready, telling)
}

/// Calls the endpoint, signed.
pub(crate) async fn call(client: &Client, org: Org, ready: &Ready, telling: Telling<'_>) -> Result<Answer, CallError> {
    #[cfg(test)]
    if let Some(desk) = crate::messages::desk() {
        return desk.call(telling.id, &telling.body).await;
    }
    let signed = signatures(ready, &telling).map_err(|_| CallError::NotSignable)?;
    let mut outbound = Outbound::new(Tenant::new(org.id.bytes()), Method::Post, &ready.target, telling.body);
    outbound.deadline = telling.deadline;
    outbound.headers =
        vec![(header::CONTENT_TYPE, JSON), (header::USER_AGENT, AGENT), (ATTEMPT, HeaderValue::from(telling.attempt))];
    for (name, value) in signed {
        let pair = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
        outbound.headers.push(pair.ok_or(CallError::NotSignable)?);
    }
    Ok(client.send(outbound).await?)
}
