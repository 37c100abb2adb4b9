//! The dashboard's pages of erasures.

mod erase;
mod list;
#[cfg(test)]
mod samples;
mod settings;
mod show;

use sealpost_access::permissions::ERASURES_READ;
use sealpost_store::ErasureId;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::Erasures;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Protect,
    place: 5,
    title: "Erasures",
    path: "/erasures",
    icon: Icon::Trash,
    key: 'x',
    needs: Some(ERASURES_READ),
    only: None,
    ids: &[(ErasureId::PREFIX, "/erasures")],
};

pub(super) fn routes(erasures: &Erasures) -> Vec<Endpoint> {
    vec![
        list::list(erasures),
        show::show(erasures),
        erase::ask(erasures),
        erase::erase(erasures),
        settings::ask(erasures),
        settings::change(erasures),
    ]
}
