//! Personal values as they stand in requests: read strictly, refused without being quoted.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_seal::normal::{Email, Last4, Phone};
use sealpost_seal::{Personal, Purpose};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::contacts::model::{ExternalId, Locale, Name};

fn read<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: impl FnOnce(&str) -> Option<T>,
    code: &'static str,
) -> Result<Option<T>, D::Error> {
    let text = Option::<Personal<String>>::deserialize(deserializer)?;
    text.map(|text| parse(text.expose(Purpose::Guard)).ok_or_else(|| D::Error::custom(code))).transpose()
}

pub(crate) fn phone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Phone>, D::Error> {
    read(deserializer, |text| Phone::parse(text).ok(), "not_e164")
}

pub(crate) fn email<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Email>, D::Error> {
    read(deserializer, |text| Email::parse(text).ok(), "not_an_email")
}

pub(in crate::contacts) fn external_id<'de, D: Deserializer<'de>>(d: D) -> Result<Option<ExternalId>, D::Error> {
    read(d, |text| ExternalId::parse(text.to_owned()).ok(), "text_unsuitable")
}

pub(in crate::contacts) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Name>, D::Error> {
    read(deserializer, |text| Name::parse(text.to_owned()).ok(), "text_unsuitable")
}

pub(in crate::contacts) fn locale<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Locale>, D::Error> {
    read(deserializer, |text| Locale::parse(text).ok(), "not_a_locale")
}

pub(in crate::contacts) fn last4<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Last4, D::Error> {
    let text = Personal::<String>::deserialize(deserializer)?;
    Last4::parse(text.expose(Purpose::Guard)).map_err(|_| D::Error::custom("not_four_digits"))
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
    /// A phone number; spaces, hyphens, dots and parentheses between digits are ignored.
    PhoneText = { "type": "string", "pattern": "^ *\\+[0-9 .()-]{8,}$" };
    /// The last four digits of a phone number.
    Last4Text = { "type": "string", "pattern": "^[0-9]{4}$" };
    /// An e-mail address in ASCII.
    EmailText = { "type": "string", "format": "email", "maxLength": 254 };
    /// The person's id in the organisation's systems.
    ExternalIdText = { "type": "string", "minLength": 1, "maxLength": 255 };
    /// A name.
    NameText = { "type": "string", "minLength": 1, "maxLength": 200 };
    /// A language tag.
    LocaleText = { "type": "string", "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", "maxLength": 35 };
}

/// The same readers, for fields of a partial change, where absent and `null` differ.
pub(in crate::contacts) mod change {
    use super::{Deserializer, Email, ExternalId, Locale, Name, Phone};
    use crate::patch::Change;

    macro_rules! changes {
        ($($name:ident: $type:ty;)+) => {$(
            pub(in crate::contacts) fn $name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Change<$type>, D::Error> {
                Ok(super::$name(deserializer)?.map_or(Change::Clear, Change::Set))
            }
        )+};
    }

    changes! {
        phone: Phone;
        email: Email;
        external_id: ExternalId;
        name: Name;
        locale: Locale;
    }
}
