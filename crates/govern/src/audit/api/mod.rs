//! The API of the audit ledger.

mod checkpoint;
mod entries;
mod proof;

use std::sync::Arc;

use sealpost_store::{Ctx, Store, StoreError};
use sealpost_web::Feature;

use super::codes;
use super::readers::Readers;

/// What the handlers need.
#[derive(Clone)]
struct Api {
    house: Store,
    readers: Arc<Readers>,
}

impl Api {
    async fn record(&self, ctx: &Ctx) -> Result<(), StoreError> {
        self.readers.record(&self.house, ctx).await
    }
}

/// Routes of the audit ledger.
pub fn feature(house: Store) -> Feature {
    let api = Api { house, readers: Arc::default() };
    Feature {
        name: "ledger",
        about: "The audit ledger holds who did what, in a Merkle tree whose head is signed: what was recorded can't be edited, \
                dropped or moved without that showing. Reading it leaves `ledger.read` in it, at most once a minute for each key.",
        routes: vec![entries::route(api.clone()), checkpoint::route(api.clone()), proof::route(api)],
        codes: codes::ALL,
    }
}
