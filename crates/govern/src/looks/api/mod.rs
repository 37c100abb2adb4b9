//! The routes of looks.

mod list;

use std::sync::Arc;

use sealpost_store::Store;
use sealpost_web::Feature;

pub(super) use list::page;

use super::pages;
use crate::audit::Readers;

/// What the handlers need.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) house: Store,
    pub(super) readers: Arc<Readers>,
}

/// Who looked at what.
pub fn feature(house: &Store) -> Feature {
    let api = Api { house: house.clone(), readers: Arc::default() };
    Feature {
        name: "looks",
        about: "Looks at clear data, as the ledger has them: who looked at what, when and why, and which of them were too many in a \
                short time.",
        routes: [list::route(&api)].into_iter().chain(pages::routes(&api)).collect(),
        codes: &[],
    }
}
