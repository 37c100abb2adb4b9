//! The API of members and invitations: one file for each operation.

pub(crate) mod body;
mod invitations;
mod invite;
mod list;
mod own;
mod recover;
mod role;
mod stop;
mod view;

use std::sync::Arc;

use sealpost_store::MemberId;
use sealpost_web::{Feature, Listing, Refusal};

use super::{Gate, Members, codes, pages};
use crate::mail::Post;
use crate::sessions::SessionAuthenticator;
pub(super) use stop::{Deed, act, erase};

/// What the handlers need: where members are, who remembers what they may, and what links begin with.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) members: Members,
    pub(super) sessions: Arc<SessionAuthenticator>,
    pub(super) post: Post,
    pub(super) gate: Gate,
}

/// Where a page of a list begins: behind this member.
pub(super) fn position(listing: &Listing<'_>, cursor: Option<&str>) -> Result<Option<MemberId>, Refusal> {
    let position = listing.position(cursor)?;
    Ok(position.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).map(MemberId::from_bytes))
}

/// Routes of members and invitations. Their links go by this post, and are shown; `gate` asks others before a member may more.
pub fn feature(members: Members, sessions: Arc<SessionAuthenticator>, post: Post, gate: Gate) -> Feature {
    let api = Api { members, sessions, post, gate };
    Feature {
        name: "members",
        about: "People of the organisation's staff, and those who are invited. A member belongs to both environments. What is known \
                about them is sealed under a key of their own, which is destroyed when they are removed.",
        routes: vec![
            list::all(api.clone()),
            list::one(api.clone()),
            role::route(api.clone()),
            stop::suspend(api.clone()),
            stop::resume(api.clone()),
            stop::remove(api.clone()),
            recover::route(api.clone()),
            own::rename(api.clone()),
            invite::route(api.clone()),
            invitations::list(api.clone()),
            invitations::renew(api.clone()),
            invitations::withdraw(api.clone()),
        ]
        .into_iter()
        .chain(pages::routes(&api))
        .collect(),
        codes: codes::ALL,
    }
}
