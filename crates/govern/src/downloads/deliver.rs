//! Handing a file out: to whoever asked for it, once, on record before the first byte.
//!
//! It is used up when its last byte was handed over. A transfer that breaks before may be begun again, a few times and for a while, by the
//! session or key that began it; nobody else begins one meanwhile.

use std::time::Duration;

use hyper::body::Bytes;
use sealpost_access::rights::rights;
use sealpost_seal::key::Sha256;
use sealpost_store::{Change, Ctx, DownloadId, Leaf, StoreError, Tx, outbox};
use sealpost_web::{Code, Failure, Refusal};
use serde_json::json;
use tokio::sync::mpsc;

use super::codes::{
    DOWNLOAD_NOT_READY, DOWNLOAD_OUTLIVED, DOWNLOAD_RANGE_REFUSED, DOWNLOAD_RIGHTS_CHANGED, DOWNLOAD_UNDER_WAY,
};
use super::model::Download;
use super::rules::{FETCHING_MS, Fetchable, Part, TRIES, Wanted, fetchable, part};
use super::sealing::FileKey;
use super::service::{Downloads, NEEDED, own};
use super::write::hex;
use super::{CHANGED, store, upkeep};

/// Pieces that may wait for a slow reader.
const WAITING: usize = 2;
/// How long a reader may take for a piece: whoever takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// For how long nobody else begins once somebody has, unless it is said again: longer than a reader may take twice.
const HOLD_MS: i64 = 180_000;
/// After what time it is said again.
const HOLD_AGAIN_MS: i64 = 30_000;
/// What is kept back of a file until everything before it was taken: whoever is gone by then has not got the last byte.
const TAIL: usize = 16 << 10;

/// A file, or a part of it, that is being handed over.
pub(super) struct Handed {
    pub(super) download: Download,
    pub(super) part: Part,
    pub(super) bytes: mpsc::Receiver<Bytes>,
}

/// How it was handed over.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// Up to the last byte of the file.
    Whole,
    /// What was asked for, which is not its end.
    Part,
    /// Nobody reads any more, or it came to its end otherwise meanwhile.
    CutOff,
}

