//! Asymmetric signing keys: Ed25519 (RFC 8032) for checkpoints, webhooks and DKIM,
//! RSA (RFC 8017, PKCS #1 v1.5 with SHA-256) for DKIM (RFC 6376, RFC 8301).

use crate::fault::or_abort;
use crate::rng::{Rng, array};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ED25519, Ed25519KeyPair, KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use zeroize::Zeroizing;

/// An Ed25519 private key.
pub struct Ed25519Key {
    seed: Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
}

impl Ed25519Key {
    /// A fresh random key.
    pub fn generate(rng: &dyn Rng) -> Self {
        Self::from_seed(&Zeroizing::new(array(rng)))
    }

    /// The key whose private part is `seed` (RFC 8032 §5.1.5); every 32 bytes are one.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let pair = or_abort(Ed25519KeyPair::from_seed_unchecked(seed), "Ed25519");
        let seed = Zeroizing::new(*seed);
        Self { seed, pair }
    }

    /// The private part, for sealing it.
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The public key, 32 bytes.
    pub fn public(&self) -> [u8; 32] {
        let mut public = [0; 32];
        public.copy_from_slice(self.pair.public_key().as_ref());
        public
    }

    /// Signs `message`; the same message always gets the same 64 bytes.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.pair.sign(message).as_ref());
        signature
    }
}

/// Whether `signature` is by the owner of the Ed25519 key `public` over `message`.
pub fn verify_ed25519(public: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public).verify(message, signature).is_ok()
}

/// An RSA private key of 2048 bits or more.
pub struct RsaKey {
    pair: RsaKeyPair,
}

/// The bytes aren't an unencrypted PKCS #8 RSA key of 2048 to 8192 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RSA private key of 2048 to 8192 bits in PKCS #8 DER")]
pub struct NotAnRsaKey;

impl RsaKey {
    /// A fresh 2048-bit key from the library's own generator, which takes no other
    /// source of randomness. Slow (tenths of a second): keep it off request threads.
    pub fn generate_2048() -> Self {
        let pair = or_abort(RsaKeyPair::generate(KeySize::Rsa2048), "RSA key generation");
        Self { pair }
    }

    /// Reads an unencrypted PKCS #8 `PrivateKeyInfo` (RFC 5208).
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, NotAnRsaKey> {
        RsaKeyPair::from_pkcs8(der).map(|pair| Self { pair }).map_err(|_| NotAnRsaKey)
    }

    /// The private key as PKCS #8, for sealing it.
    pub fn to_pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&self.pair);
        Zeroizing::new(or_abort(der, "RSA key encoding").as_ref().to_vec())
    }

    /// The public key as `SubjectPublicKeyInfo` (RFC 5280), which is what a DKIM record
    /// publishes in base64.
    pub fn public_spki_der(&self) -> Vec<u8> {
        let der = AsDer::<PublicKeyX509Der<'_>>::as_der(self.pair.public_key());
        or_abort(der, "RSA key encoding").as_ref().to_vec()
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256; as long as the modulus.
    #[expect(clippy::disallowed_methods, reason = "aws-lc asks for a generator and blinds with its own")]
    pub fn sign_pkcs1_sha256(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let signed = self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        or_abort(signed, "RSA signing");
        signature
    }
}

/// Whether `signature` is by the owner of the RSA key in `spki_der` over `message`.
pub fn verify_rsa_pkcs1_sha256(spki_der: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, spki_der).verify(message, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    #[test]
    fn an_ed25519_signature_verifies_only_for_its_message_and_key() {
        let key = Ed25519Key::generate(&SystemRng);
        let other = Ed25519Key::generate(&SystemRng);
        let signature = key.sign(b"checkpoint");
        assert!(verify_ed25519(&key.public(), b"checkpoint", &signature));
        assert!(!verify_ed25519(&key.public(), b"checkpoins", &signature));
        assert!(!verify_ed25519(&other.public(), b"checkpoint", &signature));
        assert!(!verify_ed25519(&key.public(), b"checkpoint", &signature[..63]));
    }

    #[test]
    fn a_seed_is_the_whole_key() {
        let key = Ed25519Key::generate(&SystemRng);
        let again = Ed25519Key::from_seed(key.seed());
        assert_eq!(key.public(), again.public());
        assert_eq!(key.sign(b"x"), again.sign(b"x"));
    }

    #[test]
    fn an_rsa_key_survives_storage_and_signs_for_dkim() {
        let key = RsaKey::from_pkcs8_der(&RsaKey::generate_2048().to_pkcs8_der()).unwrap();
        let signature = key.sign_pkcs1_sha256(b"headers");
        assert_eq!(signature.len(), 256);
        assert!(verify_rsa_pkcs1_sha256(&key.public_spki_der(), b"headers", &signature));
        assert!(!verify_rsa_pkcs1_sha256(&key.public_spki_der(), b"header", &signature));
    }

    #[test]
    fn other_bytes_are_not_an_rsa_key() {
        assert!(RsaKey::from_pkcs8_der(b"").is_err());
        assert!(RsaKey::from_pkcs8_der(&[0x30; 64]).is_err());
    }
}
