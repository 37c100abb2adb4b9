//! Reading the ledger is in the ledger.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sealpost_store::{Ctx, Leaf, OrgId, Store, StoreError, Time};

/// How long one leaf stands for all readings of one reader.
const STANDS_FOR_MS: i64 = 60_000;
/// Readers remembered before those whose minute is over are forgotten.
const MANY: usize = 4096;

/// Who read when, in this process.
#[derive(Default)]
pub(crate) struct Readers(Mutex<HashMap<(OrgId, [u8; 16]), Time>>);

impl Readers {
    /// Records that the ledger is about to be read, unless this reader did within the last minute. Without the leaf there is
    /// nothing to read.
    pub(crate) async fn record(&self, house: &Store, ctx: &Ctx) -> Result<(), StoreError> {
        let (reader, now) = ((ctx.org.id, ctx.actor.id), ctx.now());
        if self.lock().get(&reader).is_some_and(|last| (0..STANDS_FOR_MS).contains(&now.since(*last))) {
            return Ok(());
        }
        house.write(ctx, |tx| Ok::<_, StoreError>(tx.record(Leaf::of("ledger.read"), ()))).await?;
        let mut readers = self.lock();
        if readers.len() >= MANY {
            readers.retain(|_, last| now.since(*last) < STANDS_FOR_MS);
        }
        readers.insert(reader, now);
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(OrgId, [u8; 16]), Time>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
