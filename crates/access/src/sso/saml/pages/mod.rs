//! The dashboard's pages of SAML connections: making one, and changing what it knows.

mod change;
mod create;
mod form;

use sealpost_web::Endpoint;

use crate::sso::Sso;

pub(super) fn routes(sso: &Sso) -> Vec<Endpoint> {
    vec![create::ask(sso), create::route(sso), change::ask(sso), change::route(sso)]
}
