//! The dashboard's pages of API keys.

mod create;
mod list;
mod revoke;
mod rotate;
#[cfg(test)]
mod samples;
mod show;
mod words;

use sealpost_store::ApiKeyId;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::api::Api;
use crate::permissions::KEYS_READ;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Build,
    place: 4,
    title: "API keys",
    path: "/keys",
    icon: Icon::Key,
    key: 'k',
    needs: Some(KEYS_READ),
    only: None,
    ids: &[(ApiKeyId::PREFIX, "/keys")],
};

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![
        list::route(api),
        create::ask(),
        create::route(api),
        show::route(api),
        rotate::ask(api),
        rotate::route(api),
        revoke::ask(api),
        revoke::route(api),
    ]
}
