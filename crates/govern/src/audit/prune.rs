//! Details don't stay for ever: after so many days they are deleted. Who did what to which thing stays, and so does the proof.

use std::time::Duration;

use sealpost_store::{Ctx, Environment, Org, Store, StoreError};

/// Leaves passed in one transaction, so that it holds nobody up.
const AT_ONCE: u64 = 1_000;
const DAY_MS: i64 = 86_400_000;

/// Deletes details older than `days` days, of all organisations; answers how many leaves it has passed.
pub async fn prune(store: &Store, days: u32) -> Result<u64, StoreError> {
    let cutoff = store.world().clock.now().plus_ms(-i64::from(days) * DAY_MS);
    let mut all = 0;
    for id in store.organisations().await? {
        let ctx = Ctx::system(Org { id, environment: Environment::Live }, store.world().clone());
        loop {
            match store.prune_ledger(&ctx, cutoff, AT_ONCE).await? {
                0 => break,
                passed => all += passed,
            }
        }
    }
    Ok(all)
}

/// Does so again and again, for as long as the server runs.
pub async fn prune_forever(store: Store, days: u32, every: Duration) {
    loop {
        match prune(&store, days).await {
            Ok(0) => {}
            Ok(leaves) => tracing::info!(leaves, "ledger.pruned"),
            Err(error) => tracing::error!(error = %error, "ledger.prune_failed"),
        }
        tokio::time::sleep(every).await;
    }
}
