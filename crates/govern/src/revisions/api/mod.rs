//! The routes of revisions.

mod list;
mod roll_back;
mod show;
mod view;

use sealpost_store::Store;
use sealpost_web::Feature;

use super::setting::Revisables;
use super::{codes, pages};

pub(super) use roll_back::OF_ROLL_BACKS;

/// What the handlers need.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) house: Store,
    pub(super) all: Revisables,
}

/// Routes and pages of revisions, over every setting that leaves them.
pub fn feature(house: &Store, all: Revisables) -> Feature {
    let api = Api { house: house.clone(), all };
    Feature {
        name: "revisions",
        about: "What settings said: every change with who, when and why, what it changed, and the way back. To roll back is a change like \
                any other, and waits for others where that one would.",
        routes: [list::route(&api), show::route(&api), roll_back::route(&api)]
            .into_iter()
            .chain(pages::routes(&api))
            .collect(),
        codes: codes::ALL,
    }
}
