//! The dashboard's pages of secrets.

mod change;
mod create;
mod list;
mod log;
mod remove;
mod rotate;
#[cfg(test)]
mod samples;
mod show;
mod words;

pub(super) use change::find;
use sealpost_store::SecretId;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::api::Api;
use crate::permissions::SECRETS_MANAGE;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Protect,
    place: 1,
    title: "Secrets",
    path: "/secrets",
    icon: Icon::Lock,
    key: 'v',
    needs: Some(SECRETS_MANAGE),
    only: None,
    ids: &[(SecretId::PREFIX, "/secrets")],
};

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![
        list::route(api),
        create::ask(),
        create::route(api),
        show::route(api),
        log::route(api),
        change::ask(api),
        change::route(api),
        rotate::ask(api),
        rotate::route(api),
        remove::ask(api),
        remove::route(api),
    ]
}
