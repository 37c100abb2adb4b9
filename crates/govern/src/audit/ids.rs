//! Ids of any kind, as leaves name them: the kind is the prefix.

use std::fmt;
use std::str::FromStr;

use sealpost_store::{ApiKeyId, NotAnId};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An id with its kind: `msg_01jk…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedId {
    /// The prefix.
    pub kind: String,
    /// The sixteen bytes.
    pub id: [u8; 16],
}

impl fmt::Display for TypedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // All kinds share one form after their prefix: any of them can write it.
        let text = ApiKeyId::from_bytes(self.id).to_string();
        let (_, suffix) = text.split_once('_').ok_or(fmt::Error)?;
        write!(f, "{}_{suffix}", self.kind)
    }
}

impl FromStr for TypedId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (kind, suffix) = text.rsplit_once('_').ok_or(NotAnId)?;
        let is_kind = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let id: ApiKeyId = format!("{}_{suffix}", ApiKeyId::PREFIX).parse()?;
        if is_kind { Ok(Self { kind: kind.to_owned(), id: id.bytes() }) } else { Err(NotAnId) }
    }
}

impl Serialize for TypedId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TypedId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|_| D::Error::custom("not_an_id"))
    }
}

impl schemars::JsonSchema for TypedId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TypedId".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[a-z_]+_[0-7][0-9a-hjkmnp-tv-z]{25}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_store::{MessageId, World};

    #[test]
    fn an_id_of_any_kind_reads_as_its_own_kind_writes_it() {
        let id = MessageId::new(&World::real());
        let typed: TypedId = id.to_string().parse().unwrap();
        assert_eq!(typed, TypedId { kind: "msg".into(), id: id.bytes() });
        assert_eq!(typed.to_string(), id.to_string());
        for bad in ["", "msg", "msg_", "_00000000000000000000000000", "MSG_00000000000000000000000000", "msg_short"] {
            assert_eq!(bad.parse::<TypedId>(), Err(NotAnId), "{bad}");
        }
    }
}
