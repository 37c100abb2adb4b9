//! The dashboard's pages of roles: what each says, and making others.

mod change;
mod list;
mod remove;
#[cfg(test)]
mod samples;
mod sees;
mod show;
pub(super) mod words;

use sealpost_store::RoleId;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::api::Api;
use crate::permissions::MEMBERS_READ;

pub(crate) use sees::{Whose, of as sees};

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Organisation,
    place: 2,
    title: "Roles",
    path: "/roles",
    icon: Icon::Shield,
    key: 'r',
    needs: Some(MEMBERS_READ),
    only: None,
    ids: &[(RoleId::PREFIX, "/roles")],
};

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![
        list::route(api),
        change::ask_new(),
        change::create(api),
        show::route(api),
        sees::route(api),
        change::ask(api),
        change::update(api),
        remove::ask(api),
        remove::route(api),
    ]
}
