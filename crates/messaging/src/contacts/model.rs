//! What is known about a person.

use sealpost_seal::normal::{Email, Phone};
use sealpost_seal::{Personal, Purpose};
use sealpost_store::{ContactId, SlotId, StoreError, Time};
use zeroize::Zeroizing;

use super::merged::Merged;
use crate::patch::Change;

/// How the organisation calls the person in its own systems: 1 to 255 bytes, compared byte by byte.
pub struct ExternalId(Personal<String>);

/// A person's name: 1 to 200 characters.
pub struct Name(Personal<String>);

/// A language and region as BCP 47 writes them: `en`, `pt-BR`. Not personal on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locale(String);

const EXTERNAL_ID_BYTES: usize = 255;
const NAME_CHARACTERS: usize = 200;
/// RFC 5646 §4.4.1.
const LOCALE_BYTES: usize = 35;

/// The text is too long, empty, or has characters that don't belong there. Never carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("text_unsuitable")]
pub struct Unsuitable;

fn is_plain(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control)
}

impl ExternalId {
    /// Checks and takes the text.
    pub fn parse(text: String) -> Result<Self, Unsuitable> {
        let text = Personal::new(text);
        let clear = text.expose(Purpose::Guard);
        if is_plain(clear) && clear.len() <= EXTERNAL_ID_BYTES { Ok(Self(text)) } else { Err(Unsuitable) }
    }

    /// The text, for storage.
    pub fn text(&self) -> &Personal<String> {
        &self.0
    }

    /// The text, for its index: the same, byte by byte.
    pub(super) fn index_form(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.expose(Purpose::Index).clone())
    }
}

impl Name {
    /// Checks and takes the text.
    pub fn parse(text: String) -> Result<Self, Unsuitable> {
        let text = Personal::new(text);
        let clear = text.expose(Purpose::Guard);
        if is_plain(clear) && clear.chars().count() <= NAME_CHARACTERS { Ok(Self(text)) } else { Err(Unsuitable) }
    }

    /// The name.
    pub fn text(&self) -> &Personal<String> {
        &self.0
    }
}

impl Locale {
    /// Reads the `langtag` shape of RFC 5646 §2.1: subtags of 1 to 8 letters and digits, the first of letters.
    pub fn parse(text: &str) -> Result<Self, Unsuitable> {
        let mut subtags = text.split('-');
        let language = subtags.next().unwrap_or_default();
        let fits = |subtag: &str| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric());
        let is_language = language.len() >= 2 && fits(language) && language.bytes().all(|b| b.is_ascii_alphabetic());
        if text.len() <= LOCALE_BYTES && is_language && subtags.all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Unsuitable)
        }
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What somebody says about a person.
#[derive(Default)]
pub struct Details {
    /// The phone number.
    pub phone: Option<Phone>,
    /// The e-mail address.
    pub email: Option<Email>,
    /// The id in the organisation's own systems.
    pub external_id: Option<ExternalId>,
    /// The name.
    pub name: Option<Name>,
    /// The language.
    pub locale: Option<Locale>,
}

/// What somebody says has changed about a person.
#[derive(Default)]
pub struct Changes {
    /// The phone number.
    pub phone: Change<Phone>,
    /// The e-mail address.
    pub email: Change<Email>,
    /// The id in the organisation's own systems.
    pub external_id: Change<ExternalId>,
    /// The name.
    pub name: Change<Name>,
    /// The language.
    pub locale: Change<Locale>,
}

/// The kinds of values a person is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identifier {
    /// By e-mail address.
    Email,
    /// By the organisation's own id.
    ExternalId,
    /// By phone number.
    Phone,
}

impl Identifier {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Email, Self::ExternalId, Self::Phone];

    /// The kind of its blind index, and its column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::ExternalId => "external_id",
            Self::Phone => "phone",
        }
    }
}

impl Details {
    /// What an opened contact says, read again as it was when it was accepted.
    pub(super) fn reread(contact: &Contact) -> Self {
        let Fields { external_id, name, email, phone } = &contact.fields;
        let clear = |value: &Personal<String>| value.expose(Purpose::Index).clone();
        Self {
            phone: phone.as_ref().and_then(|phone| Phone::parse(phone.expose(Purpose::Index)).ok()),
            email: email.as_ref().and_then(|email| Email::parse(email.expose(Purpose::Index)).ok()),
            external_id: external_id.as_ref().and_then(|id| ExternalId::parse(clear(id)).ok()),
            name: name.as_ref().and_then(|name| Name::parse(clear(name)).ok()),
            locale: contact.locale.as_deref().and_then(|locale| Locale::parse(locale).ok()),
        }
    }

