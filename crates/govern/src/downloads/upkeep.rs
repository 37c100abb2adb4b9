//! What time does to files: what nobody fetched is over, what others did not agree to ends, and the keys of what has come to its end are
//! destroyed.

use sealpost_store::{Change, Ctx, DownloadId, Environment, Leaf, SHREDDED, SlotId, StoreError, Tx, outbox};

use super::model::State;
use super::service::Downloads;
use super::store::{self, Which};
use super::{CHANGED, quota};
use crate::approvals;

/// Looked at in one transaction.
const AT_ONCE: u32 = 100;
/// How long a file may take to be fetched: as long as it would have waited at most.
const FETCHING_MS: i64 = 24 * 3_600_000;

/// Looks after the files of this organisation and environment, once. It may be done at any time and by several nodes at the same time.
pub(super) async fn look_after(downloads: &Downloads, ctx: &Ctx) -> Result<(), StoreError> {
    end_undecided(downloads, ctx).await?;
    end_overdue(downloads, ctx).await?;
    shred(downloads, ctx).await?;
    if ctx.org.environment == Environment::Live {
        downloads.house.maintain::<_, StoreError>(ctx, quota::forget).await?;
    }
    Ok(())
}

/// Ends what others did not agree to.
async fn end_undecided(downloads: &Downloads, ctx: &Ctx) -> Result<(), StoreError> {
    let last = DownloadId::from_bytes([0xff; 16]);
    let page = move |tx: &mut Tx<'_>| store::page(tx, Which::In(State::Waiting), last, AT_ONCE);
    let waiting = downloads.house.read::<_, StoreError>(ctx, page).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let keys = downloads.house.keys().organisation(ctx.org.id).await?;
    for download in waiting {
        let (id, Some(approval)) = (download.id, download.approval) else { continue };
        let keys = keys.clone();
        let end = move |tx: &mut Tx<'_>| {
            let Some(state) = approvals::state_of(tx, &keys, approval)? else { return Ok(()) };
            // What was approved and isn't queued yet is put into force by somebody.
            if matches!(state, approvals::State::Pending | approvals::State::Approved | approvals::State::Live) {
                return Ok(());
            }
            if store::advance(tx, id, (State::Waiting, State::Refused), Some(state.word()))? {
                let org = tx.ctx().org;
                tx.publish(Change::new(CHANGED, org, id.bytes()));
                tx.note(Leaf::of("download.refuse").on(DownloadId::PREFIX, id.bytes()).because(state.word()));
            }
            Ok::<_, StoreError>(())
        };
        downloads.house.maintain(ctx, end).await?;
    }
    Ok(())
}

/// Ends what nobody fetched in time.
async fn end_overdue(downloads: &Downloads, ctx: &Ctx) -> Result<(), StoreError> {
    let due = downloads.house.read::<_, StoreError>(ctx, |tx| store::overdue(tx, AT_ONCE)).await?;
    if due.is_empty() {
        return Ok(());
    }
    let end = move |tx: &mut Tx<'_>| {
        for id in due {
            if store::advance(tx, id, (State::Ready, State::Expired), None)? {
                let org = tx.ctx().org;
                tx.publish(Change::new(CHANGED, org, id.bytes()));
                tx.note(Leaf::of("download.expire").on(DownloadId::PREFIX, id.bytes()));
            }
        }
        Ok::<_, StoreError>(())
    };
    downloads.house.maintain(ctx, end).await
}

/// Destroys what has come to its end.
async fn shred(downloads: &Downloads, ctx: &Ctx) -> Result<(), StoreError> {
    let fetched = ctx.now().plus_ms(-FETCHING_MS);
    let due = downloads.house.read::<_, StoreError>(ctx, move |tx| store::to_shred(tx, fetched, AT_ONCE)).await?;
    for id in due {
        if let Some(download) = downloads.house.peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await? {
            destroy(downloads, ctx, id, download.slot).await?;
        }
    }
    Ok(())
}

/// Destroys the key of a file, and then what was sealed under it.
pub(super) async fn destroy(downloads: &Downloads, ctx: &Ctx, id: DownloadId, slot: SlotId) -> Result<(), StoreError> {
    downloads.house.keys().shred(ctx.org.id, vec![slot]).await?;
    let system = Ctx::system(ctx.org, ctx.world.clone());
    let empty = move |tx: &mut Tx<'_>| {
        // Another node has done it.
        if !store::shredded(tx, id)? {
            return Err(StoreError::Superseded);
        }
        let org = tx.ctx().org;
        tx.publish(Change::new(SHREDDED, org, slot.bytes()));
        Ok(tx.record(Leaf::of("download.destroy").on(DownloadId::PREFIX, id.bytes()), ()))
    };
    outbox::ours(downloads.house.write::<_, StoreError>(&system, empty).await).map(drop)
}
