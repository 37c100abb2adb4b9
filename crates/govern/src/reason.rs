//! Why somebody does what will be asked about later.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_seal::{Personal, Purpose};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

const CHARACTERS: usize = 500;

/// Why somebody looks at clear data or weakens a rule: 1 to 500 characters on one line, sealed into the ledger.
pub struct Reason(Personal<String>);

/// The text is empty, too long, or has control characters. Never carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("text_unsuitable")]
pub struct Unsuitable;

impl Reason {
    /// Checks and takes the text.
    pub fn parse(text: String) -> Result<Self, Unsuitable> {
        let text = Personal::new(text);
        let clear = text.expose(Purpose::Guard);
        let is_plain = !clear.trim().is_empty() && !clear.chars().any(char::is_control);
        if is_plain && clear.chars().count() <= CHARACTERS { Ok(Self(text)) } else { Err(Unsuitable) }
    }

    /// The reason, for sealing.
    pub fn text(&self) -> &Personal<String> {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Personal::<String>::deserialize(deserializer)?;
        Self::parse(text.expose(Purpose::Guard).clone()).map_err(D::Error::custom)
    }
}

impl JsonSchema for Reason {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Reason".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": CHARACTERS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_with_something_on_it() {
        for bad in ["", " ", "a\nb", "a\0", "\u{85}"] {
            assert!(Reason::parse(bad.into()).is_err(), "{bad:?}");
        }
        assert!(Reason::parse("å".repeat(500)).is_ok() && Reason::parse("å".repeat(501)).is_err());
    }
}
