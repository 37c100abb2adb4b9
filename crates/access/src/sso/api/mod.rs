//! The API of connections, domains and the policy.

mod connections;
mod domains;
mod policy;

use sealpost_web::Feature;

pub(super) use connections::ConnectionView;

use super::{Sso, codes, oidc, pages, saml, sign_in};

/// Routes of signing in by a service.
pub fn feature(sso: &Sso) -> Feature {
    Feature {
        name: "sso",
        about: "By which services of the organisation’s members sign in: OpenID Connect and SAML connections, domains that are led to \
                them, and whether members have to.",
        routes: vec![
            connections::list(sso),
            connections::show(sso),
            connections::update(sso),
            connections::remove(sso),
            domains::list(sso),
            domains::claim(sso),
            domains::verify(sso),
            domains::remove(sso),
            policy::show(sso),
            policy::change(sso),
            sign_in::begin(sso),
            sign_in::lead(sso),
        ]
        .into_iter()
        .chain(oidc::routes(sso))
        .chain(saml::routes(sso))
        .chain(pages::routes(sso))
        .collect(),
        codes: codes::ALL,
    }
}
