//! Symmetric keys: one purpose each, derived by HKDF-SHA256 (RFC 5869), zeroised on
//! drop, and impossible to print, compare, copy or serialise.
//!
//! ```
//! use sealpost_seal::{Key, SystemRng};
//!
//! let organisation = Key::generate(&SystemRng);
//! let tokens = organisation.derive("token", &[]);
//! let stored = tokens.mac(&[b"sk_test_..."]);
//! # assert_eq!(stored.len(), 32);
//! ```

pub(crate) mod hkdf;
mod root;

pub use root::{Custody, NotARootKey, RootKey};

use crate::rng::{Rng, array};
use crate::xaes::Xaes;
use aws_lc_rs::{digest, hmac};
use std::fmt;
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// Every derivation starts with this, so that no other protocol can share our keys.
const INFO_PREFIX: &[u8] = b"sealpost/v1/";

/// 256 bits of key material.
///
/// Has no `Debug`, `Clone`, `PartialEq` or `Serialize` on purpose. To store a key,
/// wrap it under another one with [`crate::envelope::wrap`].
pub struct Key {
    bytes: Zeroizing<[u8; 32]>,
    hmac: OnceLock<Box<hmac::Key>>,
    xaes: OnceLock<Box<Xaes>>,
}

impl Key {
    /// A fresh random key.
    pub fn generate(rng: &dyn Rng) -> Self {
        Self::from_bytes(array(rng))
    }

    /// A key from 32 bytes that are already secret and uniformly random.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self { bytes: Zeroizing::new(bytes), hmac: OnceLock::new(), xaes: OnceLock::new() }
    }

    /// The key for one purpose: HKDF-SHA256 with
    /// `info = "sealpost/v1/" ‖ label ‖ 0x00 ‖ (u32 BE length ‖ part)*`.
    ///
    /// `label` names the purpose and is a literal without NUL; everything that varies
    /// (organisation, day, epoch) goes into `context`, where no two lists collide.
    pub fn derive(&self, label: &str, context: &[&[u8]]) -> Key {
        Key::from_bytes(hkdf::derive(&self.bytes[..], &info(label, context)))
    }

    /// HMAC-SHA256 over the plain concatenation of `parts`.
    ///
    /// Where boundaries between parts matter, the caller writes lengths or fixed widths.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let key = self.hmac.get_or_init(|| Box::new(hmac::Key::new(hmac::HMAC_SHA256, &self.bytes[..])));
        hmac_sha256(key, parts)
    }

    /// 64 bytes at once, salted, for the committed envelope.
    pub(crate) fn derive_64(&self, label: &str, salt: &[u8]) -> [u8; 64] {
        hkdf::salted(salt, &self.bytes[..], &info(label, &[]))
    }

    pub(crate) fn xaes(&self) -> &Xaes {
        self.xaes.get_or_init(|| Box::new(Xaes::new(&self.bytes)))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

/// A key that takes both `subject` and `slot` to make: destroying either destroys it.
///
/// A message key is the combination of its subject's key and of a random slot key
/// stored on its own, so that one message or one person can be shredded alone.
pub fn combine(subject: &Key, slot: &Key, label: &str) -> Key {
    let mut both = Zeroizing::new([0; 64]);
    both[..32].copy_from_slice(&subject.bytes[..]);
    both[32..].copy_from_slice(&slot.bytes[..]);
    Key::from_bytes(hkdf::derive(&both[..], &info(label, &[])))
}

/// SHA-256 over the plain concatenation of `parts`.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    first_32(context.finish().as_ref())
}

/// SHA-256 of bytes that come one after the other.
pub struct Sha256(digest::Context);

impl Default for Sha256 {
    fn default() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }
}

impl Sha256 {
    /// These bytes are next.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all of them.
    pub fn finish(self) -> [u8; 32] {
        first_32(self.0.finish().as_ref())
    }
}

/// Names a key without telling anything about it; stored in front of what it sealed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 8]);

impl KeyId {
    /// A fresh random name.
    pub fn generate(rng: &dyn Rng) -> Self {
        Self(array(rng))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({:016x})", u64::from_be_bytes(self.0))
    }
}

/// HMAC-SHA256 with a ready key, for secrets that aren't 32 bytes long.
pub(crate) fn hmac_sha256(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    first_32(context.sign().as_ref())
}

fn info(label: &str, context: &[&[u8]]) -> Vec<u8> {
    let mut info = Vec::with_capacity(64);
    info.extend_from_slice(INFO_PREFIX);
    info.extend_from_slice(label.as_bytes());
    info.push(0);
    for part in context {
        info.extend_from_slice(&(part.len() as u32).to_be_bytes());
        info.extend_from_slice(part);
    }
    info
}

fn first_32(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(&bytes[..32]);
    out
}

#[cfg(test)]
mod tests;
