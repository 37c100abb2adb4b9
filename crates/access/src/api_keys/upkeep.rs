//! What time does to keys: an organisation is reminded before one ends, and use is forgotten when it is old.

use std::time::Duration;

use sealpost_store::{ApiKeyId, Ctx, Environment, Leaf, Org, Store, StoreError, Tx};

use super::day::Day;
use super::model::ApiKey;
use super::rules::{self, Reminder};
use super::{notices, store};
use crate::notices::raise;

/// Days for which the use of keys is kept: counts of each day, and the networks they are known from (parity A14).
pub(super) const USE_KEPT: i64 = 90;

/// Looks after the keys of every organisation, once, and answers the first failure. It may be done at any time and by several nodes
/// at the same time.
pub async fn look_after(house: &Store) -> Result<(), StoreError> {
    let mut outcome = Ok(());
    for id in house.organisations().await? {
        for environment in [Environment::Test, Environment::Live] {
            let ctx = Ctx::system(Org { id, environment }, house.world().clone());
            // What is wrong with one organisation's keys must not silence the others.
            outcome = outcome.and(remind(house, &ctx).await).and(forget_old_use(house, &ctx).await);
        }
    }
    outcome
}

/// Looks after all keys at this interval, for as long as it is polled.
pub async fn look_after_forever(house: Store, every: Duration) {
    loop {
        if let Err(error) = look_after(&house).await {
            tracing::error!(error = %error, "keys.not_looked_after");
        }
        tokio::time::sleep(every).await;
    }
}

async fn remind(house: &Store, ctx: &Ctx) -> Result<(), StoreError> {
    let now = ctx.now();
    let ending = house.read(ctx, move |tx| store::ending(tx, rules::first_reminder(now))).await?;
    let due: Vec<_> = ending.into_iter().filter_map(|key| Some((rules::reminder(&key, now)?, key))).collect();
    if due.is_empty() {
        return Ok(());
    }
    house.maintain(ctx, move |tx| due.iter().try_for_each(|(reminder, key)| tell(tx, key, *reminder))).await
}

/// Tells of one key, unless this has been told.
fn tell(tx: &mut Tx<'_>, key: &ApiKey, reminder: Reminder) -> Result<(), StoreError> {
    if !store::mark_reminded(tx, key.id, reminder.mark())? {
        return Ok(());
    }
    let (leaf, notice) = match reminder {
        Reminder::Ending { threshold, days_left } => {
            (Leaf::of("key.expiring").because(threshold.code()), notices::expiring(key, days_left))
        }
        Reminder::Ended => (Leaf::of("key.expired"), notices::expired(key)),
    };
    tx.note(leaf.on(ApiKeyId::PREFIX, key.id.bytes()));
    raise(tx, notice).map(drop)
}

/// Most rounds find nothing to forget, and write nothing.
async fn forget_old_use(house: &Store, ctx: &Ctx) -> Result<(), StoreError> {
    let before = Day::of(ctx.now()).minus(USE_KEPT);
    if house.read(ctx, move |tx| store::has_use_before(tx, before)).await? {
        house.maintain(ctx, move |tx| store::forget_use_before(tx, before)).await?;
    }
    Ok(())
}
