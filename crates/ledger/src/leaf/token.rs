//! The short names in a leaf. Their alphabet is too small for a sentence, a phone number in `+` form or an address.

use std::{borrow::Cow, fmt};

use super::LeafError;

macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Cow<'static, str>);

        impl $name {
            /// The most characters it may have.
            pub const MAX_LEN: usize = $max;

            /// Checks a name that arrives at run time.
            ///
            /// # Errors
            /// [`LeafError::Token`] unless it has 1 to [`Self::MAX_LEN`] characters of `[a-z0-9_.]`.
            pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, LeafError> {
                let text = text.into();
                if is_token(text.as_bytes(), $max) {
                    Ok(Self(text))
                } else {
                    Err(LeafError::Token)
                }
            }

            /// A name written in the source, for constants: a bad one doesn't compile there.
            ///
            /// # Panics
            /// On a bad name, when not called in a constant. Use [`Self::new`] for anything that is not a literal.
            #[must_use]
            pub const fn from_static(text: &'static str) -> Self {
                assert!(
                    is_token(text.as_bytes(), $max),
                    "empty, too long or not in [a-z0-9_.]"
                );
                Self(Cow::Borrowed(text))
            }

            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

token!(
    /// What was done, subject first: `endpoint.create`. 1 to 64 characters of `[a-z0-9_.]`.
    Action,
    64
);
token!(
    /// The kind of thing an act was done to: `endpoint`. 1 to 32 characters of `[a-z0-9_.]`.
    TargetKind,
    32
);
token!(
    /// A stable code that says why: `consent_missing`. 1 to 64 characters of `[a-z0-9_.]`, never a sentence.
    Reason,
    64
);

const fn is_token(bytes: &[u8], max: usize) -> bool {
    if bytes.is_empty() || bytes.len() > max {
        return false;
    }
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        if !matches!(first, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.') {
            return false;
        }
        rest = tail;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATE: Action = Action::from_static("endpoint.create");

    #[test]
    fn a_name_is_short_and_plain() {
        assert_eq!(Action::new("endpoint.create"), Ok(CREATE));
        assert!(Action::new("a".repeat(64)).is_ok());
        assert!(TargetKind::new("a".repeat(32)).is_ok());
        for refused in ["", "Endpoint", "a b", "a-b", "é", "+41", "a\n"] {
            assert_eq!(Action::new(refused), Err(LeafError::Token), "{refused:?}");
        }
        assert_eq!(Action::new("a".repeat(65)), Err(LeafError::Token));
        assert_eq!(TargetKind::new("a".repeat(33)), Err(LeafError::Token));
        assert_eq!(Reason::new("a".repeat(65)), Err(LeafError::Token));
    }
}
