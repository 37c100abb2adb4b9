//! Details don't stay for ever: after so many days they are deleted. Who did what to which thing stays, and so does the proof.

use std::time::Duration;

use sealpost_store::{Ctx, Environment, Org, Store, StoreError};

use super::retention::{DetailsDays, details_kept};

/// Leaves passed in one transaction, so that it holds nobody up.
const AT_ONCE: u64 = 1_000;
const DAY_MS: i64 = 86_400_000;

/// Deletes details older than `days` days, of all organisations that say nothing else, and of those that do what is older than they
/// say; nothing of whoever says nothing, if `days` is 0. Answers how many leaves it has passed.
pub async fn prune(store: &Store, days: u32) -> Result<u64, StoreError> {
    let mut all = 0;
    for id in store.organisations().await? {
        let ctx = Ctx::system(Org { id, environment: Environment::Live }, store.world().clone());
        let theirs = store.peek::<_, StoreError>(&ctx, details_kept).await?.days.map(DetailsDays::count);
        let days = match theirs.unwrap_or(days) {
            0 => continue,
            days => days,
        };
        let cutoff = store.world().clock.now().plus_ms(-i64::from(days) * DAY_MS);
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
