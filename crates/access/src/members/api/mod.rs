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

use sealpost_web::Feature;

use super::{Members, codes};
use crate::sessions::SessionAuthenticator;
use crate::sign_in::mail::Post;

/// What the handlers need: where members are, who remembers what they may, and what links begin with.
#[derive(Clone)]
pub(super) struct Api {
    members: Members,
    sessions: Arc<SessionAuthenticator>,
    post: Post,
}

/// Routes of members and invitations. Their links go by this post, and are shown.
pub fn feature(members: Members, sessions: Arc<SessionAuthenticator>, post: Post) -> Feature {
    let api = Api { members, sessions, post };
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
            invitations::withdraw(api),
        ],
        codes: codes::ALL,
    }
}
