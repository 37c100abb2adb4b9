//! The API of the audit ledger.

mod checkpoint;
mod entries;
mod export;
mod proof;
mod verify;

pub(super) use entries::page;
pub(super) use export::LINES;

use std::sync::Arc;

use sealpost_ledger::{Finding, Report};
use sealpost_store::{Ctx, Store, StoreError};
use sealpost_web::{Failure, Feature};
use tokio::sync::Mutex;

use super::check::check;
use super::readers::Readers;
use super::{codes, pages};

/// What the handlers need.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) house: Store,
    readers: Arc<Readers>,
    /// Whose turn it is to have everything verified: it reads all there is.
    turn: Arc<Mutex<()>>,
}

impl Api {
    pub(super) async fn record(&self, ctx: &Ctx) -> Result<(), StoreError> {
        self.readers.record(&self.house, ctx).await
    }

    /// Verifies the whole ledger.
    pub(super) async fn verify(&self, ctx: &Ctx) -> Result<Result<Report, Finding>, Failure> {
        let _turn = self.turn.lock().await;
        check(&self.house, ctx).await
    }
}

/// Routes of the audit ledger.
pub fn feature(house: Store) -> Feature {
    let api = Api { house, readers: Arc::default(), turn: Arc::default() };
    Feature {
        name: "ledger",
        about: "The audit ledger holds who did what, in a Merkle tree whose head is signed: what was recorded can't be edited, \
                dropped or moved without that showing. Reading it leaves `ledger.read` in it, at most once a minute for each key.",
        routes: vec![
            entries::route(api.clone()),
            checkpoint::route(api.clone()),
            proof::route(api.clone()),
            verify::route(api.clone()),
            export::route(api.clone()),
        ]
        .into_iter()
        .chain(pages::routes(&api))
        .collect(),
        codes: codes::ALL,
    }
}