    /// What one calls the person by: the name and the language.
    pub(crate) fn called(&self) -> (Option<&str>, Option<&str>) {
        let name = self.name.as_ref().map(|name| name.text().expose(Purpose::Render).as_str());
        (name, self.locale.as_ref().map(Locale::as_str))
    }

    /// What the person can be found by, in normal form.
    pub(super) fn identifiers(&self) -> Vec<(Identifier, Zeroizing<String>)> {
        let mut all = Vec::with_capacity(Identifier::ALL.len());
        all.extend(self.email.as_ref().map(|email| (Identifier::Email, email.index_form())));
        all.extend(self.external_id.as_ref().map(|id| (Identifier::ExternalId, id.index_form())));
        all.extend(self.phone.as_ref().map(|phone| (Identifier::Phone, phone.index_form())));
        all
    }
}

/// A contact, opened.
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// Where its subject key is.
    pub slot: SlotId,
    /// What is known about the person.
    pub fields: Fields,
    /// The language.
    pub locale: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Contacts that were merged into it, with what found no place in it. Only of a contact that was looked for by itself.
    pub merged: Vec<Merged>,
}

impl Contact {
    /// What one calls the person by: the name and the language.
    pub(crate) fn called(&self) -> (Option<&str>, Option<&str>) {
        let name = self.fields.name.as_ref().map(|name| name.expose(Purpose::Render).as_str());
        (name, self.locale.as_deref())
    }

    /// Whether this address, in the form in which it is compared, is one of theirs.
    pub(crate) fn is_reached_at(&self, identifier: Identifier, compared: &str) -> bool {
        let all = std::iter::once(&self.fields).chain(self.merged.iter().map(|merged| &merged.fields));
        all.into_iter().any(|fields| match identifier {
            Identifier::Email => {
                let email = fields.email.as_ref().and_then(|email| Email::parse(email.expose(Purpose::Index)).ok());
                email.is_some_and(|email| *email.index_form() == compared)
            }
            Identifier::Phone => {
                let phone = fields.phone.as_ref().and_then(|phone| Phone::parse(phone.expose(Purpose::Index)).ok());
                phone.is_some_and(|phone| *phone.index_form() == compared)
            }
            Identifier::ExternalId => false,
        })
    }
}

/// Who may be an element of a list.
pub struct Candidate {
    /// The contact's id: its place in the list.
    pub id: ContactId,
    /// The contact, if it is an element.
    pub contact: Option<Contact>,
}

/// The sealed columns of a contact: `T` is what stands in them.
pub struct Fields<T = Personal<String>> {
    /// The id in the organisation's own systems.
    pub external_id: Option<T>,
    /// The name.
    pub name: Option<T>,
    /// The e-mail address, as it was written.
    pub email: Option<T>,
    /// The phone number in E.164.
    pub phone: Option<T>,
}

impl<T> Default for Fields<T> {
    fn default() -> Self {
        Self { external_id: None, name: None, email: None, phone: None }
    }
}

/// The fields somebody may ask to see in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reveal {
    /// The phone number.
    Phone,
    /// The e-mail address.
    Email,
    /// The name.
    Name,
    /// The id in the organisation's own systems.
    ExternalId,
}

/// Why a contact is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ContactRefusal {
    /// Another contact has one of these addresses.
    #[error("another contact has one of these addresses")]
    Exists {
        /// That contact.
        contact: ContactId,
        /// The address both have.
        by: Identifier,
    },
    /// The addresses belong to different contacts.
    #[error("the addresses belong to different contacts")]
    Ambiguous,
    /// There would be nothing to find the person by.
    #[error("a contact needs an e-mail address, a phone number or an external id")]
    Unaddressed,
    /// A field holds a card number.
    #[error("a field holds a card number")]
    CardNumber {
        /// The field.
        field: &'static str,
    },
    /// There is no such contact here.
    #[error("there is no such contact")]
    NotFound,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_are_language_tags() {
        for good in ["en", "pt-BR", "zh-Hant-TW", "de-1996", "es-419"] {
            assert!(Locale::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "e", "en_US", "en-", "-en", "1n", "en-toolongsubtag", "en\n"] {
            assert!(Locale::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn texts_without_substance_or_with_control_characters_are_refused() {
        for bad in ["", " ", "a\nb", "a\0", "\u{85}"] {
            assert!(Name::parse(bad.into()).is_err() && ExternalId::parse(bad.into()).is_err(), "{bad:?}");
        }
        assert!(Name::parse("å".repeat(200)).is_ok() && Name::parse("å".repeat(201)).is_err());
        assert!(ExternalId::parse("x".repeat(255)).is_ok() && ExternalId::parse("x".repeat(256)).is_err());
    }
}
