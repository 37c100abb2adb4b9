//! Writing files: a job that takes what is queued, a stretch of rows at a time, sealed in pieces.
//!
//! What was begun and not finished is begun anew: its pieces belong to a run, and only the pieces of the run that came to its end are ever
//! handed out. Rights and masks are those its asker has when it begins, and are looked at again before it is whole.

use std::sync::Arc;
use std::time::Duration;

use sealpost_access::rights::{Rights, rights};
use sealpost_seal::key::Sha256;
use sealpost_store::{
    Change, Ctx, DownloadId, Environment, Leaf, Org, OrgKeys, RequestId, Store, StoreError, Tx, outbox,
};
use sealpost_web::Failure;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::MissedTickBehavior;

use super::lines::Lines;
use super::model::{Download, State, Written};
use super::sealing::FileKey;
use super::service::{Downloads, NEEDED};
use super::source::Exportable;
use super::{CHANGED, policy, store, upkeep};

/// Rows read at once.
const AT_ONCE: u32 = 250;
/// A piece of the file, at least: small enough to be held, large enough that a piece is cheap to store.
const PIECE: usize = 256 << 10;
/// How long a writer is believed to be alive that says nothing.
const LEASE_MS: i64 = 60_000;
/// Files written at the same time by one process.
const AT_THE_SAME_TIME: usize = 2;
/// Tries to write a file before it is given up.
const TRIES: u32 = 5;
/// How often it is looked for files whose writers died, and for what has come to its end, besides when something is told.
const CARE: Duration = Duration::from_secs(15);

/// Writes what is asked for, and destroys what has come to its end, for as long as it is polled.
pub async fn work_forever(downloads: Downloads) {
    let mut news = downloads.house.bus().subscribe(CHANGED);
    let writer = Writer::new(&downloads);
    let mut care = tokio::time::interval(CARE);
    care.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Where something is to be written, and everybody was busy.
    let mut starved: Vec<Org> = Vec::new();
    loop {
        let mut places = Vec::new();
        tokio::select! {
            told = news.recv() => {
                let Some(change) = told else { return };
                places.push(change.org);
                while let Ok(change) = news.try_recv() {
                    if !places.contains(&change.org) {
                        places.push(change.org);
                    }
                }
            }
            _ = care.tick() => places = writer.everywhere().await,
        }
        for org in std::mem::take(&mut starved) {
            if !places.contains(&org) {
                places.push(org);
            }
        }
        for org in places {
            let ctx = Ctx::system(org, writer.house().world().clone());
            match writer.organisation(&ctx).await {
                Ok(true) => {}
                Ok(false) => starved.push(org),
                Err(error) => tracing::error!(error = %error, "downloads.not_looked_after"),
            }
        }
    }
}

/// Why a document of pages could not be made.
const UNPRINTABLE: &str = "unprintable";

/// Who writes, in this process.
#[derive(Clone)]
pub(super) struct Writer {
    downloads: Downloads,
    /// By what others know that it is held.
    holder: [u8; 16],
    places: Arc<Semaphore>,
}

/// Why a file isn't written.
enum Broken {
    /// It never will be.
    Gone(&'static str),
    /// Somebody else writes it, or took it back.
    Lost,
    /// It may be the next time.
    Fault(Failure),
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::Fault(failure)
    }
}

impl Writer {
    pub(super) fn new(downloads: &Downloads) -> Self {
        let holder = DownloadId::new(downloads.house.world()).bytes();
        Self { downloads: downloads.clone(), holder, places: Arc::new(Semaphore::new(AT_THE_SAME_TIME)) }
    }

    fn house(&self) -> &Store {
        &self.downloads.house
    }

    /// Every organisation and environment.
    async fn everywhere(&self) -> Vec<Org> {
        let all = self.house().organisations().await.unwrap_or_else(|error| {
            tracing::error!(error = %error, "downloads.not_looked_after");
            Vec::new()
        });
        let both = |id| [Environment::Test, Environment::Live].map(|environment| Org { id, environment });
        all.into_iter().flat_map(both).collect()
    }

