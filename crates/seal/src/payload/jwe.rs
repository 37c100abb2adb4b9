//! JWE in its compact form (RFC 7516 §3.1), with `A256GCM` (RFC 7518 §5.3).

use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::enveloped::unlock;
use super::key::SharedKey;
use super::method::Method;
use super::{About, DecryptionKey, EncryptionKey, NotEncryptable, decode, encode, meant};
use crate::jws::object;
use crate::key::hkdf;
use crate::rng::{Rng, array};
use crate::xaes::gcm;

const ENC: &str = "A256GCM";
/// The most bytes of an encoded header.
const MAX_HEADER: usize = 4 * 1024;
/// Parameters that bring a key along, or change how the rest is read (RFC 7516 §4.1, RFC 7518 §4.8, RFC 7797).
const REFUSED: [&str; 9] = ["jku", "jwk", "x5u", "x5c", "b64", "zip", "p2s", "p2c", "tag"];
/// What keys of single messages are derived for.
const INFO: &[u8] = b"sealpost/v1/payload/jwe";
/// The header parameter with the salt of a derived key; whoever doesn't know it must not go on (RFC 7515 §4.1.11).
const SALT: &str = "salt";
/// The header parameter with what tells that the derived key is the one that was meant.
const COMMIT: &str = "commit";

/// The key of one message, and what commits to it.
struct Derived {
    key: Zeroizing<[u8; 32]>,
    commitment: [u8; 32],
}

/// HKDF-SHA256 (RFC 5869) of the shared key: 64 bytes, of which the first half encrypts and the second is shown.
///
/// A key of its own for each message lifts the limit of 2³² random vectors under one key. GCM alone can be made to open under two keys;
/// the second half says which was meant.
fn derive(shared: &[u8; 32], salt: &[u8]) -> Derived {
    let both = Zeroizing::new(hkdf::salted::<64>(salt, shared, INFO));
    let mut derived = Derived { key: Zeroizing::new([0; 32]), commitment: [0; 32] };
    let (key, commitment) = both.split_at(32);
    derived.key.copy_from_slice(key);
    derived.commitment.copy_from_slice(commitment);
    derived
}

pub(super) fn seal(
    method: Method,
    key: &EncryptionKey,
    about: &About<'_>,
    clear: &[u8],
    rng: &dyn Rng,
) -> Result<String, NotEncryptable> {
    let mut header = Map::new();
    let mut say = |name: &str, value: Value| header.insert(name.to_owned(), value);
    say("alg", algorithm(method).ok_or(NotEncryptable)?.into());
    say("enc", ENC.into());
    say("kid", key.id().into());
    say("cty", "json".into());
    let (content, wrapped) = match (method, key) {
        (Method::JweHkdf, EncryptionKey::Shared(shared)) => {
            let salt: [u8; 32] = array(rng);
            let derived = derive(shared.whole().ok_or(NotEncryptable)?, &salt);
            say("crit", json!([SALT]));
            say(SALT, encode(salt).into());
            say(COMMIT, encode(derived.commitment).into());
            (derived.key, Vec::new())
        }
        (Method::JweDir, EncryptionKey::Shared(shared)) => {
            (Zeroizing::new(*shared.whole().ok_or(NotEncryptable)?), Vec::new())
        }
        (Method::JweEcdhEs, EncryptionKey::Public(public)) => {
            let content = Zeroizing::new(array(rng));
            let (ephemeral, wrapped) = public.wrap(&content, rng).ok_or(NotEncryptable)?;
            say("epk", ephemeral);
            (content, wrapped)
        }
        _ => return Err(NotEncryptable),
    };
    // RFC 7519 §5.3: claims that may be read before the rest is.
    say("jti", about.id.into());
    say("iat", about.at.into());
    if let Some(field) = about.field {
        say("field", field.into());
    }
    let header = encode(Value::Object(header).to_string());
    let iv: [u8; 12] = array(rng);
    let mut sealed = clear.to_vec();
    let tag = gcm::seal(&content, iv, header.as_bytes(), &mut sealed);
    Ok(format!("{header}.{}.{}.{}.{}", encode(wrapped), encode(iv), encode(sealed), encode(tag)))
}

pub(super) fn open(method: Method, keys: &[DecryptionKey], text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut parts = text.split('.');
    let mut part = || parts.next();
    let (protected, wrapped, iv, sealed, tag) = (part()?, part()?, part()?, part()?, part()?);
    if part().is_some() || protected.len() > MAX_HEADER {
        return None;
    }
    let header = object(&decode(protected)?)?;
    let id = read(method, &header)?;
    let (wrapped, iv, sealed, tag) = (decode(wrapped)?, decode(iv)?, decode(sealed)?, decode(tag)?);
    let (iv, tag): ([u8; 12], [u8; gcm::TAG_LEN]) = (iv.try_into().ok()?, tag.try_into().ok()?);
    let unlock = |key: &[u8; 32]| unlock(key, iv, protected.as_bytes(), &sealed, &tag);
    // RFC 7518 §4.5: where the key is agreed on directly nothing stands in for it.
    let direct = wrapped.is_empty();
    match method {
        Method::JweDir if direct => meant(keys, id).filter_map(SharedKey::whole).find_map(unlock),
        Method::JweHkdf if direct => {
            let (salt, claimed) = (salt(&header)?, commitment(&header)?);
            let derived = meant(keys, id).filter_map(SharedKey::whole).map(|shared| derive(shared, &salt));
            let is_meant = |one: &Derived| claimed.as_ref().is_none_or(|claimed| one.commitment.ct_eq(claimed).into());
            derived.filter(is_meant).find_map(|one| unlock(&one.key))
        }
        // What the other side calls our public key isn't known here, and unwrapping a key says whether it was the right one.
        Method::JweEcdhEs => keys.iter().find_map(|key| match key {
            DecryptionKey::Private(private) => private.unwrap(&header, &wrapped).and_then(|content| unlock(&content)),
            DecryptionKey::Shared(_) => None,
        }),
        _ => None,
    }
}

/// The key's name in a header that decides nothing else, if it has one.
fn read(method: Method, header: &Map<String, Value>) -> Option<Option<&str>> {
    let critical = match method {
        Method::JweHkdf => header.get("crit").is_none_or(|names| *names == json!([SALT])),
        _ => !header.contains_key("crit"),
    };
    let said = |name: &str| header.get(name).and_then(Value::as_str);
    let fits = critical
        && !REFUSED.iter().any(|name| header.contains_key(*name))
        && said("alg") == algorithm(method)
        && said("enc") == Some(ENC);
    let id = match header.get("kid") {
        None => None,
        Some(id) => Some(id.as_str()?),
    };
    fits.then_some(id)
}

/// A salt of 16 to 64 bytes.
fn salt(header: &Map<String, Value>) -> Option<Vec<u8>> {
    decode(header.get(SALT)?.as_str()?).filter(|salt| (16..=64).contains(&salt.len()))
}

/// What commits to the derived key, if that is said.
fn commitment(header: &Map<String, Value>) -> Option<Option<[u8; 32]>> {
    match header.get(COMMIT) {
        None => Some(None),
        Some(said) => Some(Some(decode(said.as_str()?)?.try_into().ok()?)),
    }
}

const fn algorithm(method: Method) -> Option<&'static str> {
    match method {
        Method::JweHkdf | Method::JweDir => Some("dir"),
        Method::JweEcdhEs => Some(super::agreement::ALGORITHM),
        _ => None,
    }
}
