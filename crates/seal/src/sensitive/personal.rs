//! Clear personal values.

use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroize;

/// A clear personal value: a phone number, a name, a payload.
///
/// Can be read from a request, and then only be exposed for a named purpose. It can't
/// be printed, compared, copied or put into an answer; for that, ask a
/// [`crate::viewer::Viewer`] for a [`crate::viewer::View`].
pub struct Personal<T: Zeroize>(T);

/// Why a clear value is touched. Each exposure names one, so that a search for the
/// variant finds every place in the product that handles clear data for that reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To encrypt it for storage.
    Seal,
    /// To compute the blind index it is found by.
    Index,
    /// To hand it to the provider or endpoint it is meant for.
    Deliver,
    /// To fill a template with it.
    Render,
    /// To show it to a person whose look is in the ledger.
    Reveal,
    /// To show a member of staff to their colleagues.
    Colleague,
    /// To check it: card numbers, addresses, limits.
    Guard,
}

impl<T: Zeroize> Personal<T> {
    /// Takes the value out of circulation.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The clear value, for `why`.
    pub fn expose(&self, why: Purpose) -> &T {
        let _ = why;
        &self.0
    }
}

impl<T: Zeroize> Drop for Personal<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde's own message would quote the refused value.
        T::deserialize(deserializer).map(Self).map_err(|_| de::Error::custom("value of the wrong type"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_the_wrong_type_is_not_quoted_in_the_error() {
        let refused = serde_json::from_str::<Personal<String>>("4791234567");
        let message = refused.err().unwrap().to_string();
        assert!(message.contains("wrong type"));
        assert!(!message.contains("4791234567"));
    }

    #[test]
    fn what_was_read_is_what_is_exposed() {
        let value: Personal<String> = serde_json::from_str("\"Ada\"").unwrap();
        assert_eq!(value.expose(Purpose::Guard), "Ada");
    }
}