    /// Looks after the files of one, and begins to write what is to be written; false if there was no place for that.
    async fn organisation(&self, ctx: &Ctx) -> Result<bool, StoreError> {
        upkeep::look_after(&self.downloads, ctx).await?;
        loop {
            let Ok(place) = self.places.clone().try_acquire_owned() else { return Ok(false) };
            let Some(download) = self.claim(ctx).await? else { return Ok(true) };
            let (writer, ctx) = (self.clone(), ctx.clone());
            tokio::spawn(async move {
                writer.write(&ctx, download).await;
                drop(place);
                // Whoever waited for the place is looked for.
                let tell = |tx: &mut Tx<'_>| {
                    let org = tx.ctx().org;
                    tx.publish(Change::new(CHANGED, org, [0; 16]).here());
                    Ok::<_, StoreError>(())
                };
                if let Err(error) = writer.house().maintain(&ctx, tell).await {
                    tracing::error!(error = %error, "downloads.not_looked_after");
                }
            });
        }
    }

    /// Takes the next that is to be written.
    pub(super) async fn claim(&self, ctx: &Ctx) -> Result<Option<Download>, StoreError> {
        let (holder, alone, until) = (self.holder, self.house().is_alone(), ctx.now().plus_ms(LEASE_MS));
        self.house().maintain(ctx, move |tx| store::claim(tx, holder, alone, until)).await
    }

    /// Writes it, and says what became of it.
    pub(super) async fn write(&self, ctx: &Ctx, download: Download) {
        let id = download.id;
        let outcome = match download.run > TRIES {
            true => Err(Broken::Gone("tries_exhausted")),
            false => self.file(ctx, &download).await,
        };
        let ended = match outcome {
            Ok(rows) => {
                tracing::info!(download = %id, rows, "download.ready");
                return;
            }
            Err(Broken::Lost) => return,
            Err(Broken::Gone(why)) => self.give_up(ctx, id, why).await,
            Err(Broken::Fault(failure)) => {
                tracing::error!(error = ?failure, download = %id, "download.broken");
                return;
            }
        };
        if let Err(error) = ended {
            tracing::error!(error = %error, download = %id, "download.broken");
        }
    }

    async fn give_up(&self, ctx: &Ctx, id: DownloadId, why: &'static str) -> Result<(), StoreError> {
        tracing::warn!(download = %id, why, "download.failed");
        let end = move |tx: &mut Tx<'_>| {
            if !store::advance(tx, id, (State::Writing, State::Failed), Some(why))? {
                return Err(StoreError::Superseded);
            }
            let org = tx.ctx().org;
            tx.publish(Change::new(CHANGED, org, id.bytes()));
            Ok(tx.record(Leaf::of("download.fail").on(DownloadId::PREFIX, id.bytes()).failed(why), ()))
        };
        outbox::ours(self.house().write::<_, StoreError>(ctx, end).await).map(drop)
    }

    /// Writes all of it; answers how many rows it has.
    async fn file(&self, ctx: &Ctx, download: &Download) -> Result<u64, Broken> {
        let source = self.downloads.all.find(&download.source).ok_or(Broken::Gone("source_gone"))?.clone();
        let keys = self.house().keys().organisation(ctx.org.id).await?;
        let file = match FileKey::find(self.house(), ctx.org, download.id, download.slot).await {
            Err(StoreError::KeyGone) => return Err(Broken::Gone("key_gone")),
            found => found?,
        };
        let sealed = download.wanted.as_deref().ok_or(Broken::Gone("key_gone"))?;
        let wanted = file.open_wanted(sealed)?;
        let Rights { viewer, sight, .. } = self.granted(ctx, download, &*source, &keys).await?;
        let seeing = Ctx { viewer, request: RequestId::new(&ctx.world), ..ctx.clone() };

        let title = source.source().title;
        let mut lines = Lines::new(download.format, title, &download.columns, mark(download))
            .map_err(|_| Broken::Gone(UNPRINTABLE))?;
        let (mut written, mut sha256, mut after) = (Written::default(), Sha256::default(), None);
        loop {
            // What came to be after it was asked for is not what others agreed to.
            let stretch = source.stretch(&seeing, &wanted.filter, download.created_at, after, AT_ONCE).await?;
            for row in stretch.rows {
                lines.write(row);
                written.rows += 1;
            }
            after = stretch.next;
            if after.is_none() {
                lines.finish().map_err(|_| Broken::Gone(UNPRINTABLE))?;
            }
            if after.is_none() || lines.waiting() >= PIECE {
                self.put(ctx, download, &file, lines.take(), (&mut written, &mut sha256)).await?;
            }
            if after.is_none() {
                break;
            }
        }
        // Nobody gets what they may not see any more, however long it took.
        let rights = self.granted(ctx, download, &*source, &keys).await?;
        if rights.sight != sight {
            return Err(Broken::Gone("rights_changed"));
        }
        written.sha256 = Some(sha256.finish());
        self.finish(ctx, download, written, sight, keys).await?;
        Ok(written.rows)
    }

    /// The rights of whoever asked, as they are now, if they are still enough.
    async fn granted(
        &self,
        ctx: &Ctx,
        download: &Download,
        source: &dyn Exportable,
        keys: &Arc<OrgKeys>,
    ) -> Result<Rights, Broken> {
        let (asker, keys) = (Ctx { actor: download.actor, ..ctx.clone() }, keys.clone());
        let found = self.house().read::<_, StoreError>(&asker, move |tx| rights(tx, &keys)).await?;
        let enough = |rights: &Rights| {
            [NEEDED, source.source().needs].into_iter().all(|needed| rights.permissions.contains(needed))
        };
        found.filter(enough).ok_or(Broken::Gone("rights_gone"))
    }

    async fn put(
        &self,
        ctx: &Ctx,
        download: &Download,
        file: &FileKey,
        piece: Vec<u8>,
        (written, sha256): (&mut Written, &mut Sha256),
    ) -> Result<(), Broken> {
        if piece.is_empty() {
            return Ok(());
        }
        sha256.update(&piece);
        let (id, run) = (download.id, download.run);
        let sealed = file.seal_chunk(ctx, run, written.chunks, &piece);
        written.bytes += piece.len() as u64;
        written.chunks += 1;
        let (so_far, until) = (*written, ctx.now().plus_ms(LEASE_MS));
        let put = move |tx: &mut Tx<'_>| {
            let org = tx.ctx().org;
            tx.publish(Change::new(PROGRESS, org, id.bytes()));
            store::further(tx, (id, run), &sealed, &so_far, until)
        };
        kept(self.house().maintain::<_, StoreError>(ctx, put).await)?;
        Ok(())
    }

    async fn finish(
        &self,
        ctx: &Ctx,
        download: &Download,
        written: Written,
        sight: String,
        keys: Arc<OrgKeys>,
    ) -> Result<(), Broken> {
        let (id, run) = (download.id, download.run);
        let end = move |tx: &mut Tx<'_>| {
            let ctx = tx.ctx();
            let hours = i64::from(policy::standing(tx)?.policy.keep_hours);
            store::ready(tx, (id, run), &written, &sight, ctx.now().plus_ms(hours * 3_600_000))?;
            tx.publish(Change::new(CHANGED, ctx.org, id.bytes()));
            let details = json!({ "rows": written.rows, "bytes": written.bytes, "sha256": written.sha256.map(hex) });
            let sealed = keys.seal_audit(ctx, details.to_string().as_bytes());
            Ok(tx.record(Leaf::of("download.ready").on(DownloadId::PREFIX, id.bytes()).with(sealed), ()))
        };
        kept(self.house().write::<_, StoreError>(ctx, end).await)
    }
}

/// Told when a piece was written, for pages that show how far it is.
pub(crate) const PROGRESS: &str = "download.progress";

/// Whether it is still ours to write.
fn kept(outcome: Result<(), StoreError>) -> Result<(), Broken> {
    match outbox::ours(outcome)? {
        true => Ok(()),
        false => Err(Broken::Lost),
    }
}

/// What every row says at its end: in which file, for whom, when it was asked for.
fn mark(of: &Download) -> String {
    let who = super::api::asker(of.actor).map(|id| id.to_string()).unwrap_or_default();
    format!("{} {who} {}", of.id, of.created_at)
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: [u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
