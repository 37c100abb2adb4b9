//! Signing.

use super::key::WebhookKey;
use super::profile::{Companion, Encoding, Profile, Values};
use super::secret::SigningSecret;
use crate::hex;
use crate::key::hmac_sha256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What one attempt sends.
pub struct Outgoing<'a> {
    id: &'a str,
    timestamp: String,
    event: &'a str,
    body: &'a [u8],
}

/// A key to sign with.
pub enum SigningKey<'a> {
    /// A secret the receiver shares.
    Secret(&'a SigningSecret),
    /// A private key the receiver knows the public half of.
    Ed25519(&'a WebhookKey),
}

/// Nothing leaves unsigned: why this can't be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSignable {
    /// An id with a dot could be moved against the timestamp; one with other signs, or
    /// none, doesn't fit a header.
    #[error("delivery id must be 1 to 255 letters, digits, `_` or `-`")]
    Id,
    /// An event's name that doesn't fit a header.
    #[error("event name must be visible ASCII")]
    Event,
    /// A target or media type that doesn't fit one line.
    #[error("target URI and content type must be visible ASCII")]
    Target,
    /// None of the keys is of a kind the profile has room for.
    #[error("no key fits the signature profile")]
    NoKey,
}

const MAX_ID_LEN: usize = 255;

impl<'a> Outgoing<'a> {
    /// `id` stays the same over all attempts of one delivery; `timestamp_unix` is the
    /// time of this attempt in Unix seconds; `body` is what goes over the wire.
    pub fn new(id: &'a str, timestamp_unix: i64, event: &'a str, body: &'a [u8]) -> Result<Self, NotSignable> {
        if !is_id(id) {
            return Err(NotSignable::Id);
        }
        if !event.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(NotSignable::Event);
        }
        let timestamp = timestamp_unix.to_string();
        Ok(Self { id, timestamp, event, body })
    }

    pub(super) fn values(&self) -> Values<'_> {
        Values { id: self.id, timestamp: &self.timestamp, event: self.event, body: self.body }
    }

    fn companion(&self, companion: Companion) -> &str {
        match companion {
            Companion::Id => self.id,
            Companion::Timestamp => &self.timestamp,
            Companion::Event => self.event,
        }
    }
}

/// The headers that sign `outgoing` under `profile`, companions first. Several `keys`
/// are for rotation, the newest first: a profile with one slot uses only that one.
pub fn sign(
    profile: &Profile<'_>,
    keys: &[SigningKey<'_>],
    outgoing: &Outgoing<'_>,
) -> Result<Vec<(String, String)>, NotSignable> {
    let values = outgoing.values();
    let mut signatures = keys.iter().filter_map(|key| one_signature(profile, key, &values));
    let first = signatures.next().ok_or(NotSignable::NoKey)?;
    let mut value = preamble(profile, &values);
    value.push_str(&first);
    if let Some(separator) = profile.separator {
        for signature in signatures {
            value.push(separator);
            value.push_str(&signature);
        }
    }
    let mut headers: Vec<_> = profile
        .companions
        .iter()
        .map(|(name, companion)| (name.to_string(), outgoing.companion(*companion).to_owned()))
        .collect();
    headers.push((profile.header.to_string(), value));
    Ok(headers)
}

/// What one key signs under a profile, and its signature as it stands in the header: to be
/// shown, so that somebody can do it again. Nothing where the profile has no room for such
/// a key.
pub fn explain(profile: &Profile<'_>, key: &SigningKey<'_>, outgoing: &Outgoing<'_>) -> Option<(Vec<u8>, String)> {
    let values = outgoing.values();
    let signature = one_signature(profile, key, &values)?;
    Some((signed_bytes(profile, &values), signature))
}

fn one_signature(profile: &Profile<'_>, key: &SigningKey<'_>, values: &Values<'_>) -> Option<String> {
    match key {
        SigningKey::Secret(secret) => Some(hmac_text(profile, secret, values)),
        SigningKey::Ed25519(key) => {
            let prefix = profile.ed25519_prefix?;
            let signature = key.sign(&signed_bytes(profile, values));
            Some(format!("{prefix}{}", profile.encoding.text(&signature)))
        }
    }
}

/// One HMAC signature as it stands in the header, prefix included.
pub(super) fn hmac_text(profile: &Profile<'_>, secret: &SigningSecret, values: &Values<'_>) -> String {
    let parts: Vec<&[u8]> = values.fill(profile.signed).collect();
    let mac = hmac_sha256(secret.hmac(), &parts);
    format!("{}{}", profile.prefix, profile.encoding.text(&mac))
}

/// The signed bytes in one piece, for Ed25519, which can't take them in several.
pub(super) fn signed_bytes(profile: &Profile<'_>, values: &Values<'_>) -> Vec<u8> {
    let parts: Vec<&[u8]> = values.fill(profile.signed).collect();
    parts.concat()
}

fn preamble(profile: &Profile<'_>, values: &Values<'_>) -> String {
    let bytes: Vec<&[u8]> = values.fill(profile.preamble).collect();
    String::from_utf8_lossy(&bytes.concat()).into_owned()
}

/// Standard Webhooks forbids dots; the rest keeps ids safe in headers and URLs.
pub(super) fn is_id(id: &str) -> bool {
    (1..=MAX_ID_LEN).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

impl Encoding {
    pub(super) fn text(self, bytes: &[u8]) -> String {
        match self {
            Self::Base64 => STANDARD.encode(bytes),
            Self::Hex => {
                let mut text = String::with_capacity(2 * bytes.len());
                hex::push(&mut text, bytes);
                text
            }
        }
    }
}
