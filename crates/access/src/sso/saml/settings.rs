//! What a SAML connection keeps.

use schemars::JsonSchema;
use sealpost_saml::{IdentityProvider, MetadataFlaw};
use sealpost_store::Time;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Failure, Fault, Refusal};
use serde::{Deserialize, Serialize};

use super::keys::KeptKey;
use crate::sso::Connection;

/// Ways of authentication that are asked for at most.
const MOST_CONTEXTS: usize = 8;
/// Bytes of the name of one, and of an attribute.
const LONGEST_NAME: usize = 256;

/// What a connection keeps as JSON.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    /// The identity provider; nothing while it is being set up, because most want to know our addresses first.
    pub(super) provider: Option<Provider>,
    /// Our own keys, sealed.
    pub(super) keys: Vec<KeptKey>,
    /// What responses have to be.
    #[serde(flatten)]
    pub(super) asks: Asks,
}

/// An identity provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Provider {
    /// What of its metadata counts, as metadata.
    pub(super) metadata: String,
    /// Where it was fetched from, if it was.
    pub(super) source: Option<Source>,
}

/// Where metadata is fetched from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Source {
    /// An address that an administrator gave.
    pub(super) url: String,
    /// When it was asked last.
    pub(super) looked_at: Time,
    /// Why what is there could not be taken then: a code.
    pub(super) trouble: Option<String>,
}

/// What an identity provider is asked for, and what its responses have to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Asks {
    /// Whether responses have to be signed besides their assertions.
    pub(super) response_signed: bool,
    /// Whether assertions are encrypted.
    pub(super) encryption: Encryption,
    /// Whether a session at the provider is not enough.
    pub(super) force_authn: bool,
    /// Ways of authentication of which one is required.
    pub(super) authn_context: Vec<String>,
    /// The attribute with the address; the usual ones if nothing.
    pub(super) email_attribute: Option<String>,
    /// The attribute with what people are called.
    pub(super) name_attribute: Option<String>,
    /// The attribute with their groups.
    pub(super) groups_attribute: Option<String>,
}

/// Whether assertions are encrypted to us. What is sent is sent over TLS anyway; encryption hides it from the browser that carries it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SamlEncryption")]
pub(super) enum Encryption {
    /// They are not: our metadata names no key to encrypt to.
    #[default]
    None,
    /// They may be.
    Accepted,
    /// They have to be.
    Required,
}

impl Encryption {
    pub(super) const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::None, "none", "Not encrypted"),
        (Self::Accepted, "accepted", "May be encrypted"),
        (Self::Required, "required", "Have to be encrypted"),
    ];

    /// Its word, as it is stored and sent.
    pub(super) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(one, _, _)| *one == self).map_or("none", |(_, word, _)| word)
    }
}

impl Settings {
    /// What a connection keeps. That it can't be read is a fault: we wrote it.
    pub(super) fn of(connection: &Connection) -> Result<Self, Failure> {
        let read = serde_json::from_str(&connection.settings);
        Ok(read.map_err(|error| Fault::new(error).context("read a connection’s settings"))?)
    }

    pub(super) fn to_text(&self) -> Result<String, Failure> {
        Ok(serde_json::to_string(self).map_err(Fault::new)?)
    }
}

impl Provider {
    /// The provider of this metadata.
    pub(super) fn new(provider: &IdentityProvider, source: Option<Source>) -> Self {
        Self { metadata: provider.to_metadata(), source }
    }

    /// What of it counts, read again.
    pub(super) fn read(&self) -> Result<IdentityProvider, MetadataFlaw> {
        IdentityProvider::from_metadata(self.metadata.as_bytes())
    }
}

impl Asks {
    /// Refuses names that can't be one.
    pub(super) fn checked(self) -> Result<Self, Refusal> {
        let wrong = |at: &'static str, code: &'static str| Refusal::of(&BODY_INVALID).at(at, code);
        if self.authn_context.len() > MOST_CONTEXTS {
            return Err(wrong("/authn_context", "too_many"));
        }
        if !self.authn_context.iter().all(|name| is_name(name)) {
            return Err(wrong("/authn_context", "name_invalid"));
        }
        let named = [
            ("/email_attribute", &self.email_attribute),
            ("/name_attribute", &self.name_attribute),
            ("/groups_attribute", &self.groups_attribute),
        ];
        let unfit = |name: &Option<String>| name.as_deref().is_some_and(|name| !is_attribute(name));
        let unfit = named.into_iter().find(|(_, name)| unfit(name)).map(|(at, _)| at);
        unfit.map_or(Ok(self), |at| Err(wrong(at, "name_invalid")))
    }
}

/// The name of a way of authentication: a URI.
fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The name of an attribute: a URI, or whatever somebody called it.
fn is_attribute(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len()) && text.trim() == text && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_as_it_was() {
        let asks = Asks {
            encryption: Encryption::Required,
            authn_context: vec!["urn:x".into()],
            groups_attribute: Some("Groups".into()),
            ..Asks::default()
        };
        let settings = Settings { asks: asks.clone().checked().unwrap(), ..Settings::default() };
        let again: Settings = serde_json::from_str(&settings.to_text().unwrap()).unwrap();
        assert_eq!(again.asks, asks);
        for (encryption, word, _) in Encryption::ALL {
            assert_eq!(serde_json::to_value(encryption).unwrap(), encryption.word());
            assert_eq!(encryption.word(), word);
        }
    }

    #[test]
    fn names_are_visible_and_not_too_many() {
        let long = "x".repeat(257);
        for bad in ["", "a b", "a\nb", "é", &*long] {
            assert!(Asks { authn_context: vec![bad.into()], ..Asks::default() }.checked().is_err(), "{bad:?}");
        }
        assert!(Asks { authn_context: vec!["urn:x".into(); 9], ..Asks::default() }.checked().is_err());
        for bad in ["", " a", "a\u{0}", &*long] {
            assert!(Asks { name_attribute: Some(bad.into()), ..Asks::default() }.checked().is_err(), "{bad:?}");
        }
        assert!(Asks { name_attribute: Some("Anzeigename (lang)".into()), ..Asks::default() }.checked().is_ok());
    }
}
