//! The dashboard's pages of signing in by a service.

mod domains;
mod edit;
mod list;
mod policy;
mod remove;
#[cfg(test)]
mod samples;
mod show;

use sealpost_store::SsoConnectionId;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::Sso;
use crate::permissions::SSO_READ;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Organisation,
    place: 3,
    title: "Sign-in",
    path: "/sso",
    icon: Icon::SignIn,
    key: 's',
    needs: Some(SSO_READ),
    only: None,
    ids: &[(SsoConnectionId::PREFIX, "/sso")],
};

pub(super) fn routes(sso: &Sso) -> Vec<Endpoint> {
    vec![
        list::route(sso),
        show::route(sso),
        edit::ask(sso),
        edit::route(sso),
        remove::ask(sso),
        remove::route(sso),
        domains::ask_claim(sso),
        domains::claim(sso),
        domains::ask_verify(sso),
        domains::verify(sso),
        domains::ask_remove(sso),
        domains::remove(sso),
        policy::ask(sso),
        policy::route(sso),
    ]
}
