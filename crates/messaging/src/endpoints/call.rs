//! One signed call to an endpoint, encrypted before that if it is to be.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use sealpost_egress::Tenant;
use sealpost_egress::client::{Answer, Client, Method, Outbound, SendError};
use sealpost_seal::signature::NotSignable;
use sealpost_store::{Ctx, Org, Time};

use super::encryption::Sealed;
use super::model::Ready;
use super::signing;

/// Which attempt this is; the event's id stays the same over all of them.
const ATTEMPT: HeaderName = HeaderName::from_static("sealpost-attempt");
const AGENT: HeaderValue = HeaderValue::from_static("Sealpost");
/// What the body is unless it is encrypted: signed in some profiles, and sent.
pub(crate) const JSON: &str = "application/json";
/// By what the body is encrypted, if it is.
const ENCRYPTION: HeaderName = HeaderName::from_static("sealpost-encryption");
/// Under which key: what holds ciphertext alone has no place for it.
const KEY_ID: HeaderName = HeaderName::from_static("sealpost-key-id");

/// What is to be told, in one attempt.
pub(crate) struct Telling<'a> {
    /// The event's id.
    pub id: &'a str,
    /// The event's name.
    pub kind: &'a str,
    /// The bytes.
    pub body: Bytes,
    /// What they are.
    pub media_type: &'static str,
    /// Counted from 1.
    pub attempt: u32,
    /// Now: signatures carry it, receivers refuse old ones.
    pub at: Time,
    /// How long everything may take.
    pub deadline: Duration,
}

impl Telling<'_> {
    /// The same as it leaves: these bytes are signed.
    pub(super) fn on_the_wire(&self, sealed: &Sealed) -> Self {
        Self { body: sealed.body.clone(), media_type: sealed.media_type, ..*self }
    }
}

/// A call that was answered.
pub(crate) struct Called {
    /// What was answered.
    pub answer: Answer,
    /// How many fields were encrypted, where single ones are.
    pub fields: u32,
    /// How many were to be and weren't there.
    pub skipped: u32,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// It could not be encrypted, so it did not leave.
    #[error("the call can't be encrypted")]
    NotEncryptable,
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
            Self::NotEncryptable => "not_encryptable",
            Self::NotSignable => "not_signable",
            Self::Unspeakable => "transport_unusable",
            Self::Send(error) => error.code(),
        }
    }
}

/// The body of `telling` as it leaves: encrypted anew for each attempt, as it is signed anew, and in the form that its receiver reads.
pub(super) fn seal(ready: &Ready, telling: &Telling<'_>, ctx: &Ctx) -> Result<Sealed, CallError> {
    let sealed = ready.sealing.apply(telling.id, telling.at, &telling.body, ctx.rng());
    let sealed = sealed.map_err(|_| CallError::NotEncryptable)?;
    // What is signed are the bytes on the wire: a form is made of what would leave, and nothing happens to it afterwards.
    let (body, media_type) =
        ready.transport.body.apply(sealed.body, sealed.media_type).ok_or(CallError::Unspeakable)?;
    Ok(Sealed { body, media_type, ..sealed })
}

/// The headers that sign what is told, as it stands on the wire, under every profile of the endpoint.
pub(super) fn signatures(ready: &Ready, wire: &Telling<'_>) -> Result<Vec<(String, String)>, NotSignable> {
    signing::headers(ready, wire)
}

/// Calls the endpoint: encrypted if it is to be, and signed.
pub(crate) async fn call(client: &Client, ctx: &Ctx, ready: &Ready, telling: Telling<'_>) -> Result<Called, CallError> {
    #[cfg(test)]
    if let Some(desk) = crate::messages::desk() {
        let answer = desk.call(telling.id, &telling.body).await?;
        return Ok(Called { answer, fields: 0, skipped: 0 });
    }
    let sealed = seal(ready, &telling, ctx)?;
    let signed = signatures(ready, &telling.on_the_wire(&sealed)).map_err(|_| CallError::NotSignable)?;
    let (fields, skipped) = (sealed.fields, sealed.skipped);
    let answer = send(client, ctx.org, ready, &telling, sealed, signed).await?;
    Ok(Called { answer, fields, skipped })
}

/// Sends what is encrypted and signed.
pub(super) async fn send(
    client: &Client,
    org: Org,
    ready: &Ready,
    telling: &Telling<'_>,
    sealed: Sealed,
    signed: Vec<(String, String)>,
) -> Result<Answer, CallError> {
    let speech = ready.transport.speech.as_ref().ok_or(CallError::Unspeakable)?;
    let mut outbound = Outbound::new(Tenant::new(org.id.bytes()), Method::Post, &ready.target, sealed.body);
    outbound.deadline = telling.deadline;
    (outbound.min_tls, outbound.terms) = (speech.min_tls, speech.terms.as_ref());
    outbound.headers = vec![
        (header::CONTENT_TYPE, HeaderValue::from_static(sealed.media_type)),
        (header::USER_AGENT, AGENT),
        (ATTEMPT, HeaderValue::from(telling.attempt)),
    ];
    if let Some((method, key_id)) = sealed.by {
        let key_id = HeaderValue::try_from(key_id).map_err(|_| CallError::NotEncryptable)?;
        outbound.headers.extend([(ENCRYPTION, HeaderValue::from_static(method.name())), (KEY_ID, key_id)]);
    }
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
