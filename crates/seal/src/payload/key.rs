//! Keys shared with a receiver.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::method::Method;
use crate::hex;

/// How the text of a secret becomes a key. Stored beside the reference and never inferred: 64 hexadecimal digits are good base64 as well,
/// and 32 letters are good hexadecimal, base64 and text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyForm {
    /// Hexadecimal.
    Hex,
    /// Base64 with padding (RFC 4648 §4).
    Base64,
    /// Base64url without padding (RFC 4648 §5).
    Base64url,
    /// The bytes of the text itself.
    Text,
}

impl KeyForm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Hex, Self::Base64, Self::Base64url, Self::Text];

    /// Its name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::Base64url => "base64url",
            Self::Text => "text",
        }
    }

    /// The form of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    fn read(self, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::Hex => hex::decode(text),
            Self::Base64 => STANDARD.decode(text).map(Zeroizing::new).ok(),
            Self::Base64url => URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new).ok(),
            Self::Text => Some(Zeroizing::new(text.as_bytes().to_vec())),
        }
    }
}

/// A key of 32 or 64 bytes that a receiver has, too. Has no `Debug`: it is secret.
pub struct SharedKey {
    id: String,
    bytes: Zeroizing<Vec<u8>>,
}

/// The text isn't a key of the method's length in this form. Never carries the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Not readable in the form that is said.
    #[error("the key doesn't decode in the chosen form")]
    Form,
    /// Not exactly as long as the method's keys are.
    #[error("the key has not exactly the length the method takes")]
    Length,
    /// The method takes no shared key, or the text is no private key.
    #[error("not a key of this kind")]
    Kind,
}

impl BadKey {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Form => "key_form_wrong",
            Self::Length => "key_length_wrong",
            Self::Kind => "key_kind_wrong",
        }
    }
}

impl SharedKey {
    /// The key that `text` is in this form, known to the receiver by `id`.
    pub fn read(method: Method, id: String, text: &str, form: KeyForm) -> Result<Self, BadKey> {
        let length = method.key_len().ok_or(BadKey::Kind)?;
        let bytes = form.read(text).ok_or(BadKey::Form)?;
        if bytes.len() != length {
            return Err(BadKey::Length);
        }
        Ok(Self { id, bytes })
    }

    /// What the receiver knows it by.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The one key of methods that have one.
    pub(super) fn whole(&self) -> Option<&[u8; 32]> {
        self.bytes.as_slice().try_into().ok()
    }

    /// The key of the MAC, and that of the cipher (RFC 7518 §5.2.2.1).
    pub(super) fn halves(&self) -> Option<(&[u8; 32], &[u8; 32])> {
        let (mac, cipher) = self.bytes.split_first_chunk()?;
        Some((mac, cipher.try_into().ok()?))
    }
}
