//! What an organisation is.

use sealpost_store::{OrgId, Time};

/// The most characters in a name.
const MAX_CHARS: usize = 100;

/// What people call an organisation: 1 to 100 characters, no control characters, no space at either end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganisationName(String);

/// The text is no name for an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 100 characters, none of them a control character, and no space at either end")]
pub struct BadName;

impl OrganisationName {
    /// The name, if it is one.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        if is_name(text, MAX_CHARS) { Ok(Self(text.to_owned())) } else { Err(BadName) }
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether this can be what people call something: not empty, not too long, nothing in it that a terminal or log obeys.
pub(crate) fn is_name(text: &str, max_chars: usize) -> bool {
    let length = text.chars().count();
    (1..=max_chars).contains(&length) && text.trim() == text && !text.chars().any(char::is_control)
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrgId,
    /// Its name; not unique, and nothing is looked up by it but by people.
    pub name: String,
    /// Since when.
    pub created_at: Time,
}
