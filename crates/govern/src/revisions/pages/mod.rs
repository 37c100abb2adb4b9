//! The dashboard's pages of revisions.

mod list;
mod roll_back;
#[cfg(test)]
mod samples;
mod show;

use sealpost_access::permissions::APPROVALS_READ;
use sealpost_store::RevisionId;
use sealpost_web::shell::{Group, Icon, Nav};
use sealpost_web::{Endpoint, Failure, Listing};

use super::api::Api;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Protect,
    place: 2,
    title: "Revisions",
    path: "/revisions",
    icon: Icon::Rotate,
    key: '0',
    needs: Some(APPROVALS_READ),
    only: None,
    ids: &[(RevisionId::PREFIX, "/revisions")],
};

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![list::route(api), show::route(api), roll_back::ask(api), roll_back::route(api)]
}

/// Behind which revision a page begins.
pub(super) fn behind(listing: &Listing<'_>, cursor: Option<&str>) -> Result<RevisionId, Failure> {
    let position = listing.position(cursor)?.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    Ok(RevisionId::from_bytes(position.unwrap_or([0xff; 16])))
}
