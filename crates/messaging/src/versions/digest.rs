//! What says in two places whether the same stands there.

use std::fmt;

use schemars::JsonSchema;
use sealpost_seal::key::sha256;
use serde::{Serialize, Serializer};

/// SHA-256 of content in one form only: each field with its name, both behind their lengths, and whether it is there. The same content has
/// the same digest in both environments; it names nothing by an id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentDigest([u8; 32]);

/// Fields of content, in a fixed order.
pub(crate) struct Fields(Vec<u8>);

impl Fields {
    /// Nothing yet, of something of this kind.
    pub(crate) fn of(kind: &str) -> Self {
        let mut fields = Self(b"sealpost content v1\n".to_vec());
        fields.put(kind.as_bytes());
        fields
    }

    /// One more.
    pub(crate) fn with(mut self, name: &str, value: Option<&str>) -> Self {
        self.put(name.as_bytes());
        match value {
            None => self.0.push(0),
            Some(value) => {
                self.0.push(1);
                self.put(value.as_bytes());
            }
        }
        self
    }

    /// What says whether others are the same.
    pub(crate) fn digest(&self) -> ContentDigest {
        ContentDigest(sha256(&[&self.0]))
    }

    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
    }
}

impl ContentDigest {
    /// Enough of it for people to compare.
    pub(crate) fn short(self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ContentDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for ContentDigest {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ContentDigest".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_be_moved_from_one_field_into_the_next() {
        let of = |fields: &[(&str, Option<&str>)]| {
            fields.iter().fold(Fields::of("template"), |all, (name, value)| all.with(name, *value)).digest()
        };
        let one = of(&[("a", Some("bc")), ("d", None)]);
        assert_eq!(one, of(&[("a", Some("bc")), ("d", None)]));
        for other in [
            of(&[("a", Some("b")), ("d", Some("c"))]),
            of(&[("a", Some("bc")), ("d", Some(""))]),
            of(&[("a", Some("bc"))]),
            of(&[("ab", Some("c")), ("d", None)]),
            Fields::of("event").with("a", Some("bc")).with("d", None).digest(),
        ] {
            assert_ne!(one, other);
        }
    }
}
