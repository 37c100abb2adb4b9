//! Private keys of the service provider.

use std::fmt;

use aws_lc_rs::digest::{SHA256, SHA384, digest};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{OaepAlgorithm, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use zeroize::Zeroizing;

use crate::signature::Method;

/// The bytes aren't a private key that the profile can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a private key in PKCS #8 DER of a kind that is used here")]
pub struct NotAKey;

/// The key that signs our requests: RSA of 2048 to 8192 bits, or ECDSA on P-256 or P-384.
pub struct SigningKey(Pair);

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
}

impl SigningKey {
    /// Reads an unencrypted PKCS #8 `PrivateKeyInfo` (RFC 5208).
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, NotAKey> {
        let rsa = || RsaKeyPair::from_pkcs8(der).map(Pair::Rsa);
        let p256 = || EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Pair::P256);
        let p384 = || EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, der).map(Pair::P384);
        rsa().or_else(|_| p256()).or_else(|_| p384()).map(Self).map_err(|_| NotAKey)
    }

    /// By which method it signs.
    pub(crate) fn method(&self) -> Method {
        match self.0 {
            Pair::Rsa(_) => Method::RsaSha256,
            Pair::P256(_) => Method::EcdsaSha256,
            Pair::P384(_) => Method::EcdsaSha384,
        }
    }

    /// Signs `message`; ECDSA as XML Signature wants it, r and s of equal length (RFC 4050 §3.3).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match &self.0 {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(&RSA_PKCS1_SHA256, &digest(&SHA256, message), &mut signature)?;
                Ok(signature)
            }
            Pair::P256(pair) => {
                pair.sign_digest(&digest(&SHA256, message)).map(|signature| signature.as_ref().to_vec())
            }
            Pair::P384(pair) => {
                pair.sign_digest(&digest(&SHA384, message)).map(|signature| signature.as_ref().to_vec())
            }
        }
    }
}

/// The key that identity providers encrypt assertions to: RSA of 2048 to 8192 bits.
pub struct DecryptionKey(OaepPrivateDecryptingKey);

impl DecryptionKey {
    /// Reads an unencrypted PKCS #8 `PrivateKeyInfo` (RFC 5208).
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, NotAKey> {
        let key = PrivateDecryptingKey::from_pkcs8(der).map_err(|_| NotAKey)?;
        OaepPrivateDecryptingKey::new(key).map(Self).map_err(|_| NotAKey)
    }

    /// What was encrypted to it, or nothing.
    pub(crate) fn decrypt(&self, algorithm: &'static OaepAlgorithm, encrypted: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut buffer = Zeroizing::new(vec![0; self.0.min_output_size()]);
        let length = self.0.decrypt(algorithm, encrypted, &mut buffer, None).ok()?.len();
        buffer.truncate(length);
        Some(buffer)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecryptionKey")
    }
}
