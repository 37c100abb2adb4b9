//! The dashboard's pages of networks: how it stands, changing it, and settling a change.

mod change;
#[cfg(test)]
mod samples;
mod settle;
mod show;
mod shut_out;

use sealpost_store::Store;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::Gate;
use crate::permissions::NETWORKS_READ;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Organisation,
    place: 4,
    title: "Networks",
    path: "/networks",
    icon: Icon::Lock,
    key: 'n',
    needs: Some(NETWORKS_READ),
    only: None,
    ids: &[],
};

pub(super) fn routes(house: &Store, gate: Gate) -> Vec<Endpoint> {
    vec![
        show::route(house, gate),
        change::ask(house),
        change::preview(house),
        change::route(house, gate),
        settle::ask_confirm(house),
        settle::confirm(house),
        settle::ask_revert(house),
        settle::revert(house),
    ]
}
