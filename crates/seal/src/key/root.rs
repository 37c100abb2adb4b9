//! The root key: the one secret that lives outside the database.

use super::{Key, KeyId};
use crate::hex;
use crate::rng::Rng;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// Wraps organisation keys and does nothing else. Comes from a file, the environment
/// or a key service; whoever holds it and the database holds everything.
pub struct RootKey {
    key: Key,
    id: KeyId,
    custody: Custody,
}

/// Who keeps a root key where it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Custody {
    /// Nobody: whoever reads the place it is in has it.
    #[default]
    Clear,
    /// AWS KMS seals it.
    AwsKms,
    /// The transit engine of HashiCorp Vault or OpenBao seals it.
    Vault,
}

impl Custody {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Clear, Self::AwsKms, Self::Vault];

    /// Its word, as it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::AwsKms => "aws_kms",
            Self::Vault => "vault",
        }
    }

    /// The one of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// The text is neither 64 hexadecimal digits nor 43 characters of base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a root key is 64 hexadecimal digits, or 43 characters of base64url")]
pub struct NotARootKey;

impl RootKey {
    /// A fresh random root key.
    pub fn generate(rng: &dyn Rng) -> Self {
        Self::from_key(Key::generate(rng))
    }

    /// A root key from 32 bytes handed out by a key service.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self::from_key(Key::from_bytes(bytes))
    }

    /// Reads the text of a root key file: 64 hexadecimal digits or base64url (RFC 4648
    /// §5, padding optional) of 32 bytes. White space around it is ignored.
    pub fn parse(text: &str) -> Result<Self, NotARootKey> {
        let text = text.trim();
        let bytes = match text.len() {
            64 => hex::decode(text),
            43 | 44 => from_base64url(text),
            _ => None,
        };
        let bytes = bytes.and_then(exactly_32).ok_or(NotARootKey)?;
        Ok(Self::from_bytes(*bytes))
    }

    /// The text for a root key file: 64 hexadecimal digits and a line end.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        // The capacity is exact: a reallocation would leave a copy behind.
        let mut text = Zeroizing::new(String::with_capacity(65));
        hex::push(&mut text, self.key.bytes());
        text.push('\n');
        text
    }

    /// The same key, kept by somebody.
    pub fn kept_by(self, custody: Custody) -> Self {
        Self { custody, ..self }
    }

    /// Who keeps it where it is stored.
    pub fn custody(&self) -> Custody {
        self.custody
    }

    /// Eight bytes that name this key in front of what it wraps. Derived from the key,
    /// so that every process that holds the key agrees on its name.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The key itself, for wrapping and deriving.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The root key that a wrapped key turned out to be: how a process that holds one root key learns of the next.
    pub fn from_key(key: Key) -> Self {
        let derived = key.derive("root-key-id", &[]);
        let mut id = [0; 8];
        id.copy_from_slice(&derived.bytes()[..8]);
        Self { key, id: KeyId(id), custody: Custody::Clear }
    }
}

fn exactly_32(bytes: Zeroizing<Vec<u8>>) -> Option<Zeroizing<[u8; 32]>> {
    let mut out = Zeroizing::new([0; 32]);
    if bytes.len() != out.len() {
        return None;
    }
    out.copy_from_slice(&bytes);
    Some(out)
}

fn from_base64url(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = text.strip_suffix('=').unwrap_or(text);
    URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    #[test]
    fn what_is_written_to_the_file_reads_back_as_the_same_key() {
        let key = RootKey::generate(&SystemRng);
        let again = RootKey::parse(&key.to_file_text()).unwrap();
        assert_eq!(key.key().bytes(), again.key().bytes());
        assert_eq!(key.id(), again.id());
    }

    #[test]
    fn hexadecimal_and_base64url_name_the_same_key() {
        let hex = RootKey::parse(&"fF".repeat(32)).unwrap();
        let base64 = RootKey::parse("__________________________________________8\n").unwrap();
        let padded = RootKey::parse("__________________________________________8=").unwrap();
        assert_eq!(hex.id(), base64.id());
        assert_eq!(hex.id(), padded.id());
    }

    #[test]
    fn anything_else_is_refused() {
        let too_long = "0".repeat(65);
        let not_hex = "g".repeat(64);
        let multibyte = "é".repeat(32);
        for text in ["", "00", &too_long, &not_hex, &multibyte, &"!".repeat(43)] {
            assert!(RootKey::parse(text).is_err());
        }
    }
}
