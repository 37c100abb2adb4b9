//! What time does to secrets: an organisation is reminded of old ones, and those from before there were fingerprints get theirs.

use std::time::Duration;

use sealpost_store::{Ctx, Environment, Leaf, Org, SecretId, Store, StoreError, Tx};

use super::mark::Fingerprint;
use super::model::NamedSecret;
use super::{notices, service, store};
use crate::notices::raise;

const DAY_MS: i64 = 86_400_000;
/// Fingerprints made in one transaction.
const MARKED_AT_ONCE: u32 = 200;

/// Looks after the secrets of every organisation, once, and answers the first failure. It may be done at any time and by several
/// nodes at the same time.
pub async fn look_after(house: &Store) -> Result<(), StoreError> {
    let mut outcome = Ok(());
    for id in house.organisations().await? {
        for environment in [Environment::Test, Environment::Live] {
            let ctx = Ctx::system(Org { id, environment }, house.world().clone());
            // What is wrong with one organisation's secrets must not silence the others.
            outcome = outcome.and(remind(house, &ctx).await).and(mark(house, &ctx).await);
        }
    }
    outcome
}

/// Looks after all secrets at this interval, for as long as it is polled.
pub async fn look_after_forever(house: Store, every: Duration) {
    loop {
        if let Err(error) = look_after(&house).await {
            tracing::error!(error = %error, "secrets.not_looked_after");
        }
        tokio::time::sleep(every).await;
    }
}

async fn remind(house: &Store, ctx: &Ctx) -> Result<(), StoreError> {
    let now = ctx.now();
    let due = house.read(ctx, move |tx| store::aging(tx, now)).await?;
    if due.is_empty() {
        return Ok(());
    }
    house.maintain(ctx, move |tx| due.iter().try_for_each(|secret| tell(tx, secret))).await
}

/// Tells of one secret, unless this has been told of this version.
fn tell(tx: &mut Tx<'_>, secret: &NamedSecret) -> Result<(), StoreError> {
    if !store::mark_reminded(tx, secret.id, secret.newest.number)? {
        return Ok(());
    }
    tx.note(Leaf::of("secret.aging").on(SecretId::PREFIX, secret.id.bytes()));
    let age = tx.ctx().now().since(secret.newest.created_at) / DAY_MS;
    raise(tx, notices::aging(secret, age)).map(drop)
}

/// Gives fingerprints to versions that have none. What doesn't open stays without one: whoever uses it will hear of that.
async fn mark(house: &Store, ctx: &Ctx) -> Result<(), StoreError> {
    let without = house.read(ctx, |tx| store::without_fingerprint(tx, MARKED_AT_ONCE)).await?;
    if without.is_empty() {
        return Ok(());
    }
    let keys = house.keys().organisation(ctx.org.id).await?;
    let marks: Vec<_> = without
        .into_iter()
        .filter_map(|row| {
            let (id, number) = (row.id, row.number);
            let version = service::open(ctx, &keys, id, row).ok()?;
            Some((id, number, Fingerprint::of(&keys, id, version.value.expose())))
        })
        .collect();
    let set = move |tx: &mut Tx<'_>| {
        marks.iter().try_for_each(|(id, number, mark)| store::set_fingerprint(tx, *id, *number, *mark))
    };
    house.maintain(ctx, set).await
}
