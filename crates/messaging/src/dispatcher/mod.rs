//! Does what the outbox promises.
//!
//! Jobs arrive from the bus right after the commit that promised them: nothing is polled on the hot path. A sweep, twice a second and
//! more often while it finds something, finds what is due later and what a crash left behind. Organisations take turns, so that a large batch of one doesn't
//! delay another's single message, and none has so much under way that receivers which never answer could hold up all others. Within
//! an organisation receivers take turns, each in a [lane](lanes) of its own, and those that don't answer share what they may hold.

mod by_hand;
mod fair;
mod lanes;
mod schedule;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sealpost_store::trace::{Attribute, Kind, Open};
use sealpost_store::{Claim, Store, outbox};
use tokio::sync::{mpsc, watch};

use crate::meters::Meters;
pub use by_hand::ByHand;
pub use lanes::{Lane, Went};
pub(crate) use schedule::{Begun, Schedule};

/// How often the database is asked for jobs that are due or were left behind.
const SWEEP: Duration = Duration::from_millis(500);
/// How soon it is asked again while there are some: what is due all along comes a few at a time instead of in bursts, behind which
/// what has just been accepted would wait.
const SWEEP_ON: Duration = Duration::from_millis(40);
/// How often it is looked at who has fallen silent.
const TICK: Duration = Duration::from_millis(250);
/// The most jobs claimed by one sweep.
const SWEPT: u32 = 512;
/// Jobs under way at once: most of them wait for a receiver. As many again may be for receivers that are in doubt: together no more than
/// egress opens connections.
const CONCURRENCY: usize = 512;

/// What does the jobs of one kind. It must finish or postpone the job in the transaction that records the outcome; a job it
/// leaves alone is done again when its lease has run out.
pub trait Handler: Send + Sync + 'static {
    /// Does the job, and says how its receiver answered.
    fn run(&self, claim: Claim) -> Pin<Box<dyn Future<Output = Went> + Send + '_>>;

    /// Which receiver the job is for, as far as the claim tells: what waits for one is not to delay another.
    fn lane(&self, _claim: &Claim) -> Option<Lane> {
        None
    }
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

    /// What does the jobs of this kind.
    #[cfg(test)]
    pub(crate) fn handler(&self, kind: &str) -> Option<Arc<dyn Handler>> {
        self.handlers.get(kind).cloned()
    }

    /// Runs until `stop` says so, then waits for the jobs under way.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut pushed = self.store.bus().subscribe(outbox::PUSHED);
        let mut schedule = Schedule::new(CONCURRENCY);
        let (done, mut finished) = mpsc::unbounded_channel::<Done>();
        let mut sweep = tokio::time::interval(SWEEP);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            while let Some((claim, begun)) = schedule.next() {
                self.start(claim, begun, &done);
            }
            self.meters.waiting.set(i64::try_from(schedule.waiting()).unwrap_or(i64::MAX));
            tokio::select! {
                biased;
                () = told_to(&mut stop) => break,
                Some(done) = finished.recv() => {
                    self.ended(&mut schedule, done);
                    while let Ok(done) = finished.try_recv() {
                        self.ended(&mut schedule, done);
                    }
                }
                Some(change) = pushed.recv() => {
                    pushed_job(change).into_iter().for_each(|claim| self.admit(&mut schedule, claim));
                    while let Ok(change) = pushed.try_recv() {
                        pushed_job(change).into_iter().for_each(|claim| self.admit(&mut schedule, claim));
                    }
                }
                _ = tick.tick() => schedule.tick(),
                _ = sweep.tick() => {
                    if self.sweep(&mut schedule).await {
                        sweep.reset_after(SWEEP_ON);
                    }
                }
            }
        }
        while schedule.is_busy()
            && let Some(done) = finished.recv().await
        {
            self.ended(&mut schedule, done);
        }
    }

    fn admit(&self, schedule: &mut Schedule, claim: Claim) {
        let lane = self.handlers.get(claim.kind.as_str()).and_then(|handler| handler.lane(&claim));
        schedule.admit(claim, lane);
    }

    fn ended(&self, schedule: &mut Schedule, Done { begun, went }: Done) {
        schedule.ended(begun, &went);
        if let Went::Wait(claim) = went {
            self.admit(schedule, *claim);
        }
    }

    fn start(&self, claim: Claim, begun: Begun, done: &mpsc::UnboundedSender<Done>) {
        let mut under_way = UnderWay::new(begun, done.clone(), self.meters.clone());
        let Some((kind, handler)) = self.handlers.get_key_value(claim.kind.as_str()) else {
            tracing::error!(kind = claim.kind, "outbox.unknown_kind");
            return;
        };
        let handler = handler.clone();
        let mut dispatch = Open::after(claim.trace, "dispatch", Kind::Consumer);
        dispatch.say(Attribute::Job(kind));
        tokio::spawn(async move {
            under_way.went = dispatch.around(handler.run(claim)).await;
            drop((dispatch, under_way));
        });
    }

    /// Whether anything was found.
    async fn sweep(&self, schedule: &mut Schedule) -> bool {
        if !schedule.may_sweep() {
            return false;
        }
        match self.store.sweep(SWEPT).await {
            Ok(claims) => {
                let found = !claims.is_empty();
                claims.into_iter().for_each(|claim| self.admit(schedule, claim));
                found
            }
            Err(error) => {
                tracing::warn!(error = %error, "outbox.sweep_failed");
                false
            }
        }
    }
}

