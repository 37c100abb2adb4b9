//! What a request pins, in 32 bytes.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use sealpost_seal::key::sha256;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::model::Module;

/// SHA-256 of what a request pins: the exact bytes of its content, its target, the version of what it changes and that of the rules.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub(super) [u8; 32]);

impl Digest {
    /// Of content that is about these versions. Lengths come first, so that nothing can be moved from one part into the next.
    pub(super) fn of(module: Module, target: Option<[u8; 16]>, content: &[u8], live: u64, policy: u64) -> Self {
        let length = |bytes: &[u8]| (bytes.len() as u64).to_be_bytes();
        let (module, target) = (module.word().as_bytes(), target.as_ref().map_or(&[][..], |id| &id[..]));
        Self(sha256(&[
            b"sealpost approval v1\n",
            &length(module),
            module,
            &length(target),
            target,
            &length(content),
            content,
            &live.to_be_bytes(),
            &policy.to_be_bytes(),
        ]))
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not_a_digest")]
pub struct NotADigest;

impl FromStr for Digest {
    type Err = NotADigest;
    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
        let pairs = text.as_bytes().chunks_exact(2).map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        });
        let bytes = pairs.collect::<Option<Vec<u8>>>().ok_or(NotADigest)?;
        match <[u8; 32]>::try_from(bytes) {
            Ok(bytes) if text.len() == 64 => Ok(Self(bytes)),
            _ => Err(NotADigest),
        }
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Digest {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ApprovalDigest".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_of_each_of_its_parts() {
        let of = |target, content: &[u8], live, policy| Digest::of(Module::Masking, target, content, live, policy);
        let one = of(None, b"ab", 1, 2);
        let others = [
            of(Some([0; 16]), b"ab", 1, 2),
            of(None, b"a", 1, 2),
            of(None, b"ab", 2, 2),
            of(None, b"ab", 1, 1),
            Digest::of(Module::ContactExport, None, b"ab", 1, 2),
        ];
        assert!(others.iter().all(|other| *other != one));
        assert_eq!(one.to_string().parse(), Ok(one));
        for bad in ["", "ab", &"g".repeat(64), &"é".repeat(32), &"0".repeat(66)] {
            assert_eq!(bad.parse::<Digest>(), Err(NotADigest), "{bad}");
        }
    }
}
