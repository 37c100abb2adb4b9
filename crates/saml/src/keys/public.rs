//! Public keys of identity providers.

use std::fmt;

use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};

use super::der::{Der, OBJECT_IDENTIFIER, SEQUENCE};
use crate::signature::Method;

/// A key that signatures are verified with: RSA of 2048 to 8192 bits, or ECDSA on P-256 or P-384.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: KeyKind,
    spki: Vec<u8>,
}

/// What kind of key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA (RFC 8017).
    Rsa,
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
}

/// RFC 3279 §2.3.1, §2.3.5 and RFC 5480 §2.1.1.1.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` (RFC 5280 §4.1) of a key that the profile can use.
    pub fn from_spki(der: &[u8]) -> Option<Self> {
        let kind = kind(der)?;
        let usable = match kind {
            KeyKind::Rsa => PublicEncryptingKey::from_der(der).is_ok(),
            KeyKind::P256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, der).is_ok(),
            KeyKind::P384 => ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, der).is_ok(),
        };
        usable.then(|| Self { kind, spki: der.to_vec() })
    }

    /// Its `SubjectPublicKeyInfo`.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// What kind of key it is.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether its owner signed `message`; `None` if this key doesn't sign by this method.
    pub(crate) fn verifies(&self, method: Method, message: &[u8], signature: &[u8]) -> Option<bool> {
        let algorithm: &'static dyn VerificationAlgorithm = match (self.kind, method) {
            (KeyKind::Rsa, Method::RsaSha256) => &RSA_PKCS1_2048_8192_SHA256,
            (KeyKind::Rsa, Method::RsaSha512) => &RSA_PKCS1_2048_8192_SHA512,
            (KeyKind::P256, Method::EcdsaSha256) => &ECDSA_P256_SHA256_FIXED,
            (KeyKind::P384, Method::EcdsaSha384) => &ECDSA_P384_SHA384_FIXED,
            _ => return None,
        };
        Some(UnparsedPublicKey::new(algorithm, &self.spki).verify(message, signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?})", self.kind)
    }
}

/// What the algorithm identifier says.
fn kind(spki: &[u8]) -> Option<KeyKind> {
    let mut identifier = Der::new(Der::only(spki, SEQUENCE)?.read(SEQUENCE)?.contents);
    let algorithm = identifier.read(OBJECT_IDENTIFIER)?.contents;
    if algorithm == RSA {
        return Some(KeyKind::Rsa);
    }
    let curve = identifier.read(OBJECT_IDENTIFIER)?.contents;
    match (algorithm == EC, curve) {
        (true, P256) => Some(KeyKind::P256),
        (true, P384) => Some(KeyKind::P384),
        _ => None,
    }
}
