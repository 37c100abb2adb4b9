//! SAML 2.0: an organisation's members sign in at its identity provider, by the profile that the crate `saml` holds it to.
//!
//! ```text
//! GET  /sign-in/with/{connection}       ─► the provider, with a signed request        (begin)
//! POST /sign-in/saml/{connection}/acs   ◄─ the provider's page, in the same browser   (hop: changes nothing)
//! POST /sign-in/saml/{connection}       ◄─ our own page, with the visitor's cookie    (enter: judged here)
//! ```
//!
//! A form that another site sends brings no cookie of ours, so it can't be told whose it is: the first hop shows a page of our own
//! that sends the same two fields on. Only that brings the visitor's cookie, and `RelayState` is this visitor's or nobody's. A
//! response that nobody here asked for, because the provider began, has none, and is refused.

mod api;
mod claims;
mod facts;
mod keys;
mod metadata;
mod pages;
mod parties;
mod service;
mod settings;
mod sign_in;
#[cfg(test)]
mod tests;

use sealpost_seal::Rng;
use sealpost_store::{OrgId, OrgKeys, StoreError};
use sealpost_web::Endpoint;

use self::settings::Settings;
use super::Sso;

pub(super) use facts::facts;
pub(super) use sign_in::begin;

/// Routes of its own.
pub(super) fn routes(sso: &Sso) -> Vec<Endpoint> {
    [api::routes(sso), pages::routes(sso), sign_in::routes(sso)].into_iter().flatten().collect()
}

/// What a connection keeps, with our keys sealed anew if one is under an older version of the organisation's key.
pub(super) fn resealed(
    settings: &str,
    org: OrgId,
    keys: &OrgKeys,
    rng: &dyn Rng,
) -> Result<Option<String>, StoreError> {
    let column = |_| StoreError::Column("settings".into());
    let mut settings: Settings = serde_json::from_str(settings).map_err(column)?;
    let mut changed = false;
    for key in &mut settings.keys {
        changed |= key.reseal(org, keys, rng)?;
    }
    Ok(if changed { Some(serde_json::to_string(&settings).map_err(column)?) } else { None })
}

/// Which keys of ours there are, by their certificates; nothing before there are any.
pub(super) fn credential(settings: &str) -> Option<String> {
    keys::named(&serde_json::from_str::<Settings>(settings).ok()?.keys)
}

/// Where members are sent, from what is stored of a provider: the first address its metadata names.
pub(super) fn address(settings: &str) -> Option<String> {
    let provider = serde_json::from_str::<Settings>(settings).ok()?.provider?;
    let (_, behind) = provider.metadata.split_once(" Location=\"")?;
    behind.split('"').next().map(str::to_owned)
}
