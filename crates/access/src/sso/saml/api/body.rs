//! What is asked of a provider, as requests say it: what is absent stays as it is.

use schemars::JsonSchema;
use sealpost_web::Refusal;
use sealpost_web::problem::BODY_INVALID;
use serde::Deserialize;

use crate::sso::saml::metadata::Brought;
use crate::sso::saml::settings::{Asks, Encryption};

/// Metadata, or where it is.
pub(super) fn brought(metadata: &Option<String>, url: &Option<String>) -> Result<Option<Brought>, Refusal> {
    match (metadata, url) {
        (None, None) => Ok(None),
        (Some(text), None) => Ok(Some(Brought::Text(text.clone()))),
        (None, Some(url)) => Ok(Some(Brought::Url(url.clone()))),
        (Some(_), Some(_)) => Err(Refusal::of(&BODY_INVALID).at("/metadata_url", "field_unexpected")),
    }
}

/// What is asked of a provider.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SamlAsks")]
pub(super) struct AsksBody {
    /// Whether responses have to be signed besides their assertions, which always have to be.
    response_signed: Option<bool>,
    /// Whether assertions are encrypted to us. `none` unless it is said.
    encryption: Option<Encryption>,
    /// Whether members prove anew who they are, even if the provider has a session of theirs.
    force_authn: Option<bool>,
    /// Ways of authentication of which one is required: `AuthnContextClassRef`s.
    #[schemars(length(max = 8))]
    authn_context: Option<Vec<String>>,
    /// The attribute with their address; empty for the usual ones.
    #[schemars(length(max = 256))]
    email_attribute: Option<String>,
    /// The attribute with what people call them; empty for the usual ones.
    #[schemars(length(max = 256))]
    name_attribute: Option<String>,
    /// The attribute with their groups; empty for the usual ones.
    #[schemars(length(max = 256))]
    groups_attribute: Option<String>,
}

impl AsksBody {
    /// What holds from now on.
    pub(super) fn over(&self, before: Asks) -> Asks {
        let named = |new: &Option<String>, old: Option<String>| match new.as_deref() {
            None => old,
            Some("") => None,
            Some(name) => Some(name.to_owned()),
        };
        Asks {
            response_signed: self.response_signed.unwrap_or(before.response_signed),
            encryption: self.encryption.unwrap_or(before.encryption),
            force_authn: self.force_authn.unwrap_or(before.force_authn),
            authn_context: self.authn_context.clone().unwrap_or(before.authn_context),
            email_attribute: named(&self.email_attribute, before.email_attribute),
            name_attribute: named(&self.name_attribute, before.name_attribute),
            groups_attribute: named(&self.groups_attribute, before.groups_attribute),
        }
    }
}
