//! Values of header fields.

use std::fmt;

use thiserror::Error;
use url::Url;

use super::address::is_dot_atom;

/// Longest free text of a header field, in bytes.
const MAX_TEXT: usize = 1000;

/// Longest URL in a header field, which can't be folded (RFC 5322 §2.1.1: 998 per line).
const MAX_URL: usize = 900;

/// Longest message id.
const MAX_MESSAGE_ID: usize = 250;

/// Free text for a header field: at most 1000 bytes, no control characters, no line or paragraph separators, no
/// direction overrides.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HeaderText(String);

/// `Message-ID` without its angle brackets, e.g. `0192@mail.example.com`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageId(String);

/// The URL that a mailbox provider calls with POST when the reader presses its unsubscribe button (RFC 8058).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Unsubscribe(String);

/// Why a text may not stand in a header field. Never carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TextError {
    /// A character that could end the field, hide in it or turn it around.
    #[error("the text contains a forbidden character")]
    Character,
    /// Too long for its field.
    #[error("the text is too long")]
    TooLong,
    /// Not `left@right` of two dot-atoms.
    #[error("not a message id")]
    MessageId,
    /// Not an https URL without user information.
    #[error("not an https URL")]
    Url,
}

impl HeaderText {
    /// Checks and keeps `text`.
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        if text.len() > MAX_TEXT {
            return Err(TextError::TooLong);
        }
        if text.chars().any(is_forbidden) {
            return Err(TextError::Character);
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_forbidden(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202d}' | '\u{202e}')
}

impl fmt::Debug for HeaderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeaderText(…)")
    }
}

impl MessageId {
    /// Checks and keeps `left@right`.
    pub fn new(id: &str) -> Result<Self, TextError> {
        if id.len() > MAX_MESSAGE_ID {
            return Err(TextError::TooLong);
        }
        match id.split_once('@') {
            Some((left, right)) if is_dot_atom(left) && is_dot_atom(right) => Ok(Self(id.to_owned())),
            _ => Err(TextError::MessageId),
        }
    }

    /// The id with its angle brackets.
    pub fn bracketed(&self) -> String {
        format!("<{}>", self.0)
    }
}

impl Unsubscribe {
    /// Checks and keeps the URL.
    pub fn one_click(url: &str) -> Result<Self, TextError> {
        let url = Url::parse(url).map_err(|_| TextError::Url)?;
        let plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
        if !plain || url.host_str().is_none() {
            return Err(TextError::Url);
        }
        let url = String::from(url);
        if url.len() > MAX_URL {
            return Err(TextError::TooLong);
        }
        if !url.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>".contains(&byte)) {
            return Err(TextError::Character);
        }
        Ok(Self(url))
    }

    /// The URL in angle brackets.
    pub(super) fn bracketed(&self) -> String {
        format!("<{}>", self.0)
    }
}

impl fmt::Debug for Unsubscribe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unsubscribe(…)")
    }
}
