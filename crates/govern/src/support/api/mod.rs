//! The routes of support access.

mod ask;
mod end;
mod enter;
mod link;
mod list;
mod show;
mod view;

use sealpost_access::mail::Post;
use sealpost_store::{Store, SupportGrantId};
use sealpost_web::{Failure, Feature, Listing};

use super::{codes, pages};

pub(super) use ask::Body;

/// What the handlers need.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) house: Store,
    pub(super) post: Post,
}

/// Routes and pages of support access.
pub fn feature(house: &Store, post: Post) -> Feature {
    let api = Api { house: house.clone(), post };
    let routes = vec![
        list::route(&api),
        ask::route(&api),
        show::route(&api),
        end::route(&api),
        link::route(&api),
        enter::ask(&api),
        enter::enter(&api),
    ];
    Feature {
        name: "support",
        about: "Somebody is let in to help: for a reason, as far and as long as somebody else has agreed to, seen by everybody, on record \
                with everything they look at, and out within a second of its end.",
        routes: routes.into_iter().chain(pages::routes(&api)).collect(),
        codes: codes::ALL,
    }
}

/// Behind which grant a page begins.
pub(super) fn behind(listing: &Listing<'_>, cursor: Option<&str>) -> Result<SupportGrantId, Failure> {
    let position = listing.position(cursor)?.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    Ok(SupportGrantId::from_bytes(position.unwrap_or([0xff; 16])))
}
