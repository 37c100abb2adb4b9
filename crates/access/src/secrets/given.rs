//! A credential where one is taken: as its value, or by naming one that is stored.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_seal::SecretText;
use sealpost_store::{OrgKeys, SecretId, StoreError, Tx};
use sealpost_web::problem::PERMISSION_MISSING;
use sealpost_web::{Caller, Refusal};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::model::{Purpose, SecretName, SecretVersion};
use super::{STORED, service, store};
use crate::permissions::SECRETS_MANAGE;

/// A stored secret that is meant: by its name, or by its id. No name looks like an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    /// What it is called now.
    Name(SecretName),
    /// Its id.
    Id(SecretId),
}

/// A credential as it is brought in. Has no `Debug`: it is secret.
pub enum Credential {
    /// Its value.
    Value(SecretText),
    /// Which stored secret it is.
    Stored(SecretRef),
}

/// Where something's credential is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Kept {
    /// In a secret of its own, which goes with it.
    Own(SecretId),
    /// In one that somebody stored by name, which stays.
    Stored {
        /// Which.
        stored: SecretId,
    },
}

impl Kept {
    /// Which secret.
    pub const fn id(self) -> SecretId {
        match self {
            Self::Own(id) | Self::Stored { stored: id } => id,
        }
    }

    /// Which stored secret, if it is one.
    pub const fn stored(self) -> Option<SecretId> {
        match self {
            Self::Own(_) => None,
            Self::Stored { stored } => Some(stored),
        }
    }

    /// The versions that may be used now, newest first. `own` is what a secret of its own is for.
    pub fn usable(self, tx: &mut Tx<'_>, keys: &OrgKeys, own: Purpose) -> Result<Vec<SecretVersion>, StoreError> {
        match self {
            Self::Own(id) => service::usable(tx, keys, id, own),
            Self::Stored { stored } => service::usable(tx, keys, stored, STORED),
        }
    }

    /// What used it is gone or uses another: one of its own is destroyed, a stored one stays.
    pub fn let_go(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        match self {
            Self::Own(id) => service::remove(tx, id).map(drop),
            Self::Stored { .. } => Ok(()),
        }
    }
}

/// Refuses to name a stored secret to whoever may not manage secrets: what a credential is presented to learns it.
pub fn may_refer(caller: &Caller) -> Result<(), Refusal> {
    if caller.permissions.contains(SECRETS_MANAGE) && !caller.barred.contains(SECRETS_MANAGE) {
        return Ok(());
    }
    Err(Refusal::of(&PERMISSION_MISSING).member("required_permission", SECRETS_MANAGE.name()))
}

/// The stored secret that is meant, held so that nobody removes it before this is done; nothing if there is none.
pub fn refer(tx: &mut Tx<'_>, wanted: &SecretRef) -> Result<Option<SecretId>, StoreError> {
    let id = match wanted {
        SecretRef::Id(id) => Some(*id),
        SecretRef::Name(name) => store::called(tx, name)?,
    };
    let Some(id) = id else { return Ok(None) };
    if !store::hold(tx, id)? {
        return Ok(None);
    }
    Ok(store::find(tx, id)?.filter(super::NamedSecret::is_stored).map(|found| found.id))
}

/// What a secret is called; nothing if it is gone.
pub fn name_of(tx: &mut Tx<'_>, id: SecretId) -> Result<Option<SecretName>, StoreError> {
    Ok(store::find(tx, id)?.map(|found| found.name))
}

impl SecretRef {
    /// The name or id, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(id) = text.parse() {
            return Some(Self::Id(id));
        }
        SecretName::parse(text).ok().map(Self::Name)
    }
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("name_invalid"))
    }
}

impl JsonSchema for SecretRef {
    fn schema_name() -> Cow<'static, str> {
        "SecretRef".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "The name or the id of a stored secret.",
            "pattern": "^([a-z0-9][a-z0-9-]{0,62}|sec_[0-7][0-9a-hjkmnp-tv-z]{25})$",
        })
    }
}

impl<'de> Deserialize<'de> for Credential {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Credential;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text, or an object with `secret`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Credential, E> {
                Ok(Credential::Value(SecretText::new(text.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Credential, A::Error> {
                let mut named = None;
                while let Some(field) = map.next_key::<String>()? {
                    match (field.as_str(), &named) {
                        ("secret", None) => named = Some(map.next_value()?),
                        ("secret", Some(_)) => return Err(A::Error::duplicate_field("secret")),
                        _ => return Err(A::Error::custom("field_unknown")),
                    }
                }
                named.map(Credential::Stored).ok_or_else(|| A::Error::missing_field("secret"))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Credential {
    fn schema_name() -> Cow<'static, str> {
        "Credential".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let named = generator.subschema_for::<SecretRef>();
        json_schema!({
            "description": "A value, which is never shown again, or which stored secret it is.",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": { "secret": named },
                    "required": ["secret"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_a_value_or_the_name_or_id_of_a_stored_one() {
        let read = serde_json::from_str::<Credential>;
        assert!(matches!(read(r#""hush""#), Ok(Credential::Value(value)) if value.expose() == "hush"));
        assert!(matches!(read(r#"{"secret":"mail-password"}"#), Ok(Credential::Stored(SecretRef::Name(_)))));
        let id = SecretId::from_bytes([1; 16]);
        let by_id = format!(r#"{{"secret":"{id}"}}"#);
        let by_id = read(&by_id);
        assert!(matches!(by_id, Ok(Credential::Stored(SecretRef::Id(found))) if found == id));
        for bad in ["{}", "1", "null", "[]", r#"{"secret":"Bad"}"#, r#"{"secret":"a","value":"b"}"#, r#"{"secret":{}}"#]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_was_kept_before_anything_could_be_named_is_still_read() {
        let id = SecretId::from_bytes([1; 16]);
        let own: Kept = serde_json::from_str(&format!("\"{id}\"")).unwrap();
        assert_eq!(own, Kept::Own(id));
        let stored = Kept::Stored { stored: id };
        assert_eq!(serde_json::from_str::<Kept>(&serde_json::to_string(&stored).unwrap()).unwrap(), stored);
        assert_eq!((stored.stored(), own.stored()), (Some(id), None));
    }
}
