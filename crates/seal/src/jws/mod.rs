//! Signed tokens of other people: JWS in its compact form (RFC 7515), read as strictly as what hangs on it deserves.
//!
//! [`verify`] says what a token holds if one of the keys of a [`KeySet`] signed it, and nothing otherwise. A token has no say in how
//! it is judged: its `alg` must be one that the caller allows *and* that the chosen key is for, its `kid` picks among the keys the
//! caller has, and whatever brings a key along or changes how the rest is read (`jku`, `jwk`, `x5u`, `x5c`, `crit`, `b64`, `zip`)
//! refuses it. There are no MACs here, so no public key can be taken for a shared one.
//!
//! [`object`] reads the JSON around it (claims, documents of a provider) by the same rule: whatever could mean two things means none.

mod json;
mod key;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

pub use json::object;
pub use key::{Algorithm, KeySet};

/// The most bytes of a token: an identity with some hundred groups fits.
pub const MAX_TOKEN: usize = 32 * 1024;
/// The most bytes of its header.
const MAX_HEADER: usize = 2 * 1024;
/// The most bytes of a key's name.
const MAX_KEY_ID: usize = 256;
/// Parameters that bring a key along, or change how the token is read (RFC 7515 §4.1, RFC 7516 §4.1, RFC 7797).
const REFUSED: [&str; 8] = ["jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"];

/// Why a token, or a set of keys, isn't believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not three parts in base64url without padding, or not JSON that means one thing.
    #[error("not a token in compact form")]
    Malformed,
    /// Longer than anything that is expected.
    #[error("longer than a token may be")]
    TooLarge,
    /// The header brings a key along, or changes how the token is read.
    #[error("a header that decides about itself")]
    Header,
    /// An algorithm that isn't allowed here, or isn't the key's.
    #[error("an algorithm that is not asked for")]
    Algorithm,
    /// None of the keys, or more than one, is meant.
    #[error("signed by none of the known keys")]
    UnknownKey,
    /// Not signed by that key.
    #[error("not signed by the key it names")]
    Signature,
    /// Not a set of keys.
    #[error("not a set of keys")]
    KeySet,
}

impl Refused {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "token_malformed",
            Self::TooLarge => "token_too_large",
            Self::Header => "token_header_refused",
            Self::Algorithm => "token_algorithm_refused",
            Self::UnknownKey => "token_key_unknown",
            Self::Signature => "token_signature_wrong",
            Self::KeySet => "keys_malformed",
        }
    }
}

/// What a token holds that one of the keys has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// By which algorithm.
    pub algorithm: Algorithm,
    /// What it says it is (`typ`), if it does.
    pub kind: Option<String>,
    /// What was signed.
    pub payload: Vec<u8>,
}

/// Says what `token` holds, if one of `keys` has signed it by one of the `allowed` algorithms.
pub fn verify(token: &str, keys: &KeySet, allowed: &[Algorithm]) -> Result<Verified, Refused> {
    if token.len() > MAX_TOKEN {
        return Err(Refused::TooLarge);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Refused::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(Refused::Malformed)?;
    if header.len() > MAX_HEADER {
        return Err(Refused::TooLarge);
    }
    // The payload is decoded last: nothing of what nobody signed is looked at.
    let header = object(&decode(header)?).ok_or(Refused::Malformed)?;
    let signature = decode(signature)?;
    let (named, key_id, kind) = read(&header)?;
    let algorithm = named.filter(|algorithm| allowed.contains(algorithm)).ok_or(Refused::Algorithm)?;
    let key = keys.find(key_id, algorithm)?;
    if !key.verifies(algorithm, signed.as_bytes(), &signature) {
        return Err(Refused::Signature);
    }
    Ok(Verified { algorithm, kind: kind.map(str::to_owned), payload: decode(payload)? })
}

/// The algorithm if it is a known one, the key's name, and the type of a header that decides nothing else.
fn read(header: &Map<String, Value>) -> Result<(Option<Algorithm>, Option<&str>, Option<&str>), Refused> {
    if REFUSED.iter().any(|name| header.contains_key(*name)) {
        return Err(Refused::Header);
    }
    let text = |name: &str| match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.len() <= MAX_KEY_ID => Ok(Some(text.as_str())),
        Some(_) => Err(Refused::Malformed),
    };
    let algorithm = text("alg")?.ok_or(Refused::Malformed)?;
    Ok((Algorithm::named(algorithm), text("kid")?, text("typ")?))
}

/// base64url in its one spelling: no padding, no white space, no bits that nobody reads.
fn decode(text: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused::Malformed)
}
