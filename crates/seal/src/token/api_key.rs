//! API keys.

use super::{Malformed, base62};
use crate::env::Environment;
use crate::key::Key;
use crate::rng::Rng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Where a key may be used; `publishable` or `secret` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// `pk_`: may stand in a web page; starts consumer sessions and nothing else.
    Publishable,
    /// `sk_`: for servers only.
    Secret,
}

/// An API key in clear: exists while it is shown once, and while a request presents it.
pub struct PlainKey {
    text: Zeroizing<String>,
    kind: KeyKind,
    environment: Environment,
}

impl PlainKey {
    /// A fresh key: `pk_test_`, `sk_test_`, `pk_live_` or `sk_live_`, 32 random base62
    /// characters, six of checksum.
    pub fn generate(kind: KeyKind, environment: Environment, rng: &dyn Rng) -> Self {
        let text = base62::generate(prefix(kind, environment), rng);
        Self { text, kind, environment }
    }

    /// Reads a presented key; a typo is refused here, before any look-up.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let kinds = [KeyKind::Publishable, KeyKind::Secret];
        let environments = [Environment::Test, Environment::Live];
        let (kind, environment) = kinds
            .into_iter()
            .flat_map(|kind| environments.map(|environment| (kind, environment)))
            .find(|(kind, environment)| base62::is_valid(prefix(*kind, *environment), text))
            .ok_or(Malformed)?;
        Ok(Self { text: Zeroizing::new(text.to_owned()), kind, environment })
    }

    /// What is stored and looked up: HMAC-SHA256 of the whole text under `pepper`, the
    /// key derived for the label `"token"`.
    pub fn mac(&self, pepper: &Key) -> [u8; 32] {
        pepper.mac(&[self.text.as_bytes()])
    }

    /// Publishable or secret.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The environment the key belongs to.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The last four characters, by which people tell keys apart. They are checksum, and
    /// give away at most 24 of the 190 bits.
    pub fn last4(&self) -> &str {
        &self.text[self.text.len() - 4..]
    }

    /// The clear text, to show it once.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

fn prefix(kind: KeyKind, environment: Environment) -> &'static str {
    match (kind, environment) {
        (KeyKind::Publishable, Environment::Test) => "pk_test_",
        (KeyKind::Publishable, Environment::Live) => "pk_live_",
        (KeyKind::Secret, Environment::Test) => "sk_test_",
        (KeyKind::Secret, Environment::Live) => "sk_live_",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;
    use crate::token::mac_eq;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_recognised_with_its_kind_and_environment() {
        for kind in [KeyKind::Publishable, KeyKind::Secret] {
            for environment in [Environment::Test, Environment::Live] {
                let key = PlainKey::generate(kind, environment, &SystemRng);
                assert_eq!(key.expose().len(), 8 + 32 + 6);
                let parsed = PlainKey::parse(key.expose()).unwrap();
                assert_eq!((parsed.kind(), parsed.environment()), (kind, environment));
                assert!(key.expose().ends_with(key.last4()));
            }
        }
    }

    #[test]
    fn a_test_key_renamed_to_live_is_refused() {
        let key = PlainKey::generate(KeyKind::Secret, Environment::Test, &SystemRng);
        let renamed = key.expose().replace("test", "live");
        assert!(PlainKey::parse(&renamed).is_err());
    }

    #[test]
    fn what_is_stored_depends_on_key_and_pepper() {
        let key = PlainKey::generate(KeyKind::Secret, Environment::Live, &SystemRng);
        let again = PlainKey::parse(key.expose()).unwrap();
        let other = PlainKey::generate(KeyKind::Secret, Environment::Live, &SystemRng);
        let pepper = Key::from_bytes([1; 32]);
        assert!(mac_eq(&key.mac(&pepper), &again.mac(&pepper)));
        assert!(!mac_eq(&key.mac(&pepper), &other.mac(&pepper)));
        assert!(!mac_eq(&key.mac(&pepper), &key.mac(&Key::from_bytes([2; 32]))));
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_always_noticed(at in 0usize..46, with in "[0-9A-Za-z_ é]") {
            let key = PlainKey::generate(KeyKind::Secret, Environment::Live, &SystemRng);
            let mut text = key.expose().to_owned();
            text.replace_range(at..=at, &with);
            prop_assert_eq!(PlainKey::parse(&text).is_ok(), text == key.expose());
        }

        #[test]
        fn other_text_is_never_a_key(text in "\\PC{0,60}") {
            prop_assert!(PlainKey::parse(&text).is_err());
        }
    }
}
