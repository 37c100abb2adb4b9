//! Blind indexes: finding a sealed value by equality without opening anything.
//!
//! The index of a value is an HMAC under a key derived from the random key of the
//! organisation's epoch, the environment and the kind of value. Someone with the
//! database learns which rows hold equal values, and nothing else; once an epoch's key
//! is destroyed, nobody can tell from an old backup whose values they were.

use crate::env::Environment;
use crate::key::Key;

/// The index key of one kind of value in one epoch. Cache it: deriving costs more than
/// indexing.
pub struct IndexKey(Key);

impl IndexKey {
    /// The key for values of `kind` (`"phone"`, `"email"`, `"phone-last4"`, …) of one
    /// environment, in the epoch that has this key.
    pub fn new(epoch_key: &Key, environment: Environment, kind: &str) -> Self {
        Self(epoch_key.derive("blind-index", &[environment.as_str().as_bytes(), kind.as_bytes()]))
    }

    /// The index of a value in its normal form (see [`crate::normal`]): 128 bits, for
    /// values that are nearly unique.
    pub fn of(&self, normalised: &str) -> [u8; 16] {
        let mut out = [0; 16];
        out.copy_from_slice(&self.0.mac(&[normalised.as_bytes()])[..16]);
        out
    }

    /// A 2-byte bucket for values many people share, such as the last four digits.
    /// Candidates in the bucket are opened and compared.
    pub fn bucket_of(&self, normalised: &str) -> [u8; 2] {
        let full = self.0.mac(&[normalised.as_bytes()]);
        [full[0], full[1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_meet_only_within_one_epoch_environment_and_kind() {
        let (this, other) = (Key::from_bytes([1; 32]), Key::from_bytes([2; 32]));
        let of = |key: &Key, environment, kind: &str, value: &str| IndexKey::new(key, environment, kind).of(value);
        let live = Environment::Live;
        let base = of(&this, live, "phone", "+4791234567");
        assert_eq!(base, of(&this, live, "phone", "+4791234567"));
        for other in [
            of(&other, live, "phone", "+4791234567"),
            of(&this, Environment::Test, "phone", "+4791234567"),
            of(&this, live, "email", "+4791234567"),
            of(&this, live, "phone", "+4791234568"),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn a_bucket_is_shared_by_equal_values() {
        let key = IndexKey::new(&Key::from_bytes([1; 32]), Environment::Live, "phone-last4");
        assert_eq!(key.bucket_of("4567"), key.bucket_of("4567"));
        let buckets: std::collections::BTreeSet<_> = (0..1000).map(|n| key.bucket_of(&format!("{n:04}"))).collect();
        assert!(buckets.len() > 950);
    }
}
