//! The dashboard's pages of what is stored.

mod change;
mod hold;
mod lift;
mod purge;
#[cfg(test)]
mod samples;
mod show;

use sealpost_access::permissions::STORAGE_READ;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::Storage;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Protect,
    place: 6,
    title: "Storage",
    path: "/storage",
    icon: Icon::Clock,
    key: 'f',
    needs: Some(STORAGE_READ),
    only: None,
    ids: &[],
};

pub(super) fn routes(storage: &Storage) -> Vec<Endpoint> {
    vec![
        show::route(storage),
        change::ask(storage),
        change::route(storage),
        hold::ask(),
        hold::route(storage),
        lift::ask(storage),
        lift::route(storage),
        purge::ask(storage),
        purge::route(storage),
    ]
}
