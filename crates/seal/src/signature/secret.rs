//! Shared signing secrets.

use crate::hex;
use crate::rng::{Rng, array};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The prefix of Standard Webhooks secrets, used by others with another meaning.
const PREFIX: &str = "whsec_";

/// A secret with fewer key bytes than the hash is long can be guessed sooner than it
/// has to be (RFC 2104 §3).
const STRONG_LEN: usize = 32;

/// How the text of a secret becomes a key. Stored beside the secret and never inferred:
/// `whsec_` and 64 hexadecimal digits is valid under all three, with three different keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyEncoding {
    /// The bytes of the whole text, prefix included.
    Text,
    /// Base64 after an optional `whsec_`.
    Base64,
    /// Hexadecimal after an optional `whsec_`.
    Hex,
}

/// A secret shared with one receiver.
pub struct SigningSecret {
    text: Zeroizing<String>,
    encoding: KeyEncoding,
    key: hmac::Key,
    key_len: usize,
}

/// The text can't be a secret in that encoding. Never carries the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// No key bytes at all.
    #[error("signing secret is empty")]
    Empty,
    /// Not base64 or hexadecimal, as the encoding asks.
    #[error("signing secret doesn't decode in the chosen encoding")]
    Encoding,
}

impl KeyEncoding {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Text, Self::Base64, Self::Hex];

    /// The word it is stored and shown as.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Base64 => "base64",
            Self::Hex => "hex",
        }
    }
}

impl SigningSecret {
    /// A fresh secret: `whsec_` and the base64 of 32 random bytes.
    pub fn generate(rng: &dyn Rng) -> Self {
        let bytes = Zeroizing::new(array::<32>(rng));
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + 44));
        text.push_str(PREFIX);
        STANDARD.encode_string(&bytes[..], &mut text);
        Self::with_key(text, KeyEncoding::Base64, &bytes[..])
    }

    /// A fresh secret whose text is the key, for receivers that decode nothing: `prefix` and
    /// 32 random bytes in hexadecimal.
    pub fn generate_text(prefix: &str, rng: &dyn Rng) -> Self {
        let bytes = Zeroizing::new(array::<32>(rng));
        let mut text = Zeroizing::new(String::with_capacity(prefix.len() + 64));
        text.push_str(prefix);
        hex::push(&mut text, &bytes[..]);
        let key = Zeroizing::new(text.as_bytes().to_vec());
        Self::with_key(text, KeyEncoding::Text, &key)
    }

    /// A secret that exists already, pasted in or read back from storage.
    pub fn import(text: &str, encoding: KeyEncoding) -> Result<Self, BadSecret> {
        let bare = text.strip_prefix(PREFIX).unwrap_or(text);
        let key = match encoding {
            KeyEncoding::Text => Zeroizing::new(text.as_bytes().to_vec()),
            KeyEncoding::Base64 => Zeroizing::new(STANDARD.decode(bare).map_err(|_| BadSecret::Encoding)?),
            KeyEncoding::Hex => hex::decode(bare).ok_or(BadSecret::Encoding)?,
        };
        if key.is_empty() {
            return Err(BadSecret::Empty);
        }
        Ok(Self::with_key(Zeroizing::new(text.to_owned()), encoding, &key))
    }

    /// Whether the key is shorter than 32 bytes; such a secret is flagged for rotation.
    pub fn is_weak(&self) -> bool {
        self.key_len < STRONG_LEN
    }

    /// How many bytes the key has.
    pub fn key_len(&self) -> usize {
        self.key_len
    }

    /// How the text becomes the key, to store beside it.
    pub fn encoding(&self) -> KeyEncoding {
        self.encoding
    }

    /// The text, to seal it or to show it once.
    pub fn expose(&self) -> &str {
        &self.text
    }

    pub(super) fn hmac(&self) -> &hmac::Key {
        &self.key
    }

    fn with_key(text: Zeroizing<String>, encoding: KeyEncoding, key: &[u8]) -> Self {
        Self { text, encoding, key: hmac::Key::new(hmac::HMAC_SHA256, key), key_len: key.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    #[test]
    fn a_fresh_secret_reads_back_and_is_strong() {
        let secret = SigningSecret::generate(&SystemRng);
        assert_eq!(secret.expose().len(), 6 + 44);
        let again = SigningSecret::import(secret.expose(), secret.encoding()).unwrap();
        assert!(!again.is_weak());
    }

    #[test]
    fn a_fresh_text_is_its_own_key() {
        let secret = SigningSecret::generate_text("whsec_", &SystemRng);
        assert_eq!((secret.expose().len(), secret.key_len(), secret.is_weak()), (70, 70, false));
        assert_eq!(SigningSecret::import(secret.expose(), secret.encoding()).unwrap().key_len(), 70);
    }

    #[test]
    fn a_short_secret_is_taken_and_flagged() {
        let secret = SigningSecret::import("fyno-shared-secret", KeyEncoding::Text).unwrap();
        assert!(secret.is_weak());
    }

    #[test]
    fn what_does_not_decode_is_refused_and_not_quoted() {
        let import = |text, encoding| SigningSecret::import(text, encoding).err();
        assert_eq!(import("", KeyEncoding::Text), Some(BadSecret::Empty));
        assert_eq!(import("whsec_", KeyEncoding::Base64), Some(BadSecret::Empty));
        assert_eq!(import("whsec_!", KeyEncoding::Base64), Some(BadSecret::Encoding));
        assert_eq!(import("abc", KeyEncoding::Hex), Some(BadSecret::Encoding));
        assert_eq!(import("éé", KeyEncoding::Hex), Some(BadSecret::Encoding));
    }
}
