//! SAML 2.0.

use sealpost_store::Org;
use sealpost_web::{Endpoint, Failure, Refusal, Reply};

use super::codes::SSO_UNAVAILABLE;
use super::{Connection, Pending, Sso};

/// Routes of its own.
pub(super) fn routes(_: &Sso) -> Vec<Endpoint> {
    Vec::new()
}

/// What an administrator copies into the service, and what is known of it.
pub(super) fn facts(_: &Connection, _: &str) -> Vec<(&'static str, String)> {
    Vec::new()
}

/// Sends a visitor to the service.
pub(super) async fn begin(_: &Sso, _: Org, _: &Connection, _: &Pending) -> Result<Reply, Failure> {
    Err(Refusal::of(&SSO_UNAVAILABLE).into())
}
