//! The dashboard's pages of directories: their tokens.

mod create;
mod list;
mod revoke;
#[cfg(test)]
mod samples;

use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::api::Api;
use crate::permissions::SCIM_MANAGE;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Organisation,
    place: 5,
    title: "Directories",
    path: "/scim",
    icon: Icon::People,
    key: 'd',
    needs: Some(SCIM_MANAGE),
    only: None,
    ids: &[],
};

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![list::route(api), create::ask(), create::route(api), revoke::ask(api), revoke::route(api)]
}
