//! Ciphertext in a JSON envelope: `{"v":1,"alg":…,"kid":…,"aad":…,"iv":…,"tag":…,"ciphertext":…}`, bytes in base64url.
//!
//! `aad` is text, `1.<alg>.<kid>.<event id>.<Unix seconds>.<field>`, and its UTF-8 bytes are authenticated as they stand: a receiver
//! doesn't have to build them, and may compare them with what it asked for.

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::cbc;
use super::key::SharedKey;
use super::method::Method;
use super::{About, DecryptionKey, NotEncryptable, decode, encode, meant};
use crate::jws::object;
use crate::rng::{Rng, array};
use crate::xaes::gcm;

const VERSION: u8 = 1;
/// The most bytes that may be authenticated besides the ciphertext.
const MAX_AAD: usize = 4 * 1024;

pub(super) fn seal(
    method: Method,
    key: &SharedKey,
    about: &About<'_>,
    clear: &[u8],
    rng: &dyn Rng,
) -> Result<String, NotEncryptable> {
    let alg = algorithm(method).ok_or(NotEncryptable)?;
    let field = about.field.unwrap_or_default();
    let aad = format!("{VERSION}.{alg}.{}.{}.{}.{field}", key.id(), about.id, about.at);
    let (iv, sealed, tag) = match method {
        Method::Aes256CbcHmac => {
            let iv: [u8; cbc::IV_LEN] = array(rng);
            let (sealed, tag) = cbc::seal(key.halves().ok_or(NotEncryptable)?, iv, aad.as_bytes(), clear);
            (encode(iv), sealed, encode(tag))
        }
        _ => {
            let iv: [u8; 12] = array(rng);
            let mut sealed = clear.to_vec();
            let tag = gcm::seal(key.whole().ok_or(NotEncryptable)?, iv, aad.as_bytes(), &mut sealed);
            (encode(iv), sealed, encode(tag))
        }
    };
    let envelope = json!({ "v": VERSION, "alg": alg, "kid": key.id(), "aad": aad, "iv": iv, "tag": tag, "ciphertext": encode(sealed) });
    Ok(envelope.to_string())
}

pub(super) fn open(method: Method, keys: &[DecryptionKey], text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let envelope = object(text.as_bytes())?;
    let right = envelope.get("v")? == VERSION && said(&envelope, "alg")? == algorithm(method)?;
    let id = said(&envelope, "kid").filter(|_| right);
    let aad = said(&envelope, "aad").unwrap_or_default().as_bytes();
    // Neither may be there as something else than text: then somebody means what isn't read here.
    let readable = ["kid", "aad"].iter().all(|name| envelope.get(*name).is_none_or(Value::is_string));
    if !right || !readable || aad.len() > MAX_AAD {
        return None;
    }
    let bytes = |name: &str| decode(said(&envelope, name)?);
    let (iv, sealed, tag) = (bytes("iv")?, bytes("ciphertext")?, bytes("tag")?);
    match method {
        Method::Aes256CbcHmac => {
            let (iv, tag) = (iv.try_into().ok()?, tag.try_into().ok()?);
            meant(keys, id).filter_map(SharedKey::halves).find_map(|key| cbc::open(key, iv, aad, &sealed, &tag))
        }
        _ => {
            let (iv, tag): ([u8; 12], [u8; gcm::TAG_LEN]) = (iv.try_into().ok()?, tag.try_into().ok()?);
            meant(keys, id).filter_map(SharedKey::whole).find_map(|key| unlock(key, iv, aad, &sealed, &tag))
        }
    }
}

/// The clear text of AES-256-GCM whose tag stands apart.
pub(super) fn unlock(
    key: &[u8; 32],
    iv: [u8; 12],
    aad: &[u8],
    sealed: &[u8],
    tag: &[u8; gcm::TAG_LEN],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new([sealed, tag].concat());
    let length = gcm::open(key, iv, aad, &mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

/// As RFC 7518 §5.1 calls it.
const fn algorithm(method: Method) -> Option<&'static str> {
    match method {
        Method::Aes256Gcm => Some("A256GCM"),
        Method::Aes256CbcHmac => Some("A256CBC-HS512"),
        _ => None,
    }
}

fn said<'e>(envelope: &'e Map<String, Value>, name: &str) -> Option<&'e str> {
    envelope.get(name)?.as_str()
}
