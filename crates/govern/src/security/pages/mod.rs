//! The dashboard's page of the security settings, and changing them.

mod ledger;
mod masking;
#[cfg(test)]
mod samples;
mod seen;
mod show;

use sealpost_access::permissions::SECURITY_READ;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::api::Api;

/// Where it is found.
pub const NAV: Nav = Nav {
    group: Group::Protect,
    place: 0,
    title: "Security",
    path: "/security",
    icon: Icon::Shield,
    key: 'i',
    needs: Some(SECURITY_READ),
    only: None,
    ids: &[],
};

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![
        show::route(api),
        masking::ask(api),
        masking::preview(),
        masking::route(api),
        ledger::ask(api),
        ledger::route(api),
    ]
}
