//! One signed call to an endpoint.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use sealpost_egress::Tenant;
use sealpost_egress::client::{Answer, Client, Method, Outbound, SendError};
use sealpost_seal::signature::{NotSignable, Outgoing, SigningKey, sign};
use sealpost_store::{Org, Time};

use super::model::Ready;

/// Which attempt this is; the event's id stays the same over all of them.
const ATTEMPT: HeaderName = HeaderName::from_static("sealpost-attempt");
const AGENT: HeaderValue = HeaderValue::from_static("Sealpost");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

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
    /// A secret that it is called with doesn't fit any more, so it did not leave.
    #[error("the call can't be made as it has to be")]
    Unspeakable,
    /// It did not get through.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl CallError {
    /// A stable code for delivery logs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotSignable => "not_signable",
            Self::Unspeakable => "transport_unusable",
            Self::Send(error) => error.code(),
        }
    }
}

/// The headers that sign `telling` under every profile of the endpoint.
pub(super) fn signatures(ready: &Ready, telling: &Telling<'_>) -> Result<Vec<(String, String)>, NotSignable> {
    let outgoing = Outgoing::new(telling.id, telling.at.unix_seconds(), telling.kind, &telling.body)?;
    let mut keys: Vec<SigningKey<'_>> = ready.secrets.iter().map(|secret| SigningKey::Secret(secret)).collect();
    keys.push(SigningKey::Ed25519(&ready.key));
    let mut headers: Vec<(String, String)> = Vec::with_capacity(8);
    for profile in ready.endpoint.profiles.iter() {
        for (name, value) in sign(profile, &keys, &outgoing)? {
            if !headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                headers.push((name, value));
            }
        }
    }
    Ok(headers)
}

/// Calls the endpoint, signed.
pub(crate) async fn call(client: &Client, org: Org, ready: &Ready, telling: Telling<'_>) -> Result<Answer, CallError> {
    #[cfg(test)]
    if let Some(desk) = crate::messages::desk() {
        return desk.call(telling.id, &telling.body).await;
    }
    let signed = signatures(ready, &telling).map_err(|_| CallError::NotSignable)?;
    let mut outbound = Outbound::new(Tenant::new(org.id.bytes()), Method::Post, &ready.target, telling.body);
    let speech = ready.transport.speech.as_ref().ok_or(CallError::Unspeakable)?;
    outbound.deadline = telling.deadline;
    (outbound.min_tls, outbound.terms) = (speech.min_tls, speech.terms.as_ref());
    outbound.headers =
        vec![(header::CONTENT_TYPE, JSON), (header::USER_AGENT, AGENT), (ATTEMPT, HeaderValue::from(telling.attempt))];
    for (name, value) in signed {
        let pair = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
        outbound.headers.push(pair.ok_or(CallError::NotSignable)?);
    }
    // What signs comes first: a header of this endpoint's own never stands beside or before it.
    let own = speech.headers.iter().filter(|(name, _)| !outbound.headers.iter().any(|(known, _)| known == name));
    let own: Vec<_> = own.cloned().collect();
    outbound.headers.extend(own);
    Ok(client.send(outbound).await?)
}
