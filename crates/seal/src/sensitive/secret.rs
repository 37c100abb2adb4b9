//! Credentials as text.

use serde::{Deserialize, Deserializer, de};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A password, token or provider credential: text that is used and never shown.
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes the text out of circulation.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The clear text, to use it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `other` is the same text, in time that depends only on the lengths.
    pub fn eq_ct(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde's own message would quote the refused value.
        String::deserialize(deserializer).map(Self::new).map_err(|_| de::Error::custom("value of the wrong type"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparison_sees_every_byte_and_the_length() {
        let secret = SecretText::new("hunter2".into());
        assert!(secret.eq_ct("hunter2"));
        for other in ["", "hunter", "hunter3", "iunter2", "hunter22"] {
            assert!(!secret.eq_ct(other));
        }
    }
}
