//! One stream: from the ledger to one sink, without a gap.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sealpost_seal::rng;
use sealpost_store::{Ctx, Environment, Org, OrgId, Store, StoreError, Unstreamed};

use super::event::Event;
use super::health::Health;
use super::sink::{Line, Receipt, Sink, SinkError};

/// How often the ledger is looked at for news.
const LOOK: Duration = Duration::from_millis(500);
/// How often a node that doesn't stream looks whether it should.
const STAND_BY: Duration = Duration::from_secs(5);
/// How long a node may be silent before another streams in its place. Longer than a sink may take for everything together.
pub(super) const LEASE_MS: i64 = 60_000;
/// How long leaves are sent before the sink has to confirm: what is repeated after an outage.
const STRETCH_MS: i64 = 5_000;
/// Organisations looked at together.
const PAGE: u32 = 256;
/// Leaves of one organisation sent at once; then it is another's turn.
const CHUNK: u32 = 256;
/// How long to wait after the first failure; twice as long after each further one, up to the last.
const WAIT: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(30)];

/// A stream, to be run once on each node.
pub struct Stream {
    store: Store,
    sink: Sink,
    holder: [u8; 16],
    /// Until when the lease is ours, in Unix milliseconds, as far as we know.
    held_until: AtomicI64,
    health: Arc<Health>,
}

/// What came of a look.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Looked {
    /// Leaves were delivered.
    Delivered,
    /// There is nothing to deliver.
    Quiet,
    /// Another node streams.
    Elsewhere,
}

/// Why leaves were not delivered.
#[derive(Debug, thiserror::Error)]
pub(super) enum StreamError {
    #[error("the ledger could not be read: {0}")]
    Store(#[from] StoreError),
    #[error("the sink did not take it: {0}")]
    Sink(#[from] SinkError),
    #[error("another node has taken the stream over")]
    TakenOver,
}

impl Stream {
    /// From this store's ledgers to `sink`. A stream that is new begins with the first leaf.
    pub fn new(store: Store, sink: Sink) -> Self {
        let holder = rng::array(&*store.world().rng);
        Self { store, sink, holder, held_until: AtomicI64::new(i64::MIN), health: Arc::default() }
    }

    /// `syslog` or `webhook`.
    pub fn name(&self) -> &'static str {
        self.sink.name()
    }

    /// How it is doing.
    pub fn health(&self) -> Arc<Health> {
        self.health.clone()
    }

    /// Streams, for as long as it is polled.
    pub async fn run(self) {
        let mut wait = WAIT[0];
        loop {
            let looked = self.look().await;
            self.health.streams(!matches!(looked, Ok(Looked::Elsewhere)));
            match looked {
                Ok(Looked::Delivered) => wait = WAIT[0],
                Ok(Looked::Quiet) => tokio::time::sleep(LOOK).await,
                Ok(Looked::Elsewhere) => tokio::time::sleep(STAND_BY).await,
                Err(error) => {
                    if self.health.failed() {
                        tracing::error!(sink = self.name(), error = %error, "siem.not_delivered");
                    }
                    tokio::time::sleep(wait).await;
                    wait = WAIT[1].min(wait * 2);
                }
            }
        }
    }

    /// Delivers what there is, until there is nothing more or the sink should confirm.
    pub(super) async fn look(&self) -> Result<Looked, StreamError> {
        if !self.hold().await? {
            return Ok(Looked::Elsewhere);
        }
        self.health.waits(self.store.stream_backlog(self.name()).await?);
        if self.health.backlog() == 0 {
            return Ok(Looked::Quiet);
        }
        let mut line = self.sink.open().await?;
        let mut open = BTreeMap::new();
        let until = self.store.world().clock.now().plus_ms(STRETCH_MS);
        while self.round(&mut line, &mut open).await? && self.store.world().clock.now() < until {}
        let unconfirmed = open.values().map(|sent| sent.next - sent.from).sum();
        line.finish().await?;
        let delivered = open.into_iter().map(|(org, sent)| (org, sent.next)).collect();
        self.confirmed(delivered, unconfirmed).await?;
        Ok(Looked::Delivered)
    }

    /// Whether the lease is ours. It is renewed in its second half: a commit for each look would be one for nothing.
    async fn hold(&self) -> Result<bool, StoreError> {
        let now = self.store.world().clock.now();
        if self.held_until.load(Ordering::Relaxed) > now.plus_ms(LEASE_MS / 2).unix_ms() {
            return Ok(true);
        }
        let held = self.store.hold_stream(self.name(), self.holder, LEASE_MS).await?;
        self.held_until.store(if held { now.plus_ms(LEASE_MS).unix_ms() } else { i64::MIN }, Ordering::Relaxed);
        Ok(held)
    }

    /// Sends every organisation's next leaves, once; false if there were none.
    async fn round(&self, line: &mut Line<'_>, open: &mut BTreeMap<OrgId, Sent>) -> Result<bool, StreamError> {
        let (mut after, mut any) = (OrgId::from_bytes([0; 16]), false);
        loop {
            let page = self.store.unstreamed(self.name(), after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(any) };
            after = last.org;
            for behind in page {
                any |= self.send(line, behind, open).await?;
            }
        }
    }

    /// Sends the organisation's next leaves; false if all have been sent.
    async fn send(
        &self,
        line: &mut Line<'_>,
        behind: Unstreamed,
        open: &mut BTreeMap<OrgId, Sent>,
    ) -> Result<bool, StreamError> {
        let from = open.get(&behind.org).map_or(behind.next, |sent| sent.next);
        if from >= behind.size {
            return Ok(false);
        }
        let org = Org { id: behind.org, environment: Environment::Live };
        let ctx = Ctx::system(org, self.store.world().clone());
        let rows = self.store.ledger_leaves(&ctx, from, CHUNK).await?;
        // A leaf that is gone from the database is missing here, too: the receiver sees the gap in `seq`.
        let Some(next) = rows.last().map(|row| row.seq + 1) else { return Ok(false) };
        let events: Vec<_> = rows.iter().map(|row| Event::of(org.id, row)).collect();
        match line.send(self.store.world(), org.id, &events).await? {
            Receipt::Confirmed => self.confirmed(vec![(org.id, next)], next - from).await?,
            Receipt::Open => open.entry(org.id).or_insert(Sent { from, next }).next = next,
        }
        Ok(true)
    }

    async fn confirmed(&self, delivered: Vec<(OrgId, u64)>, leaves: u64) -> Result<(), StreamError> {
        if self.health.is_failing() {
            tracing::info!(sink = self.name(), "siem.delivers_again");
        }
        self.health.took(leaves);
        let until = self.store.world().clock.now().plus_ms(LEASE_MS).unix_ms();
        let ours = self.store.streamed(self.name(), self.holder, LEASE_MS, delivered).await?;
        self.held_until.store(if ours { until } else { i64::MIN }, Ordering::Relaxed);
        if ours { Ok(()) } else { Err(StreamError::TakenOver) }
    }
}

/// Leaves of one organisation that were sent and not confirmed.
struct Sent {
    from: u64,
    next: u64,
}
