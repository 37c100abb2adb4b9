//! Payloads for receivers that want them encrypted, and what they answer.
//!
//! [`encrypt`] makes ciphertext that other people's libraries open: it follows RFC 7516 to RFC 7518 where those say anything, and a
//! JSON envelope with the same members elsewhere. [`decrypt`] opens an answer made the same way, and says of every failure the same.
//!
//! * Initialisation vectors come from the generator, one for each ciphertext. None can be set.
//! * What is authenticated besides the clear text names the event, the time and, of a single field, its place ([`About`]): a ciphertext
//!   that is moved elsewhere says so.
//! * A ciphertext has no say in how it is opened: `alg` and `enc` must be those that are asked for, its `kid` picks among the keys that
//!   are there, and a header that brings a key along or changes how the rest is read refuses it.
//! * Nothing that isn't authenticated is opened: [`Method::LegacyAes256Cbc`] only encrypts.

mod agreement;
mod cbc;
mod enveloped;
mod jwe;
mod key;
mod method;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

pub use agreement::{BadJwk, PrivateKey, PublicKey};
pub use key::{BadKey, KeyForm, SharedKey};
pub use method::Method;

use crate::jws::object;
use crate::rng::Rng;

/// The most bytes of an answer that are looked at.
pub const MAX_ANSWER: usize = 64 * 1024;
/// The most keys that are tried where an answer names none.
const MAX_KEYS: usize = 8;

/// What a ciphertext is bound to; it is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About<'a> {
    /// The event's id.
    pub id: &'a str,
    /// The time of the attempt, Unix seconds.
    pub at: i64,
    /// Which field it is, as a JSON pointer (RFC 6901); nothing if it is all of it.
    pub field: Option<&'a str>,
}

/// What to encrypt with. Has no `Debug`: it may be secret.
pub enum EncryptionKey {
    /// A key that the receiver has, too.
    Shared(SharedKey),
    /// The receiver's public key.
    Public(PublicKey),
}

/// What to open answers with. Has no `Debug`: it is secret.
pub enum DecryptionKey {
    /// A key that the receiver has, too.
    Shared(SharedKey),
    /// The private half of a key that the receiver encrypts to.
    Private(PrivateKey),
}

/// The key isn't one of this method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key can't be used by this method")]
pub struct NotEncryptable;

/// It doesn't open. Whatever the reason is, this is all that is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer can't be decrypted")]
pub struct Undecryptable;

impl Undecryptable {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        "response_undecryptable"
    }
}

/// The clear text of an answer. Has no `Debug`: it may be anything.
pub struct Opened(Zeroizing<Vec<u8>>);

impl Opened {
    /// The clear bytes, to use them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl EncryptionKey {
    /// What the receiver knows it by.
    pub fn id(&self) -> &str {
        match self {
            Self::Shared(key) => key.id(),
            Self::Public(key) => key.id(),
        }
    }

    fn shared(&self) -> Result<&SharedKey, NotEncryptable> {
        match self {
            Self::Shared(key) => Ok(key),
            Self::Public(_) => Err(NotEncryptable),
        }
    }
}

impl DecryptionKey {
    fn shared(&self) -> Option<&SharedKey> {
        match self {
            Self::Shared(key) => Some(key),
            Self::Private(_) => None,
        }
    }
}

/// The ciphertext of `clear`, as ASCII that fits a JSON string.
pub fn encrypt(
    method: Method,
    key: &EncryptionKey,
    about: &About<'_>,
    clear: &[u8],
    rng: &dyn Rng,
) -> Result<String, NotEncryptable> {
    match method {
        Method::JweHkdf | Method::JweDir | Method::JweEcdhEs => jwe::seal(method, key, about, clear, rng),
        Method::Aes256Gcm | Method::Aes256CbcHmac => enveloped::seal(method, key.shared()?, about, clear, rng),
        Method::LegacyAes256Cbc => cbc::legacy(key.shared()?, clear, rng),
    }
}

/// What an answer says that was encrypted by `method` under one of `keys`. It may stand alone, or in an object under `member`.
pub fn decrypt(method: Method, keys: &[DecryptionKey], member: &str, answer: &[u8]) -> Result<Opened, Undecryptable> {
    if answer.len() > MAX_ANSWER {
        return Err(Undecryptable);
    }
    let keys = keys.get(..MAX_KEYS).unwrap_or(keys);
    let answer = answer.trim_ascii();
    let inside = object(answer).and_then(|object| object.get(member)?.as_str().map(str::to_owned));
    let text = match &inside {
        Some(text) => text.as_bytes(),
        None => answer,
    };
    let text = std::str::from_utf8(text).map_err(|_| Undecryptable)?;
    let opened = match method {
        Method::JweHkdf | Method::JweDir | Method::JweEcdhEs => jwe::open(method, keys, text),
        Method::Aes256Gcm | Method::Aes256CbcHmac => enveloped::open(method, keys, text),
        // Without a MAC a right answer and a forged one look alike, and a wrong padding is an oracle.
        Method::LegacyAes256Cbc => None,
    };
    opened.map(Opened).ok_or(Undecryptable)
}

/// The keys that an answer may mean: the one it names, or all if it names none.
fn meant<'k>(keys: &'k [DecryptionKey], id: Option<&'k str>) -> impl Iterator<Item = &'k SharedKey> {
    keys.iter().filter_map(DecryptionKey::shared).filter(move |key| id.is_none_or(|id| key.id() == id))
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// base64url in its one spelling.
fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
