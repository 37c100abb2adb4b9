//! Which replies were taken is forgotten when nobody repeats them any more.

use sealpost_store::{Ctx, StoreError, Tx};

use super::store;
use crate::workflows::Workflows;
use crate::workflows::triggers::rules::REPEATED_MS;

/// Forgotten in one transaction.
const AT_ONCE: u32 = 1_000;

impl Workflows {
    /// Forgets those that were taken as long ago as no sender repeats anything.
    pub(in crate::workflows) async fn forget_replies_of(&self, ctx: &Ctx) -> Result<(), StoreError> {
        let before = ctx.now().plus_ms(-REPEATED_MS);
        let forget = move |tx: &mut Tx<'_>| store::forget_oldest(tx, before, AT_ONCE);
        while self.store().maintain(ctx, forget).await? == u64::from(AT_ONCE) {}
        Ok(())
    }
}
