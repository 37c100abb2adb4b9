//! What time does to hand-overs: values that nobody opened are destroyed, and links that are long over forgotten.

use std::time::Duration;

use sealpost_store::{Ctx, Environment, Org, Store, StoreError, Tx};

use super::service::act;
use super::store;

/// Looked at in one transaction.
const AT_ONCE: u32 = 200;
/// How long one is kept after it was made: for a month a second opening is an alarm, and one can see what became of it.
const KEPT_MS: i64 = 31 * 86_400_000;

/// Looks after the hand-overs of every organisation, once, and answers the first failure. It may be done at any time and by several
/// nodes at the same time.
pub(super) async fn look_after(house: &Store) -> Result<(), StoreError> {
    let mut outcome = Ok(());
    for id in house.organisations().await? {
        for environment in [Environment::Test, Environment::Live] {
            let ctx = Ctx::system(Org { id, environment }, house.world().clone());
            // What is wrong with one organisation's must not keep those of others.
            outcome = outcome.and(destroy_overdue(house, &ctx).await).and(forget_old(house, &ctx).await);
        }
    }
    outcome
}

/// Looks after all hand-overs at this interval, for as long as it is polled.
pub async fn look_after_forever(house: Store, every: Duration) {
    loop {
        if let Err(error) = look_after(&house).await {
            tracing::error!(error = %error, "handovers.not_looked_after");
        }
        tokio::time::sleep(every).await;
    }
}

async fn destroy_overdue(house: &Store, ctx: &Ctx) -> Result<(), StoreError> {
    loop {
        let now = ctx.now();
        let due = house.read(ctx, move |tx| store::overdue(tx, now, AT_ONCE)).await?;
        let more = due.len() == AT_ONCE as usize;
        if due.is_empty() {
            return Ok(());
        }
        let destroy = move |tx: &mut Tx<'_>| {
            for (id, secret) in &due {
                if store::expire(tx, *id)? {
                    tx.note(act("secret.hand_over_expire", *secret));
                }
            }
            Ok::<_, StoreError>(())
        };
        house.maintain(ctx, destroy).await?;
        if !more {
            return Ok(());
        }
    }
}

async fn forget_old(house: &Store, ctx: &Ctx) -> Result<(), StoreError> {
    let before = ctx.now().plus_ms(-KEPT_MS);
    let old = house.read(ctx, move |tx| store::is_any_before(tx, before)).await?;
    if !old {
        return Ok(());
    }
    while house.maintain(ctx, move |tx| store::forget_before(tx, before, AT_ONCE)).await? == AT_ONCE as usize {}
    Ok(())
}
