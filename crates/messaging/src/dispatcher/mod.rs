//! Does what the outbox promises.
//!
//! Jobs arrive from the bus right after the commit that promised them: nothing is polled on the hot path. A sweep, twice a second,
//! finds what is due later and what a crash left behind. Organisations take turns, so that a large batch of one doesn't
//! delay another's single message.

mod fair;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sealpost_store::trace::{Attribute, Kind, Open};
use sealpost_store::{Claim, Store, outbox};
use tokio::sync::{Semaphore, mpsc, watch};

use crate::meters::Meters;
use fair::FairQueue;

/// How often the database is asked for jobs that are due or were left behind.
const SWEEP: Duration = Duration::from_millis(500);
/// The most jobs claimed by one sweep.
const SWEPT: u32 = 512;
/// Jobs under way at once: most of them wait for a receiver.
const CONCURRENCY: usize = 512;
/// Jobs held in memory; what doesn't fit is found by the sweep when its lease has run out.
const HELD: usize = 20_000;

/// What does the jobs of one kind. It must finish or postpone the job in the transaction that records the outcome; a job it
/// leaves alone is done again when its lease has run out.
pub trait Handler: Send + Sync + 'static {
    /// Does the job.
    fn run(&self, claim: Claim) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// Hands jobs to their handlers until told to stop.
pub struct Dispatcher {
    store: Store,
    handlers: HashMap<&'static str, Arc<dyn Handler>>,
    meters: Arc<Meters>,
}

impl Dispatcher {
    /// A dispatcher without handlers.
    pub(crate) fn new(store: Store, meters: Arc<Meters>) -> Self {
        Self { store, handlers: HashMap::new(), meters }
    }

    /// The kinds of jobs it has handlers for.
    pub fn kinds(&self) -> Vec<&'static str> {
        let mut kinds: Vec<_> = self.handlers.keys().copied().collect();
        kinds.sort_unstable();
        kinds
    }

    /// Jobs of this kind are done by `handler`.
    pub fn handle(mut self, kind: &'static str, handler: Arc<dyn Handler>) -> Self {
        self.handlers.insert(kind, handler);
        self
    }

    /// Runs until `stop` says so, then waits for the jobs under way.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut pushed = self.store.bus().subscribe(outbox::PUSHED);
        let mut waiting = FairQueue::default();
        let slots = Arc::new(Semaphore::new(CONCURRENCY));
        let (done, mut finished) = mpsc::unbounded_channel::<()>();
        let mut sweep = tokio::time::interval(SWEEP);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            self.start(&mut waiting, &slots, &done);
            self.meters.waiting.set(i64::try_from(waiting.len()).unwrap_or(i64::MAX));
            tokio::select! {
                biased;
                () = told_to(&mut stop) => break,
                Some(()) = finished.recv() => while finished.try_recv().is_ok() {},
                Some(change) = pushed.recv() => {
                    admit(&mut waiting, change);
                    while let Ok(change) = pushed.try_recv() {
                        admit(&mut waiting, change);
                    }
                }
                _ = sweep.tick() => self.sweep(&mut waiting).await,
            }
        }
        // Every permit back means that nothing is under way any more.
        let _ = slots.acquire_many(CONCURRENCY as u32).await;
    }

    /// Starts what may start.
    fn start(&self, waiting: &mut FairQueue, slots: &Arc<Semaphore>, done: &mpsc::UnboundedSender<()>) {
        while !waiting.is_empty() {
            let Ok(slot) = slots.clone().try_acquire_owned() else { return };
            let Some(claim) = waiting.next() else { return };
            let Some((kind, handler)) = self.handlers.get_key_value(claim.kind.as_str()) else {
                tracing::error!(kind = claim.kind, "outbox.unknown_kind");
                continue;
            };
            let (handler, done, meters) = (handler.clone(), done.clone(), self.meters.clone());
            let mut dispatch = Open::after(claim.trace, "dispatch", Kind::Consumer);
            dispatch.say(Attribute::Job(kind));
            meters.under_way.add(1);
            tokio::spawn(async move {
                let under_way = UnderWay(meters);
                dispatch.around(handler.run(claim)).await;
                drop((dispatch, under_way, slot));
                let _ = done.send(());
            });
        }
    }

    async fn sweep(&self, waiting: &mut FairQueue) {
        // What waits in memory is leased to us: claiming more than can be started would only let leases run out.
        if waiting.len() > HELD / 2 {
            return;
        }
        match self.store.sweep(SWEPT).await {
            Ok(claims) => claims.into_iter().for_each(|claim| waiting.push(claim)),
            Err(error) => tracing::warn!(error = %error, "outbox.sweep_failed"),
        }
    }
}

/// A job being done; counted as such until it is dropped, even if its handler panics.
struct UnderWay(Arc<Meters>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.add(-1);
    }
}

/// Returns once `stop` says so, or can't say so any more. What it borrows to look must not be held across an await.
async fn told_to(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

fn admit(waiting: &mut FairQueue, change: sealpost_store::Change) {
    if waiting.len() >= HELD {
        return;
    }
    if let Some(claim) = change.hint.and_then(|hint| hint.downcast::<Claim>().ok()) {
        waiting.push(Arc::unwrap_or_clone(claim));
    }
}
