//! To the provider, with a signed request.

use sealpost_saml::{AuthnRequest, IdentityProvider, RequestId};
use sealpost_store::{Org, Time};
use sealpost_web::{Failure, Fault, Reply};

use super::assets;
use crate::sso::saml::parties::Addresses;
use crate::sso::saml::settings::Settings;
use crate::sso::saml::{keys, metadata};
use crate::sso::{Connection, Pending, Sso, refuse};

/// Sends a visitor to the provider: by a redirect or, if it takes none, by a form.
pub(in crate::sso) async fn begin(
    sso: &Sso,
    org: Org,
    connection: &Connection,
    pending: &Pending,
) -> Result<Reply, Failure> {
    let fresh = metadata::fresh(sso, org, connection).await?;
    let connection = fresh.as_ref().unwrap_or(connection);
    let settings = Settings::of(connection)?;
    let now = sso.house.world().clock.now();
    let provider = match provider(&settings, now) {
        Ok(provider) => provider,
        Err(code) => return Err(refuse(sso, org, connection, code).await),
    };
    let organisation = sso.house.keys().organisation(org.id).await?;
    let key = keys::signing(&settings.keys, org.id, &organisation)?;
    let us = Addresses::of(&sso.public_url, connection.id).service_provider(Vec::new());
    let id = request_id(pending);
    let context: Vec<&str> = settings.asks.authn_context.iter().map(String::as_str).collect();
    let request = AuthnRequest {
        id: &id,
        issued_ms: now.unix_ms(),
        force_authn: settings.asks.force_authn,
        authn_context: &context,
        name_id_format: None,
    };
    let state = Some(pending.state());
    if provider.redirect_url().is_some() {
        let url = request.redirect(&us, &provider, &key, state).map_err(Fault::new)?;
        return Ok(Reply::see_other(&url));
    }
    Ok(assets::leave(&request.post(&us, &provider, &key, state).map_err(Fault::new)?))
}

/// The provider of a connection, if it is good now; the code of why it isn't.
pub(super) fn provider(settings: &Settings, now: Time) -> Result<IdentityProvider, &'static str> {
    let provider = settings.provider.as_ref().ok_or("metadata_missing")?.read().map_err(|flaw| flaw.code())?;
    let expired = provider.valid_until_ms().is_some_and(|end| end <= now.unix_ms());
    if expired { Err("metadata_expired") } else { Ok(provider) }
}

/// The ID of the request that belongs to a sign-in: nobody can guess it, and nobody has to keep it.
pub(super) fn request_id(pending: &Pending) -> RequestId {
    let secret = pending.derive("saml-request");
    let mut id = [0; 20];
    id.iter_mut().zip(secret).for_each(|(to, from)| *to = from);
    RequestId::from_random(id)
}
