//! Signing in by OpenID Connect: the code flow with PKCE, for any provider.
//!
//! A visitor leaves with `state`, `nonce` and a code challenge, all derived from one [`Pending`](super::Pending) sign-in, and comes back
//! with a code to an address that is this connection's alone. The code is redeemed at the provider that the connection names, and what
//! it is redeemed for is believed if that provider signed it, for this client, in answer to this sign-in.
//!
//! * [`settings`] is what an organisation says about a provider; [`discovery`] what the provider says about itself.
//! * [`provider`] asks and remembers, [`exchange`] redeems codes. Everything outbound goes through [`sealpost_egress`], by TLS.
//! * [`claims`] judges what was signed. [`flow`] puts it together; [`reason`] says why not.

mod api;
mod claims;
mod discovery;
mod exchange;
mod flow;
mod pages;
mod provider;
mod reason;
mod service;
mod settings;
#[cfg(test)]
mod tests;

use sealpost_seal::Rng;
use sealpost_store::{OrgId, OrgKeys, StoreError};
use sealpost_web::Endpoint;

pub(super) use flow::begin;
pub(super) use provider::Providers;

use self::settings::{Preset, Settings};
use super::{Connection, Sso};

/// Routes of its own.
pub(super) fn routes(sso: &Sso) -> Vec<Endpoint> {
    vec![
        api::create(sso),
        api::update(sso),
        pages::ask_new(sso),
        pages::create(sso),
        pages::ask_change(sso),
        pages::change(sso),
        flow::callback(sso),
    ]
}

/// What a connection keeps, with its secret sealed anew if that is under an older version of the organisation's key.
pub(super) fn resealed(
    settings: &str,
    org: OrgId,
    keys: &OrgKeys,
    rng: &dyn Rng,
) -> Result<Option<String>, StoreError> {
    let mut settings = Settings::stored(settings)?;
    if !settings.is_outdated(keys)? {
        return Ok(None);
    }
    let Some(secret) = settings.secret(org, keys)? else { return Ok(None) };
    settings.keep(org, keys, &secret, rng);
    Ok(Some(settings.to_text()))
}

/// What an administrator copies into the service, and what is known of it.
pub(super) fn facts(connection: &Connection, public_url: &str) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Redirect URI", flow::redirect_uri(public_url, connection.id))];
    let Ok(settings) = Settings::stored(&connection.settings) else { return facts };
    let provider = match settings.preset {
        Preset::Google => "Google",
        Preset::Microsoft { .. } => "Microsoft Entra ID",
        Preset::Any { .. } => "Any provider",
    };
    let secret = if settings.secret.is_some() { "Kept, never shown" } else { "None: a public client" };
    facts.extend([
        ("Provider", provider.to_owned()),
        ("Issuer", settings.issuer().into_owned()),
        ("Client ID", settings.client_id.clone()),
        ("Client secret", secret.to_owned()),
    ]);
    if !settings.domains.is_empty() {
        facts.push(("Only addresses of", settings.domains.join(", ")));
    }
    if let Some(claim) = settings.groups_claim {
        facts.push(("Claim with groups", claim));
    }
    if let Some(minutes) = settings.max_age_minutes {
        facts.push(("Signed in there within", format!("{minutes} minutes")));
    }
    facts
}

/// The secret as it is stored, sealed; nothing for a public client.
pub(super) fn credential(settings: &str) -> Option<String> {
    Settings::stored(settings).ok()?.secret
}

/// What a provider calls itself, from what is stored of it.
pub(super) fn address(settings: &str) -> Option<String> {
    Some(Settings::stored(settings).ok()?.issuer().into_owned())
}
