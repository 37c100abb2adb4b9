//! What is personal, as it stands in requests: read strictly, refused without being quoted.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_seal::normal::{Email, Last4, Phone};
use sealpost_seal::{Personal, Purpose};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::contacts::model::{ExternalId, Locale, Name};

/// A field of a request that says something about a person.
pub(crate) struct Given<T>(pub(crate) T);

impl<T> Given<T> {
    /// What it says.
    pub(crate) fn value(self) -> T {
        self.0
    }
}

/// What a text in a request can say about a person.
pub(crate) trait Says: Sized {
    /// The code with which any other text is refused.
    const ELSE: &'static str;

    /// What the text says.
    fn read(text: &str) -> Option<Self>;

    /// How the text describes itself.
    fn schema() -> Schema;
}

impl<'de, T: Says> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Personal::<String>::deserialize(deserializer)?;
        T::read(text.expose(Purpose::Guard)).map(Self).ok_or_else(|| D::Error::custom(T::ELSE))
    }
}

impl<T: Says> JsonSchema for Given<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        std::any::type_name::<T>().into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        T::schema()
    }
}

macro_rules! says {
    ($($(#[$doc:meta])* $type:ty: |$text:ident| $read:expr, else $code:literal, $schema:tt;)+) => {$(
        $(#[$doc])*
        impl Says for $type {
            const ELSE: &'static str = $code;

            fn read($text: &str) -> Option<Self> {
                $read
            }

            fn schema() -> Schema {
                json_schema!($schema)
            }
        }
    )+};
}

says! {
    /// Spaces, hyphens, dots and parentheses between digits are ignored.
    Phone: |text| Phone::parse(text).ok(), else "not_e164",
        { "type": "string", "pattern": "^ *\\+[0-9 .()-]{8,}$" };
    /// Nothing but digits.
    Last4: |text| Last4::parse(text).ok(), else "not_four_digits",
        { "type": "string", "pattern": "^[0-9]{4}$" };
    /// In ASCII.
    Email: |text| Email::parse(text).ok(), else "not_an_email",
        { "type": "string", "format": "email", "maxLength": 254 };
    /// As it is.
    ExternalId: |text| ExternalId::parse(text.to_owned()).ok(), else "text_unsuitable",
        { "type": "string", "minLength": 1, "maxLength": 255 };
    /// As it is.
    Name: |text| Name::parse(text.to_owned()).ok(), else "text_unsuitable",
        { "type": "string", "minLength": 1, "maxLength": 200 };
    /// A language tag.
    Locale: |text| Locale::parse(text).ok(), else "not_a_locale",
        { "type": "string", "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", "maxLength": 35 };
}
