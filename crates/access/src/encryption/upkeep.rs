//! What goes on beside requests: turns are done step by step, copies whose time has come are closed, the ledger hears of another root
//! key.

use std::time::Duration;

use sealpost_seal::rng::array;
use sealpost_store::{Ctx, Environment, Leaf, Org, OrgId, Store, StoreError, Time, Tx, outbox};
use serde_json::json;

use super::model::{Turn, named};
use super::pace::Pace;
use super::reseal::{self, Reseal};
use super::{service, store};

/// Which node does it.
const LEASE: &str = "encryption";
/// How long a node that fell silent keeps the others waiting.
const LEASE_MS: i64 = 30_000;
/// Batches between two looks at the lease.
const BATCHES: u32 = 64;

/// Looks after the encryption of all organisations at this interval, for as long as it is polled. `others` seal anew what is theirs.
pub async fn look_after_forever(house: Store, every: Duration, others: &[Reseal]) {
    let holder = array::<16>(&*house.world().rng);
    loop {
        if let Err(error) = look_after(&house, holder, others).await {
            tracing::error!(error = %error, "encryption.not_looked_after");
        }
        tokio::time::sleep(every).await;
    }
}

/// Does whatever can be done now, once; answers the first failure. Of several nodes one turns keys; the rest any of them may do at the
/// same time.
pub async fn look_after(house: &Store, holder: [u8; 16], others: &[Reseal]) -> Result<(), StoreError> {
    let mut outcome = house.keys().learn_root().await;
    // Copies whose time has come, and none for when it was made.
    outcome = outcome.and(house.keys().end_copies(Time::from_unix_ms(i64::MIN)).await.map(drop));
    for id in house.organisations().await? {
        let ctx = Ctx::system(Org { id, environment: Environment::Live }, house.world().clone());
        // What is wrong with one organisation must not hold up the others.
        outcome = outcome.and(note_root(house, &ctx).await).and(go_on(house, &ctx, holder, others).await);
    }
    outcome
}

/// Goes on with the newest turn that is under way: what it does, it does for those before it.
async fn go_on(house: &Store, ctx: &Ctx, holder: [u8; 16], others: &[Reseal]) -> Result<(), StoreError> {
    let open = house.peek(ctx, store::open).await?;
    let Some(turn) = open.first() else { return Ok(()) };
    if !house.hold_stream(LEASE, holder, LEASE_MS).await? {
        return Ok(());
    }
    let (org, keys) = (ctx.org.id, house.keys());
    keys.turn(org, turn.version).await?;
    if keys.organisation(org).await?.version() != turn.version || !rewrap(house, org, turn, holder).await? {
        return Ok(());
    }
    if turn.rewrapped_at.is_none() {
        keys.rewrap_indexes(org).await?;
        reseal::everything(house, org, &keys.organisation(org).await?, others).await?;
        let version = turn.version;
        house.maintain(ctx, move |tx| store::rewrapped(tx, version)).await?;
    }
    destroy(house, ctx, turn, others).await
}

/// Wraps slots anew until none is left; false if another node has taken over.
async fn rewrap(house: &Store, org: OrgId, turn: &Turn, holder: [u8; 16]) -> Result<bool, StoreError> {
    let mut pace = Pace::new(house.world().clock.clone());
    for batch in 1_u32.. {
        let begun = pace.begin();
        if !house.keys().rewrap_some(org, turn.version, pace.at_once()).await? {
            break;
        }
        if batch.is_multiple_of(BATCHES) && !house.hold_stream(LEASE, holder, LEASE_MS).await? {
            return Ok(false);
        }
        tokio::time::sleep(pace.rest(begun)).await;
    }
    Ok(true)
}

/// Destroys older versions once nothing is under them.
async fn destroy(house: &Store, ctx: &Ctx, turn: &Turn, others: &[Reseal]) -> Result<(), StoreError> {
    let keys = house.keys().organisation(ctx.org.id).await?;
    let current = keys.key_id();
    if house.read(ctx, move |tx| store::answers_left(tx, current)).await? {
        return Ok(());
    }
    // Whoever was slow to learn of the turn may have sealed something since.
    reseal::everything(house, ctx.org.id, &keys, others).await?;
    if !house.keys().destroy_before(ctx.org.id, turn.version).await? {
        return Ok(());
    }
    let version = turn.version;
    let done = house.write(ctx, move |tx| service::finish(tx, &keys, version));
    outbox::ours(done.await).map(drop)
}

/// Writes into the organisation's ledger that its keys are under another root key than before.
async fn note_root(house: &Store, ctx: &Ctx) -> Result<(), StoreError> {
    let root = house.keys().root_id();
    match house.peek(ctx, store::root).await? {
        Some((known, _)) if known == root => Ok(()),
        None => house.maintain(ctx, move |tx| store::note_root(tx, root)).await,
        Some((before, _)) => {
            let keys = house.keys().organisation(ctx.org.id).await?;
            let details = json!({ "from": named(before), "to": named(root) }).to_string();
            let leaf = Leaf::of("root_key.rotate")
                .on(OrgId::PREFIX, ctx.org.id.bytes())
                .with(keys.seal_audit(ctx, details.as_bytes()));
            let note = move |tx: &mut Tx<'_>| {
                if store::root(tx)?.is_some_and(|(known, _)| known == root) {
                    return Err(StoreError::Superseded);
                }
                store::note_root(tx, root)?;
                Ok(tx.record(leaf, ()))
            };
            outbox::ours(house.write(ctx, note).await).map(drop)
        }
    }
}