/// A job being done; counted as such until it is dropped, even if its handler panics.
struct UnderWay {
    begun: Begun,
    went: Went,
    done: mpsc::UnboundedSender<Done>,
    meters: Arc<Meters>,
}

/// A job that has ended.
struct Done {
    begun: Begun,
    went: Went,
}

impl UnderWay {
    fn new(begun: Begun, done: mpsc::UnboundedSender<Done>, meters: Arc<Meters>) -> Self {
        meters.under_way.add(1);
        Self { begun, went: Went::Badly, done, meters }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.meters.under_way.add(-1);
        let went = std::mem::replace(&mut self.went, Went::Moot);
        let _ = self.done.send(Done { begun: self.begun, went });
    }
}

/// Returns once `stop` says so, or can't say so any more. What it borrows to look must not be held across an await.
async fn told_to(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// The job that a change on the bus tells of.
pub(crate) fn pushed_job(change: sealpost_store::Change) -> Option<Claim> {
    change.hint.and_then(|hint| hint.downcast::<Claim>().ok()).map(Arc::unwrap_or_clone)
}

#[cfg(test)]
mod tests {
    use sealpost_store::testing::TestStore;
    use sealpost_store::{Ctx, NewJob, OrgId, StoreError};

    use super::*;

    const KIND: &str = "test.job";

    /// Never comes to an end for one organisation, and tells of every other's job.
    struct Hanging {
        by: OrgId,
        began: mpsc::UnboundedSender<OrgId>,
    }

    impl Handler for Hanging {
        fn run(&self, claim: Claim) -> Pin<Box<dyn Future<Output = Went> + Send + '_>> {
            Box::pin(async move {
                let _ = self.began.send(claim.org.id);
                if claim.org.id == self.by {
                    std::future::pending::<()>().await;
                }
                Went::Well
            })
        }
    }

    async fn push(store: &Store, ctx: &Ctx, count: u16) {
        let pushed = store.maintain::<_, StoreError>(ctx, move |tx| {
            (0..count).try_for_each(|n| {
                let mut target = [0; 16];
                target[..2].copy_from_slice(&n.to_be_bytes());
                tx.enqueue(NewJob::now(KIND, target)).map(drop)
            })
        });
        pushed.await.unwrap();
    }

    #[tokio::test]
    async fn receivers_that_never_answer_hold_up_nobody_elses_jobs() {
        let house = TestStore::sqlite().await;
        let (hanging, other) = (house.organisation().await, house.organisation().await);
        let (began, mut seen) = mpsc::unbounded_channel();
        let handler = Arc::new(Hanging { by: hanging.org.id, began });
        let dispatcher = Dispatcher::new(house.store.clone(), Arc::default()).handle(KIND, handler);
        let (_stop, stopped) = watch::channel(false);
        let running = tokio::spawn(dispatcher.run(stopped));
        tokio::task::yield_now().await;
        push(&house.store, &hanging, 2 * CONCURRENCY as u16).await;
        let mut held = 0;
        while held < CONCURRENCY * 3 / 4 {
            assert_eq!(seen.recv().await, Some(hanging.org.id));
            held += 1;
        }
        push(&house.store, &other, 50).await;
        let mut done = 0;
        while done < 50 {
            match seen.recv().await {
                Some(org) if org == other.org.id => done += 1,
                _ => held += 1,
            }
        }
        assert!(held < CONCURRENCY, "{held} of {CONCURRENCY} are held by one organisation");
        running.abort();
    }

    /// Each target begins with its receiver; those below 80 never answer.
    struct Receivers(mpsc::UnboundedSender<u8>);

    impl Handler for Receivers {
        fn run(&self, claim: Claim) -> Pin<Box<dyn Future<Output = Went> + Send + '_>> {
            Box::pin(async move {
                if claim.target[0] < 80 {
                    std::future::pending::<()>().await;
                }
                let _ = self.0.send(claim.target[0]);
                Went::Well
            })
        }

        fn lane(&self, claim: &Claim) -> Option<Lane> {
            Some(Lane([claim.target[0]; 16]))
        }
    }

    #[tokio::test]
    async fn receivers_of_one_organisation_that_hang_hold_up_none_that_answers() {
        const EACH: u8 = 10;
        let house = TestStore::sqlite().await;
        let ctx = house.organisation().await;
        let (answered, mut answers) = mpsc::unbounded_channel();
        let dispatcher =
            Dispatcher::new(house.store.clone(), Arc::default()).handle(KIND, Arc::new(Receivers(answered)));
        let (_stop, stopped) = watch::channel(false);
        let running = tokio::spawn(dispatcher.run(stopped));
        tokio::task::yield_now().await;
        // Those that hang come first, with twice as many jobs as there are slots for one organisation.
        let pushed = house.store.maintain::<_, StoreError>(&ctx, move |tx| {
            (0..200_u8).flat_map(|receiver| (0..EACH).map(move |n| (receiver, n))).try_for_each(|(receiver, n)| {
                let mut target = [0; 16];
                (target[0], target[1]) = (receiver, n);
                tx.enqueue(NewJob::now(KIND, target)).map(drop)
            })
        });
        pushed.await.unwrap();
        for _ in 0..120 * usize::from(EACH) {
            assert!(answers.recv().await.unwrap() >= 80);
        }
        running.abort();
    }
}
