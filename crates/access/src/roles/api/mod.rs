//! The API of roles: one file for each operation.

mod body;
mod change;
mod list;
mod matrix;
mod remove;
mod view;

use std::sync::Arc;

pub(super) use body::Masks;
use sealpost_store::Store;
use sealpost_web::Feature;

use super::{Gate, RoleMatrix, codes, pages};
use crate::sessions::SessionAuthenticator;

/// What the handlers need: where roles are, and who remembers what members may.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) house: Store,
    pub(super) sessions: Arc<SessionAuthenticator>,
    pub(super) gate: Gate,
}

/// Routes of roles. `matrix` is to be filled once all routes are known; `gate` asks others before a role says more.
pub fn feature(house: Store, sessions: Arc<SessionAuthenticator>, matrix: &RoleMatrix, gate: Gate) -> Feature {
    let api = Api { house, sessions, gate };
    Feature {
        name: "roles",
        about: "A role says what a member may do, what they see, and how long they stay signed in. Seven are ours; an organisation \
                makes others of the same vocabulary. Nobody gives what they lack, and nobody changes their own role.",
        routes: vec![
            list::all(api.clone()),
            list::one(api.clone()),
            change::create(api.clone()),
            change::update(api.clone()),
            remove::route(api.clone()),
            matrix::route(api.clone(), matrix.clone()),
            matrix::page(matrix.clone()),
        ]
        .into_iter()
        .chain(pages::routes(&api))
        .collect(),
        codes: codes::ALL,
    }
}
