//! The API of secrets: one file for each operation. None answers with a value, but for one that was generated, once.

mod change;
mod create;
mod elsewhere;
mod fields;
mod list;
mod log;
mod remove;
mod rotate;
mod show;
mod view;

use std::sync::Arc;

pub(super) use list::position;
pub(super) use log::position as log_position;
use sealpost_store::Store;
use sealpost_web::Feature;
pub(super) use view::actor;

use super::users::{SecretUser, Users};
use super::{codes, handover, pages};
use crate::mail::Post;

/// What the handlers need: where secrets are, who uses them, and where links lead.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) house: Store,
    pub(super) users: Users,
    pub(super) public_url: Arc<str>,
    pub(super) post: Post,
}

/// Routes of secrets. `users` name everything that uses them; `post` knows where links lead, and writes to owners.
pub fn feature(house: &Store, users: &'static [SecretUser], post: Post) -> Feature {
    let api = Api { house: house.clone(), users: Users(users), public_url: post.public_url().into(), post };
    let routes = vec![
        list::route(&api),
        create::route(&api),
        elsewhere::route(&api),
        show::route(&api),
        change::route(&api),
        rotate::route(&api),
        log::route(&api),
        remove::route(&api),
    ];
    Feature {
        name: "secrets",
        about: "Secrets are values that are used and never shown again: keys, tokens and passwords under a name, with versions that \
                overlap, what uses them, and what was done to them.",
        routes: routes
            .into_iter()
            .chain(handover::api_routes(&api))
            .chain(handover::open_routes(&api))
            .chain(pages::routes(&api))
            .chain(handover::page_routes(&api))
            .collect(),
        codes: codes::ALL,
    }
}
