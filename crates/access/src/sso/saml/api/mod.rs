//! The API of SAML connections.

mod body;
mod change;
mod create;

use sealpost_web::Endpoint;

use crate::sso::Sso;

pub(super) fn routes(sso: &Sso) -> Vec<Endpoint> {
    vec![create::route(sso), change::route(sso)]
}
