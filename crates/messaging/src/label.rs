//! What templates, events and channels are called in code and URLs.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

/// A name of 1 to 64 characters out of `a`–`z`, `0`–`9`, `.`, `_` and `-`. Never personal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Label(String);

/// The text is no such name. Never carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("label_invalid")]
pub struct NotALabel;

impl Label {
    /// Checks and takes the text.
    pub fn parse(text: &str) -> Result<Self, NotALabel> {
        let fits = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        let good = (1..=64).contains(&text.len()) && text.bytes().all(fits);
        if good { Ok(Self(text.to_owned())) } else { Err(NotALabel) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl JsonSchema for Label {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Label".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-z0-9._-]{1,64}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short_and_plain() {
        for good in ["a", "otp.login", "order_shipped-2", &"x".repeat(64)] {
            assert!(Label::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "a b", "ä", "a/b", "a\n", &"x".repeat(65)] {
            assert_eq!(Label::parse(bad), Err(NotALabel), "{bad:?}");
        }
    }
}
