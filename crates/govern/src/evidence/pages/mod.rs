//! The dashboard's pages of the evidence.

mod controls;
mod export;
mod record;
#[cfg(test)]
mod samples;

use sealpost_access::permissions::EVIDENCE_READ;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::Evidence;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Protect,
    place: 9,
    title: "Evidence",
    path: "/evidence",
    icon: Icon::Check,
    key: 'b',
    needs: Some(EVIDENCE_READ),
    only: None,
    ids: &[],
};

pub(super) fn routes(evidence: &Evidence) -> Vec<Endpoint> {
    vec![controls::controls(evidence), record::record(evidence), export::export(evidence)]
}
