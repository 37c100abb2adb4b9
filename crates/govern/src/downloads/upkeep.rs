//! What time does to files: what nobody fetched is over, what others did not agree to ends, and the keys of what has come to its end are
//! destroyed.

use sealpost_store::{
    Change, Ctx, DownloadId, Environment, Leaf, SHREDDED, SlotId, Store, StoreError, Time, Tx, outbox,
};

use super::model::{Download, State};
use super::rules::TRIES;
use super::service::Downloads;
use super::store::{self, Which};
use super::{CHANGED, quota};
use crate::approvals;

/// Why a file has ended that somebody was in who is erased.
const OUTLIVED: &str = "outlived";
/// Looked at in one transaction.
const AT_ONCE: u32 = 100;
/// Why a file has ended that was begun to be fetched and never was to its end.
const CUT_OFF: &str = "cut_off";

/// Looks after the files of this organisation and environment, once. It may be done at any time and by several nodes at the same time.
pub(super) async fn look_after(downloads: &Downloads, ctx: &Ctx) -> Result<(), StoreError> {
    end_undecided(downloads, ctx).await?;
    end_overdue(downloads, ctx).await?;
    end_outlived(downloads, ctx).await?;
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

/// Ends what nobody fetched in time, or to its end.
pub(super) async fn end_overdue(downloads: &Downloads, ctx: &Ctx) -> Result<(), StoreError> {
    let due = downloads.house.read::<_, StoreError>(ctx, |tx| store::overdue(tx, TRIES, AT_ONCE)).await?;
    if due.is_empty() {
        return Ok(());
    }
    let end = move |tx: &mut Tx<'_>| {
        for (id, fetches) in due {
            let why = (fetches > 0).then_some(CUT_OFF);
            if store::advance(tx, id, (State::Ready, State::Expired), why)? {
                let org = tx.ctx().org;
                tx.publish(Change::new(CHANGED, org, id.bytes()));
                let leaf = Leaf::of("download.expire").on(DownloadId::PREFIX, id.bytes());
                tx.note(why.into_iter().fold(leaf, Leaf::because));
            }
        }
        Ok::<_, StoreError>(())
    };
    downloads.house.maintain(ctx, end).await
}

/// Ends files of people of whom one was erased since they were asked for, where a crash kept the erasure from doing so.
async fn end_outlived(downloads: &Downloads, ctx: &Ctx) -> Result<(), StoreError> {
    for download in of_people(&downloads.house, ctx).await? {
        let Some(source) = downloads.all.find(&download.source).cloned() else { continue };
        let since = download.created_at;
        let is_outlived = downloads.house.read::<_, StoreError>(ctx, move |tx| source.is_outlived(tx, since)).await?;
        if is_outlived {
            end(&downloads.house, ctx, &download).await?;
        }
    }
    Ok(())
}

/// Somebody's erasure has begun at this moment: files that may hold them and were asked for before are destroyed. May be done again.
pub async fn outlive(house: &Store, ctx: &Ctx, begun_at: Time) -> Result<(), StoreError> {
    for download in of_people(house, ctx).await?.into_iter().filter(|download| download.created_at <= begun_at) {
        end(house, ctx, &download).await?;
    }
    Ok(())
}

/// Files with personal columns that are written, or being written.
async fn of_people(house: &Store, ctx: &Ctx) -> Result<Vec<Download>, StoreError> {
    let mut all = Vec::new();
    for state in [State::Ready, State::Writing] {
        let mut before = DownloadId::from_bytes([0xff; 16]);
        loop {
            let page = move |tx: &mut Tx<'_>| store::page(tx, Which::In(state), before, AT_ONCE);
            let some = house.read::<_, StoreError>(ctx, page).await?;
            let Some(last) = some.last() else { break };
            before = last.id;
            all.extend(some.into_iter().filter(|download| download.personal));
        }
    }
    Ok(all)
}

/// Ends a file that somebody was in who is erased, and destroys it.
async fn end(house: &Store, ctx: &Ctx, download: &Download) -> Result<(), StoreError> {
    let (id, from) = (download.id, download.state);
    let to = if from == State::Ready { State::Expired } else { State::Failed };
    let end = move |tx: &mut Tx<'_>| {
        let ended = store::advance(tx, id, (from, to), Some(OUTLIVED))?;
        if ended {
            let org = tx.ctx().org;
            tx.publish(Change::new(CHANGED, org, id.bytes()));
            tx.note(Leaf::of("download.expire").on(DownloadId::PREFIX, id.bytes()).because(OUTLIVED));
        }
        Ok::<_, StoreError>(ended)
    };
    if house.maintain(ctx, end).await? {
        destroy(house, ctx, id, download.slot).await?;
    }
    Ok(())
}

/// Pieces of a file removed in one transaction: each is about a MiB.
const PIECES: u32 = 8;

/// Destroys what has come to its end.
async fn shred(downloads: &Downloads, ctx: &Ctx) -> Result<(), StoreError> {
    let due = downloads.house.read::<_, StoreError>(ctx, |tx| store::to_shred(tx, AT_ONCE)).await?;
    for id in due {
        if let Some(download) = downloads.house.peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await? {
            destroy(&downloads.house, ctx, id, download.slot).await?;
        }
    }
    Ok(())
}

/// Destroys the key of a file, and then what was sealed under it.
pub(super) async fn destroy(house: &Store, ctx: &Ctx, id: DownloadId, slot: SlotId) -> Result<(), StoreError> {
    house.keys().shred(ctx.org.id, vec![slot]).await?;
    let system = Ctx::system(ctx.org, ctx.world.clone());
    while house.maintain::<_, StoreError>(&system, move |tx| store::drop_chunks(tx, id, PIECES)).await? > 0 {}
    let empty = move |tx: &mut Tx<'_>| {
        // Another node has done it.
        if !store::shredded(tx, id)? {
            return Err(StoreError::Superseded);
        }
        let org = tx.ctx().org;
        tx.publish(Change::new(SHREDDED, org, slot.bytes()));
        Ok(tx.record(Leaf::of("download.destroy").on(DownloadId::PREFIX, id.bytes()), ()))
    };
    outbox::ours(house.write::<_, StoreError>(&system, empty).await).map(drop)
}