impl Downloads {
    /// The file, or what `wanted` says of it, as it is read. `by` is the session or key that fetches. Who may not have it any more leaves
    /// that on record.
    pub(super) async fn deliver(
        &self,
        ctx: &Ctx,
        id: DownloadId,
        by: [u8; 16],
        wanted: Wanted,
    ) -> Result<Handed, Failure> {
        let keys = self.house.keys().organisation(ctx.org.id).await?;
        let all = self.all.clone();
        let take = move |tx: &mut Tx<'_>| {
            let download = own(tx, id)?;
            let now = tx.ctx().now();
            match fetchable(&download, by, now) {
                Fetchable::Yes => {}
                Fetchable::No => return Err(Refusal::of(&DOWNLOAD_NOT_READY).into()),
                Fetchable::Later(seconds) => {
                    return Err(Refusal::of(&DOWNLOAD_UNDER_WAY).retry_after(seconds).into());
                }
            }
            let length = download.written.bytes;
            let Some(part) = part(&wanted, &tag(&download), length) else {
                return Err(Refusal::of(&DOWNLOAD_RANGE_REFUSED).member("bytes", length).into());
            };
            let source = all.find(&download.source).ok_or_else(|| Refusal::of(&DOWNLOAD_NOT_READY))?;
            let tries = download.fetch.map_or(0, |fetch| fetch.tries);
            let details = json!({ "try": tries + 1, "from": part.from, "to": part.to }).to_string();
            let leaf = Leaf::of("download.deliver")
                .on(DownloadId::PREFIX, id.bytes())
                .with(keys.seal_audit(tx.ctx(), details.as_bytes()));
            let rights = rights(tx, &keys)?;
            let same = rights.is_some_and(|rights| {
                let enough =
                    [NEEDED, source.source().needs].into_iter().all(|needed| rights.permissions.contains(needed));
                enough && download.sight.as_deref() == Some(&rights.sight)
            });
            if !same {
                return Ok(tx.record(leaf.denied(DOWNLOAD_RIGHTS_CHANGED.code), Err(&DOWNLOAD_RIGHTS_CHANGED)));
            }
            if download.personal && source.is_outlived(tx, download.created_at)? {
                return Ok(tx.record(leaf.denied(DOWNLOAD_OUTLIVED.code), Err(&DOWNLOAD_OUTLIVED)));
            }
            // Of many who try at once one does.
            if !store::begin_fetch(tx, (id, tries), by, now.plus_ms(FETCHING_MS), now.plus_ms(HOLD_MS))? {
                return Err(Refusal::of(&DOWNLOAD_UNDER_WAY).retry_after(seconds(HOLD_MS)).into());
            }
            let org = tx.ctx().org;
            tx.publish(Change::new(CHANGED, org, id.bytes()));
            Ok(tx.record(leaf, Ok::<_, &'static Code>((download, part, tries + 1))))
        };
        let (download, part, tries) = match self.house.write::<_, Failure>(ctx, take).await? {
            Ok(taken) => taken,
            Err(code) => return Err(Refusal::of(code).into()),
        };
        let (to, bytes) = mpsc::channel(WAITING);
        let (downloads, sent) = (self.clone(), download.clone());
        let ctx = Ctx::system(ctx.org, ctx.world.clone());
        tokio::spawn(async move {
            let outcome = downloads.send(&ctx, (&sent, tries), part, &to).await.unwrap_or_else(|error| {
                // Whoever reads it has less than the length they were told.
                tracing::error!(error = %error, download = %id, "download.delivery_broken");
                Outcome::CutOff
            });
            tracing::info!(download = %id, tries, outcome = ?outcome, "download.handed_over");
            if let Err(error) = downloads.conclude(&ctx, (&sent, tries), &outcome).await {
                tracing::error!(error = %error, download = %id, "download.not_concluded");
            }
            // What was taken and what becomes of that is known before whoever reads is told that there is no more.
            drop(to);
        });
        Ok(Handed { download, part, bytes })
    }

    /// Hands it on piece by piece.
    async fn send(
        &self,
        ctx: &Ctx,
        (of, tries): (&Download, u32),
        part: Part,
        to: &mpsc::Sender<Bytes>,
    ) -> Result<Outcome, StoreError> {
        let (id, run) = (of.id, of.run);
        let file = match FileKey::find(&self.house, ctx.org, id, of.slot).await {
            Err(StoreError::KeyGone) => return Ok(Outcome::CutOff),
            found => found?,
        };
        let (mut sha256, mut at, mut held) = (Sha256::default(), 0, ctx.now());
        for seq in 0..of.written.chunks {
            let chunk = self.house.read::<_, StoreError>(ctx, move |tx| store::chunk(tx, id, run, seq)).await?;
            // Destroyed meanwhile, with somebody who is in it, or by whoever asked.
            let Some(chunk) = chunk else { return Ok(Outcome::CutOff) };
            let piece = file.open_chunk(run, seq, &chunk)?;
            sha256.update(&piece);
            let begin = at;
            at += piece.len() as u64;
            let inside = |place: u64| usize::try_from(place.clamp(begin, at) - begin).unwrap_or(usize::MAX);
            let wanted = piece.get(inside(part.from)..inside(part.to)).unwrap_or_default();
            let is_last = at >= part.to;
            let kept_back = if is_last { TAIL.min(wanted.len().div_ceil(2)) } else { 0 };
            let (now, tail) = wanted.split_at(wanted.len() - kept_back);
            if !put(to, now).await {
                return Ok(Outcome::CutOff);
            }
            if is_last {
                if at == of.written.bytes && of.written.sha256 != Some(sha256.finish()) {
                    return Err(StoreError::Unopenable);
                }
                if !taken(to).await || !put(to, tail).await {
                    return Ok(Outcome::CutOff);
                }
                break;
            }
            if ctx.now().since(held) >= HOLD_AGAIN_MS {
                held = ctx.now();
                let until = held.plus_ms(HOLD_MS);
                let hold = move |tx: &mut Tx<'_>| store::hold(tx, (id, tries), Some(until));
                if !self.house.maintain::<_, StoreError>(ctx, hold).await? {
                    return Ok(Outcome::CutOff);
                }
            }
        }
        Ok(if part.to == of.written.bytes { Outcome::Whole } else { Outcome::Part })
    }

    /// What becomes of a file that was handed over so.
    async fn conclude(&self, ctx: &Ctx, (of, tries): (&Download, u32), outcome: &Outcome) -> Result<(), StoreError> {
        let id = of.id;
        if *outcome == Outcome::Whole {
            let end = move |tx: &mut Tx<'_>| {
                // It came to its end otherwise meanwhile.
                if !store::handed_over(tx, (id, tries))? {
                    return Err(StoreError::Superseded);
                }
                let org = tx.ctx().org;
                tx.publish(Change::new(CHANGED, org, id.bytes()));
                Ok(tx.record(Leaf::of("download.complete").on(DownloadId::PREFIX, id.bytes()), ()))
            };
            return match outbox::ours(self.house.write::<_, StoreError>(ctx, end).await)? {
                true => upkeep::destroy(&self.house, ctx, id, of.slot).await,
                false => Ok(()),
            };
        }
        let let_go = move |tx: &mut Tx<'_>| {
            if store::hold(tx, (id, tries), None)? {
                let org = tx.ctx().org;
                tx.publish(Change::new(CHANGED, org, id.bytes()));
            }
            Ok::<_, StoreError>(())
        };
        self.house.maintain(ctx, let_go).await?;
        if tries < TRIES { Ok(()) } else { upkeep::end_overdue(self, ctx).await }
    }
}

/// By what a client knows that it goes on with the same file (RFC 9110 §8.8.3).
pub(super) fn tag(of: &Download) -> String {
    format!("\"{}\"", of.written.sha256.map(hex).unwrap_or_default())
}

fn seconds(ms: i64) -> u32 {
    u32::try_from(ms / 1_000).unwrap_or_default()
}

/// False if nobody reads any more.
async fn put(to: &mpsc::Sender<Bytes>, piece: &[u8]) -> bool {
    piece.is_empty()
        || matches!(tokio::time::timeout(PATIENCE, to.send(Bytes::copy_from_slice(piece))).await, Ok(Ok(())))
}

/// Waits until whoever reads has taken everything; false if they don't.
async fn taken(to: &mpsc::Sender<Bytes>) -> bool {
    matches!(tokio::time::timeout(PATIENCE, to.reserve_many(WAITING)).await, Ok(Ok(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_reads_has_time_before_somebody_else_may_begin() {
        assert!(HOLD_MS - HOLD_AGAIN_MS > 2 * i64::try_from(PATIENCE.as_millis()).unwrap());
    }
}
