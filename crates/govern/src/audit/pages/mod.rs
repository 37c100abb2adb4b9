//! The dashboard's pages of the ledger: what was done, by whom, and proof of it.

mod entry;
mod export;
mod list;
#[cfg(test)]
mod samples;
mod verify;
pub(crate) mod words;

use sealpost_access::permissions::LEDGER_READ;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::api::Api;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Protect,
    place: 1,
    title: "Audit",
    path: "/audit",
    icon: Icon::Audit,
    key: 'a',
    needs: Some(LEDGER_READ),
    only: None,
    ids: &[],
};

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![list::route(api), verify::ask(), verify::route(api), export::route(api), entry::route(api)]
}
