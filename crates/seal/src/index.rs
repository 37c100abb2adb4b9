//! Blind indexes: finding a sealed value by equality without opening anything.
//!
//! The index of a value is an HMAC under a key derived from the organisation's key, the
//! environment, the kind of value and the month's epoch. Someone with the database
//! learns which rows hold equal values, and nothing else; once an epoch's key is
//! destroyed, an old backup doesn't even tell that.

use crate::env::Environment;
use crate::key::Key;

/// The index key of one kind of value in one epoch. Cache it: deriving costs more than
/// indexing.
pub struct IndexKey(Key);

impl IndexKey {
    /// The key for values of `kind` (`"phone"`, `"email"`, `"phone-last4"`, …) of one
    /// environment, in `epoch`.
    pub fn new(org_key: &Key, environment: Environment, kind: &str, epoch: u32) -> Self {
        let environment = environment.as_str().as_bytes();
        let context: [&[u8]; 3] = [environment, kind.as_bytes(), &epoch.to_be_bytes()];
        Self(org_key.derive("blind-index", &context))
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

/// The index of a single value; see [`IndexKey`], which many values should share.
pub fn blind_index(org_key: &Key, environment: Environment, kind: &str, epoch: u32, normalised: &str) -> [u8; 16] {
    IndexKey::new(org_key, environment, kind, epoch).of(normalised)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_meet_only_within_one_organisation_environment_kind_and_epoch() {
        let (ours, theirs) = (Key::from_bytes([1; 32]), Key::from_bytes([2; 32]));
        let live = Environment::Live;
        let base = blind_index(&ours, live, "phone", 7, "+4791234567");
        assert_eq!(base, blind_index(&ours, live, "phone", 7, "+4791234567"));
        for other in [
            blind_index(&theirs, live, "phone", 7, "+4791234567"),
            blind_index(&ours, Environment::Test, "phone", 7, "+4791234567"),
            blind_index(&ours, live, "email", 7, "+4791234567"),
            blind_index(&ours, live, "phone", 8, "+4791234567"),
            blind_index(&ours, live, "phone", 7, "+4791234568"),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn a_bucket_is_shared_by_equal_values() {
        let key = IndexKey::new(&Key::from_bytes([1; 32]), Environment::Live, "phone-last4", 1);
        assert_eq!(key.bucket_of("4567"), key.bucket_of("4567"));
        let buckets: std::collections::BTreeSet<_> = (0..1000).map(|n| key.bucket_of(&format!("{n:04}"))).collect();
        assert!(buckets.len() > 950);
    }
}
