//! Handing a file out: to whoever asked for it, once, on record before the first byte.

use std::time::Duration;

use hyper::body::Bytes;
use sealpost_access::rights::rights;
use sealpost_seal::key::Sha256;
use sealpost_store::{Change, Ctx, DownloadId, Leaf, StoreError, Tx};
use sealpost_web::{Code, Failure, Refusal};
use tokio::sync::mpsc;

use super::codes::{DOWNLOAD_NOT_READY, DOWNLOAD_OUTLIVED, DOWNLOAD_RIGHTS_CHANGED};
use super::model::{Download, State};
use super::sealing::FileKey;
use super::service::{Downloads, NEEDED, own};
use super::{CHANGED, store, upkeep};

/// Pieces that may wait for a slow reader.
const WAITING: usize = 2;
/// How long a reader may take for a piece: whoever takes longer hangs, and a file that nobody reads is over.
const PATIENCE: Duration = Duration::from_secs(60);

impl Downloads {
    /// The file, as it is read: nobody gets it a second time, however this goes. Who may not have it any more leaves that on record.
    pub(super) async fn deliver(
        &self,
        ctx: &Ctx,
        id: DownloadId,
    ) -> Result<(Download, mpsc::Receiver<Bytes>), Failure> {
        let keys = self.house.keys().organisation(ctx.org.id).await?;
        let all = self.all.clone();
        let take = move |tx: &mut Tx<'_>| {
            let download = own(tx, id)?;
            let now = tx.ctx().now();
            if download.state != State::Ready || download.expires_at.is_none_or(|until| until <= now) {
                return Err(Refusal::of(&DOWNLOAD_NOT_READY).into());
            }
            let source = all.find(&download.source).ok_or_else(|| Refusal::of(&DOWNLOAD_NOT_READY))?;
            let leaf = Leaf::of("download.deliver").on(DownloadId::PREFIX, id.bytes());
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
            if !store::advance(tx, id, (State::Ready, State::Delivered), None)? {
                return Err(Refusal::of(&DOWNLOAD_NOT_READY).into());
            }
            let org = tx.ctx().org;
            tx.publish(Change::new(CHANGED, org, id.bytes()));
            Ok(tx.record(leaf, Ok::<_, &'static Code>(download)))
        };
        let download = match self.house.write::<_, Failure>(ctx, take).await? {
            Ok(download) => download,
            Err(code) => return Err(Refusal::of(code).into()),
        };
        let (to, receiver) = mpsc::channel(WAITING);
        let (downloads, ctx, sent) = (self.clone(), ctx.clone(), download.clone());
        tokio::spawn(async move {
            match downloads.send(&ctx, &sent, &to).await {
                Ok(true) => tracing::info!(download = %id, "download.delivered"),
                Ok(false) => tracing::info!(download = %id, "download.unread"),
                // Whoever reads it finds that its digest is another.
                Err(error) => tracing::error!(error = %error, download = %id, "download.delivery_broken"),
            }
            if let Err(error) = upkeep::destroy(&downloads.house, &ctx, id, sent.slot).await {
                tracing::error!(error = %error, download = %id, "download.not_destroyed");
            }
        });
        Ok((download, receiver))
    }

    /// Hands it on piece by piece; false if nobody reads any more.
    async fn send(&self, ctx: &Ctx, of: &Download, to: &mpsc::Sender<Bytes>) -> Result<bool, StoreError> {
        let file = FileKey::find(&self.house, ctx.org, of.id, of.slot).await?;
        let (id, run, mut sha256) = (of.id, of.run, Sha256::default());
        for seq in 0..of.written.chunks {
            let chunk = self.house.read::<_, StoreError>(ctx, move |tx| store::chunk(tx, id, run, seq)).await?;
            let piece = file.open_chunk(run, seq, &chunk.ok_or(StoreError::Missing("download_chunk"))?)?;
            sha256.update(&piece);
            match tokio::time::timeout(PATIENCE, to.send(Bytes::copy_from_slice(&piece))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Ok(false),
            }
        }
        match of.written.sha256 == Some(sha256.finish()) {
            true => Ok(true),
            false => Err(StoreError::Unopenable),
        }
    }
}
