//! Signing in: to the provider, and back in two hops.

mod assets;
mod astray;
mod begin;
mod enter;
mod hop;
mod ours;

use schemars::JsonSchema;
use sealpost_store::{Org, SsoConnectionId};
use sealpost_web::{Endpoint, Failure, not_found};
use serde::Deserialize;

pub(in crate::sso) use begin::begin;

use crate::sso::model::Kind;
use crate::sso::{Connection, Sso, service};

const HTML: &str = "text/html; charset=utf-8";
/// A response of 256 KiB in base64, with its special characters escaped, and what a form has besides.
const LONGEST_FORM: usize = 512 * 1024;
/// Characters of `SAMLResponse`.
const LONGEST_RESPONSE: usize = 400_000;

/// What a provider's page sends (SAML Bindings §3.5.4).
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SamlResponseForm")]
struct Posted {
    /// The response, in base64.
    #[serde(rename = "SAMLResponse")]
    #[schemars(length(max = 400_000))]
    response: String,
    /// What the request carried.
    #[serde(rename = "RelayState")]
    #[schemars(length(max = 80))]
    relay_state: Option<String>,
}

pub(super) fn routes(sso: &Sso) -> Vec<Endpoint> {
    vec![ours::route(sso), hop::route(sso), enter::route(sso)]
}

/// The connection somebody comes by, if it is one of ours.
async fn located(sso: &Sso, id: SsoConnectionId) -> Result<(Org, Connection), Failure> {
    let found = service::locate(&sso.house, id).await?;
    Ok(found.filter(|(_, connection)| connection.kind == Kind::Saml).ok_or_else(not_found)?)
}
