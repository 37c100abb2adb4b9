//! The dashboard's page of looks: who looked at what, when and why.

mod list;
#[cfg(test)]
mod samples;

use sealpost_access::permissions::LEDGER_READ;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::api::Api;

/// Where it is found.
pub const NAV: Nav = Nav {
    group: Group::Protect,
    place: 2,
    title: "Looks",
    path: "/looks",
    icon: Icon::Eye,
    key: 'l',
    needs: Some(LEDGER_READ),
    only: None,
    ids: &[],
};

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![list::route(api)]
}
