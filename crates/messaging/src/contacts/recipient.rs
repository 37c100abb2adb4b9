//! Who a message is for, as a request says it.

use schemars::JsonSchema;
use sealpost_store::ContactId;
use serde::Deserialize;

use super::api::Given;
use super::model::{Details, ExternalId, Locale, Name};
use sealpost_seal::normal::{Email, Phone};

/// Who a message is for: a known contact, or a person by their addresses.
#[derive(Deserialize)]
#[serde(try_from = "RecipientBody")]
pub enum Recipient {
    /// The contact with this id.
    Contact(ContactId),
    /// Whoever has these addresses; made on the way if nobody does.
    Person(Box<Details>),
}

impl Recipient {
    /// The address the message says it should go to.
    pub fn email(&self) -> Option<&Email> {
        match self {
            Self::Contact(_) => None,
            Self::Person(details) => details.email.as_ref(),
        }
    }

    /// The number the message says it should go to.
    pub fn phone(&self) -> Option<&Phone> {
        match self {
            Self::Contact(_) => None,
            Self::Person(details) => details.phone.as_ref(),
        }
    }
}

/// Who a message is for: `contact_id` alone, or at least one of `email`, `phone` and `external_id`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Recipient")]
struct RecipientBody {
    /// A contact.
    contact_id: Option<ContactId>,
    /// Phone number in E.164.
    phone: Option<Given<Phone>>,
    /// E-mail address.
    email: Option<Given<Email>>,
    /// The person's id in your systems.
    external_id: Option<Given<ExternalId>>,
    /// The person's name, if the contact is new.
    name: Option<Given<Name>>,
    /// The person's language, if the contact is new.
    locale: Option<Given<Locale>>,
}

/// `contact_id` beside addresses, or nothing to find anybody by.
#[derive(Debug, thiserror::Error)]
#[error("recipient_ambiguous")]
struct NotARecipient;

impl TryFrom<RecipientBody> for Recipient {
    type Error = NotARecipient;

    fn try_from(body: RecipientBody) -> Result<Self, NotARecipient> {
        let RecipientBody { contact_id, phone, email, external_id, name, locale } = body;
        let addressed = phone.is_some() || email.is_some() || external_id.is_some();
        match contact_id {
            Some(id) if !addressed && name.is_none() && locale.is_none() => Ok(Self::Contact(id)),
            None if addressed => Ok(Self::Person(Box::new(Details {
                phone: phone.map(Given::value),
                email: email.map(Given::value),
                external_id: external_id.map(Given::value),
                name: name.map(Given::value),
                locale: locale.map(Given::value),
            }))),
            Some(_) | None => Err(NotARecipient),
        }
    }
}

impl JsonSchema for Recipient {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Recipient".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        RecipientBody::json_schema(generator)
    }
}
