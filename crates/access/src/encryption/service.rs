//! Use cases of turns.

use sealpost_store::{Ctx, Leaf, OrgId, OrgKeys, Recorded, Store, StoreError, Tx};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Failure, Refusal};
use serde_json::json;

use super::codes::ENCRYPTION_TURNING;
use super::model::{MOST_OPEN, Standing};
use super::store;

/// How the organisation's encryption stands.
pub async fn standing(house: &Store, ctx: &Ctx) -> Result<Standing, StoreError> {
    let keys = house.keys().organisation(ctx.org.id).await?;
    let turn = house.peek(ctx, store::last).await?;
    let progress = match turn {
        Some(turn) => house.keys().turn_standing(ctx.org.id, turn.version).await?,
        None => None,
    };
    Ok(Standing {
        version: keys.version(),
        versions: keys.versions(),
        turn,
        progress,
        root: house.keys().root().await?,
        custody: house.keys().custody(),
        index_epoch: house.keys().epoch(ctx.org.id, ctx.now()).await?.number(),
    })
}

/// To which version the organisation's key turns next.
pub async fn next_version(house: &Store, ctx: &Ctx) -> Result<u32, StoreError> {
    let keys = house.keys().organisation(ctx.org.id).await?;
    let asked = house.peek(ctx, store::last).await?.map_or(0, |turn| turn.version);
    // Data restored from before doesn't know how far the key store is.
    let newest = keys.versions().first().copied().unwrap_or(0).max(asked);
    Ok(newest.saturating_add(1))
}

/// Begins a turn to this version: whoever looks after turns does the rest.
pub fn begin(tx: &mut Tx<'_>, keys: &OrgKeys, version: u32) -> Result<Recorded<()>, Failure> {
    if store::open(tx)?.len() >= MOST_OPEN {
        return Err(Refusal::of(&ENCRYPTION_TURNING).into());
    }
    if !store::insert(tx, version)? {
        return Err(Refusal::of(&CHANGED_MEANWHILE).into());
    }
    let leaf = leaf(tx.ctx(), keys, "encryption.rotate", version);
    Ok(tx.record(leaf, ()))
}

/// Ends the turns up to this version; nothing if somebody else did.
pub(super) fn finish(tx: &mut Tx<'_>, keys: &OrgKeys, version: u32) -> Result<Recorded<()>, StoreError> {
    if store::finish(tx, version)? == 0 {
        return Err(StoreError::Superseded);
    }
    let leaf = leaf(tx.ctx(), keys, "encryption.complete", version);
    Ok(tx.record(leaf, ()))
}

fn leaf(ctx: &Ctx, keys: &OrgKeys, action: &'static str, version: u32) -> Leaf {
    let details = keys.seal_audit(ctx, json!({ "version": version }).to_string().as_bytes());
    Leaf::of(action).on(OrgId::PREFIX, ctx.org.id.bytes()).with(details)
}

/// Records that somebody has the keys of the blind indexes turn.
pub(super) fn turn_indexes(tx: &mut Tx<'_>) -> Recorded<()> {
    let leaf = index_turn(tx.ctx());
    tx.record(leaf, ())
}

/// The same beside another act.
pub(super) fn note_index_turn(tx: &mut Tx<'_>) {
    let leaf = index_turn(tx.ctx());
    tx.note(leaf);
}

fn index_turn(ctx: &Ctx) -> Leaf {
    Leaf::of("index_key.turn").on(OrgId::PREFIX, ctx.org.id.bytes())
}
