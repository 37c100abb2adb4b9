//! Signing keys: made here or brought in, kept as secrets, published in the DNS.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use schemars::JsonSchema;
use sealpost_egress::dkim::{DkimAlgorithm, DkimKey, DkimKeyError, DkimPlace, DkimSigner};
use sealpost_seal::SecretText;
use sealpost_seal::rng::Rng;
use sealpost_seal::signing::{Ed25519Key, RsaKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::model::{ChannelRefusal, DkimSettings};

/// A kind of signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DkimKind {
    /// RSA with 2048 bits: every receiver verifies it.
    Rsa,
    /// Ed25519 (RFC 8463): small, not verified everywhere.
    Ed25519,
}

impl DkimKind {
    /// It as people read it.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Rsa => "RSA, which every receiver verifies",
            Self::Ed25519 => "Ed25519, small and not verified everywhere",
        }
    }

    /// Its name in the DNS record's `k=` tag.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// A signature to be set up.
pub struct NewDkim {
    /// The signing domain.
    pub domain: String,
    /// The selector.
    pub selector: String,
    /// Which kind of key to make; of an imported key, its own.
    pub algorithm: Option<DkimKind>,
    /// An unencrypted PKCS #8 key in PEM; one is made if absent.
    pub private_key: Option<SecretText>,
}

/// A private key that signs mail.
pub(super) enum PrivateKey {
    Rsa(RsaKey),
    Ed25519(Ed25519Key),
}

/// An Ed25519 `PrivateKeyInfo` up to its 32 bytes of seed (RFC 8410 §7).
const ED25519_PKCS8: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

impl PrivateKey {
    /// A fresh key. Slow for RSA (tenths of a second): not for a request's thread.
    pub(super) fn generate(kind: DkimKind, rng: &dyn Rng) -> Self {
        match kind {
            DkimKind::Rsa => Self::Rsa(RsaKey::generate_2048()),
            DkimKind::Ed25519 => Self::Ed25519(Ed25519Key::generate(rng)),
        }
    }

    /// Reads an unencrypted PKCS #8 key in PEM (RFC 7468 §10).
    pub(super) fn from_pem(pem: &SecretText) -> Option<Self> {
        let body = pem.expose().trim().strip_prefix("-----BEGIN PRIVATE KEY-----")?;
        let body = body.strip_suffix("-----END PRIVATE KEY-----")?;
        let base64: Zeroizing<String> = Zeroizing::new(body.chars().filter(|c| !c.is_ascii_whitespace()).collect());
        let der = Zeroizing::new(BASE64.decode(base64.as_bytes()).ok()?);
        Self::from_der(&der)
    }

    fn from_der(der: &[u8]) -> Option<Self> {
        match der.strip_prefix(&ED25519_PKCS8) {
            Some(seed) => Some(Self::Ed25519(Ed25519Key::from_seed(seed.try_into().ok()?))),
            None => RsaKey::from_pkcs8_der(der).ok().map(Self::Rsa),
        }
    }

    pub(super) fn kind(&self) -> DkimKind {
        match self {
            Self::Rsa(_) => DkimKind::Rsa,
            Self::Ed25519(_) => DkimKind::Ed25519,
        }
    }

    /// The public key as the `p=` tag has it (RFC 6376 §3.6.1, RFC 8463 §4).
    pub(super) fn public(&self) -> String {
        match self {
            Self::Rsa(key) => BASE64.encode(key.public_spki_der()),
            Self::Ed25519(key) => BASE64.encode(key.public()),
        }
    }

    /// The key as a secret's text: its PKCS #8 form in base64.
    pub(super) fn to_secret(&self) -> SecretText {
        SecretText::new(match self {
            Self::Rsa(key) => BASE64.encode(&*key.to_pkcs8_der()),
            Self::Ed25519(key) => {
                let mut der = Zeroizing::new(ED25519_PKCS8.to_vec());
                der.extend_from_slice(key.seed());
                BASE64.encode(&*der)
            }
        })
    }

    pub(super) fn from_secret(text: &SecretText) -> Option<Self> {
        Self::from_der(&Zeroizing::new(BASE64.decode(text.expose()).ok()?))
    }
}

impl DkimSigner for PrivateKey {
    fn algorithm(&self) -> DkimAlgorithm {
        match self {
            Self::Rsa(_) => DkimAlgorithm::RsaSha256,
            Self::Ed25519(_) => DkimAlgorithm::Ed25519Sha256,
        }
    }

    fn sign(&self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(key) => key.sign_pkcs1_sha256(data),
            Self::Ed25519(key) => key.sign(data).to_vec(),
        }
    }
}

/// Where a key's public half is to be published, or why it can't be there.
pub(super) fn place(domain: &str, selector: &str) -> Result<DkimPlace, ChannelRefusal> {
    DkimPlace::parse(domain, selector).map_err(|error| match error {
        DkimKeyError::Domain => ChannelRefusal::Setting { field: "dkim/domain", code: "not_a_host" },
        DkimKeyError::Selector => ChannelRefusal::Setting { field: "dkim/selector", code: "not_a_host" },
    })
}

/// The key at its place.
pub(super) fn placed(place: DkimPlace, key: PrivateKey) -> DkimKey {
    DkimKey::at(place, Arc::new(key))
}

impl DkimSettings {
    /// Where the public key is to be published.
    pub fn record_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// The TXT record to publish there.
    pub fn record_value(&self) -> String {
        format!("v=DKIM1; k={}; p={}", self.algorithm.as_str(), self.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_seal::rng::SystemRng;
    use sealpost_seal::signing::{verify_ed25519, verify_rsa_pkcs1_sha256};

    #[test]
    fn a_key_survives_its_secret_and_its_published_half_verifies_it() {
        for kind in [DkimKind::Rsa, DkimKind::Ed25519] {
            let key = PrivateKey::generate(kind, &SystemRng);
            let again = PrivateKey::from_secret(&key.to_secret()).unwrap();
            let public = BASE64.decode(key.public()).unwrap();
            let signature = again.sign(b"headers");
            assert!(again.kind() == kind && again.public() == key.public());
            assert!(match kind {
                DkimKind::Rsa => verify_rsa_pkcs1_sha256(&public, b"headers", &signature),
                DkimKind::Ed25519 => verify_ed25519(&public.try_into().unwrap(), b"headers", &signature),
            });
        }
    }

    #[test]
    fn only_unencrypted_pkcs8_is_imported() {
        let key = PrivateKey::generate(DkimKind::Ed25519, &SystemRng);
        let pem = |label: &str, body: &str| {
            SecretText::new(format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"))
        };
        let body = key.to_secret();
        assert!(PrivateKey::from_pem(&pem("PRIVATE KEY", body.expose())).is_some());
        assert!(PrivateKey::from_pem(&pem("ENCRYPTED PRIVATE KEY", body.expose())).is_none());
        assert!(PrivateKey::from_pem(&pem("PRIVATE KEY", "AAAA")).is_none());
        assert!(PrivateKey::from_pem(&SecretText::new(String::new())).is_none());
    }
}
