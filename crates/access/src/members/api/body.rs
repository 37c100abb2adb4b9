//! What is personal, as it stands in requests: read strictly, refused without being quoted.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_seal::normal::Email;
use sealpost_seal::{Personal, Purpose};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::members::model::MemberName;
use crate::roles::RoleRef;

/// An e-mail address.
pub(crate) fn email<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Email, D::Error> {
    let text = Personal::<String>::deserialize(deserializer)?;
    Email::parse(text.expose(Purpose::Guard)).map_err(|_| D::Error::custom("not_an_email"))
}

/// A name, or none.
pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<MemberName>, D::Error> {
    let text = Option::<Personal<String>>::deserialize(deserializer)?;
    let parse = |text: Personal<String>| MemberName::parse(text.expose(Purpose::Guard).clone());
    text.map(parse).transpose().map_err(D::Error::custom)
}

/// How a text describes itself.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $schema:tt;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )+};
}

texts! {
    /// An e-mail address in ASCII.
    EmailText = { "type": "string", "format": "email", "maxLength": 254 };
    /// A name.
    NameText = { "type": "string", "minLength": 1, "maxLength": 200 };
}

impl<'de> Deserialize<'de> for RoleRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Serialize for RoleRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for RoleRef {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RoleId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(owner|super_admin|admin|developer|agent|auditor|viewer|role_[0-9a-z]{26})$" })
    }
}
