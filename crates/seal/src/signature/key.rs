//! Ed25519 webhook keys in the text forms of Standard Webhooks.

use crate::key::sha256;
use crate::rng::Rng;
use crate::signing::Ed25519Key;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

const PRIVATE_PREFIX: &str = "whsk_";
const PUBLIC_PREFIX: &str = "whpk_";

/// A private webhook key. Receivers hold only its public half, so that none of them can
/// sign for us.
pub struct WebhookKey(Ed25519Key);

/// What receivers verify with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookPublicKey(pub [u8; 32]);

/// The text isn't a webhook key. Never carries the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a webhook key")]
pub struct BadKey;

impl WebhookKey {
    /// A fresh random key.
    pub fn generate(rng: &dyn Rng) -> Self {
        Self(Ed25519Key::generate(rng))
    }

    /// Reads `whsk_` and the base64 of the 32-byte seed, optionally followed by the
    /// 32-byte public key, which then must match.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let bytes = Zeroizing::new(decode(PRIVATE_PREFIX, text)?);
        let (seed, public) = bytes.split_first_chunk().ok_or(BadKey)?;
        let key = Self(Ed25519Key::from_seed(seed));
        let matches = public.is_empty() || public == key.0.public();
        matches.then_some(key).ok_or(BadKey)
    }

    /// `whsk_` and the base64 of seed ‖ public key, as the reference libraries write it.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 64]);
        bytes[..32].copy_from_slice(self.0.seed());
        bytes[32..].copy_from_slice(&self.0.public());
        let mut text = Zeroizing::new(String::with_capacity(PRIVATE_PREFIX.len() + 88));
        text.push_str(PRIVATE_PREFIX);
        STANDARD.encode_string(&bytes[..], &mut text);
        text
    }

    /// The public half.
    pub fn public(&self) -> WebhookPublicKey {
        WebhookPublicKey(self.0.public())
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message)
    }
}

impl WebhookPublicKey {
    /// The name of the key, made of the key itself: its JWK thumbprint (RFC 7638, RFC 8037 §2).
    pub fn thumbprint(&self) -> String {
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x());
        URL_SAFE_NO_PAD.encode(sha256(&[jwk.as_bytes()]))
    }

    /// The key as the member `x` of a JWK has it.
    pub fn x(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The key as `SubjectPublicKeyInfo` (RFC 8410 §4), which OpenSSL reads.
    pub fn to_spki_der(&self) -> Vec<u8> {
        [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &self.0].concat()
    }

    /// Reads `whpk_` and the base64 of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let bytes = decode(PUBLIC_PREFIX, text)?;
        bytes.try_into().map(Self).map_err(|_| BadKey)
    }

    /// `whpk_` and the base64 of the key.
    pub fn to_text(&self) -> String {
        format!("{PUBLIC_PREFIX}{}", STANDARD.encode(self.0))
    }
}

fn decode(prefix: &str, text: &str) -> Result<Vec<u8>, BadKey> {
    let encoded = text.strip_prefix(prefix).ok_or(BadKey)?;
    STANDARD.decode(encoded).map_err(|_| BadKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    #[test]
    fn both_halves_read_back() {
        let key = WebhookKey::generate(&SystemRng);
        let again = WebhookKey::parse(&key.to_text()).unwrap();
        assert_eq!(key.public(), again.public());
        assert_eq!(WebhookPublicKey::parse(&key.public().to_text()), Ok(key.public()));
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        let x = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let key = WebhookPublicKey(x.try_into().unwrap());
        assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(key.to_spki_der().len(), 44);
    }

    #[test]
    fn halves_that_do_not_belong_together_are_refused() {
        let mut bytes = [1; 64];
        let text = |bytes: &[u8]| format!("whsk_{}", STANDARD.encode(bytes));
        assert!(WebhookKey::parse(&text(&bytes)).is_err());
        bytes[32..].copy_from_slice(&Ed25519Key::from_seed(&[1; 32]).public());
        assert!(WebhookKey::parse(&text(&bytes)).is_ok());
        assert!(WebhookKey::parse(&text(&bytes[..32])).is_ok());
        assert!(WebhookKey::parse(&text(&bytes[..31])).is_err());
        assert!(WebhookPublicKey::parse(&text(&bytes[..32])).is_err());
    }
}
