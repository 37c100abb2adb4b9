//! Verifying: the same profiles run backwards, for callbacks of providers, our own
//! tests, and customers who point old senders at us.

use super::key::WebhookPublicKey;
use super::profile::{Companion, Encoding, Part, Profile, Values};
use super::profiles::STANDARD as STANDARD_WEBHOOKS;
use super::secret::SigningSecret;
use super::sign::{hmac_text, signed_bytes};
use crate::signing::verify_ed25519;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

/// A key to verify with.
pub enum VerifyingKey<'a> {
    /// A secret shared with the sender.
    Secret(&'a SigningSecret),
    /// The sender's public key.
    Ed25519(WebhookPublicKey),
}

/// Why a request isn't believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A header the profile needs is missing, or there twice.
    #[error("signature headers are missing or repeated")]
    Headers,
    /// The timestamp isn't Unix seconds, or too far from now on either side.
    #[error("signature timestamp is outside the tolerance")]
    Timestamp,
    /// No signature is by one of the keys over these bytes.
    #[error("signature does not match")]
    Signature,
}

/// Signatures looked at in one header; more are noise or an attack on our time.
const MAX_SIGNATURES: usize = 16;

/// Verifies a Standard Webhooks request under a shared secret. `now_unix` and
/// `tolerance_secs` in seconds; the window has two sides.
pub fn verify_standard(
    headers: &[(&str, &str)],
    body: &[u8],
    secret: &SigningSecret,
    now_unix: i64,
    tolerance_secs: u32,
) -> Result<(), Refused> {
    let keys = [VerifyingKey::Secret(secret)];
    verify(&STANDARD_WEBHOOKS, &keys, headers, body, now_unix, tolerance_secs)
}

/// Verifies a request under `profile`; one signature by one of `keys` is enough. Header
/// names match in any case. A profile without a timestamp can't tell a replay.
pub fn verify(
    profile: &Profile<'_>,
    keys: &[VerifyingKey<'_>],
    headers: &[(&str, &str)],
    body: &[u8],
    now_unix: i64,
    tolerance_secs: u32,
) -> Result<(), Refused> {
    let header = only(headers, profile.header)?;
    let values = Values {
        id: companion(profile, headers, Companion::Id, &Part::Id)?,
        timestamp: match profile.preamble.contains(&Part::Timestamp) {
            true => preamble_timestamp(profile, header)?,
            false => companion(profile, headers, Companion::Timestamp, &Part::Timestamp)?,
        },
        event: companion(profile, headers, Companion::Event, &Part::Event)?,
        body,
    };
    if profile.is_replay_safe() && !is_fresh(values.timestamp, now_unix, tolerance_secs) {
        return Err(Refused::Timestamp);
    }
    let signatures: Vec<&str> = signatures(profile, header).take(MAX_SIGNATURES).collect();
    let believed = keys.iter().any(|key| any_is_by(key, profile, &values, &signatures));
    believed.then_some(()).ok_or(Refused::Signature)
}

/// One pass over the body per key, however many signatures came.
fn any_is_by(key: &VerifyingKey<'_>, profile: &Profile<'_>, values: &Values<'_>, signatures: &[&str]) -> bool {
    match key {
        VerifyingKey::Secret(secret) => {
            let expected = hmac_text(profile, secret, values);
            signatures.iter().any(|signature| expected.as_bytes().ct_eq(signature.as_bytes()).into())
        }
        VerifyingKey::Ed25519(key) => {
            let message = signed_bytes(profile, values);
            let prefix = profile.ed25519_prefix;
            signatures
                .iter()
                .filter_map(|signature| profile.encoding.bytes(signature.strip_prefix(prefix?)?))
                .any(|signature| verify_ed25519(&key.0, &message, &signature))
        }
    }
}

fn signatures<'h>(profile: &Profile<'_>, header: &'h str) -> Box<dyn Iterator<Item = &'h str> + 'h> {
    match profile.separator {
        Some(separator) => Box::new(header.split(separator).map(str::trim)),
        None => Box::new(std::iter::once(header)),
    }
}

/// The timestamp of a header such as `t=1768469400,v1=…`.
fn preamble_timestamp<'h>(profile: &Profile<'_>, header: &'h str) -> Result<&'h str, Refused> {
    let Some(Part::Text(before)) = profile.preamble.first() else {
        return Err(Refused::Headers);
    };
    let mut found = signatures(profile, header).filter_map(|item| item.strip_prefix(before));
    match (found.next(), found.next()) {
        (Some(timestamp), None) => Ok(timestamp),
        _ => Err(Refused::Headers),
    }
}

/// The value of a companion header; empty when neither sent nor signed.
fn companion<'h>(
    profile: &Profile<'_>,
    headers: &[(&str, &'h str)],
    companion: Companion,
    part: &Part<'_>,
) -> Result<&'h str, Refused> {
    match profile.companion(companion) {
        Some(name) if profile.signed.contains(part) => only(headers, name),
        None if profile.signed.contains(part) => Err(Refused::Headers),
        _ => Ok(""),
    }
}

fn only<'h>(headers: &[(&str, &'h str)], wanted: &str) -> Result<&'h str, Refused> {
    let mut found = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Ok(value),
        _ => Err(Refused::Headers),
    }
}

fn is_fresh(timestamp: &str, now_unix: i64, tolerance_secs: u32) -> bool {
    let digits_only = timestamp.bytes().all(|byte| byte.is_ascii_digit());
    digits_only && timestamp.parse::<i64>().is_ok_and(|then| now_unix.abs_diff(then) <= u64::from(tolerance_secs))
}

impl Encoding {
    fn bytes(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Base64 => STANDARD.decode(text).ok(),
            // No profile has Ed25519 signatures in hexadecimal.
            Self::Hex => None,
        }
    }
}
