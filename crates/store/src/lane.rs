//! A lane: a thread with a connection, running what is waiting in one transaction.
//!
//! Each job gets a savepoint. When nothing more waits (or the batch is full) the ledger leaves of all jobs are appended, the
//! transaction commits once, and only then is anybody answered. A job that fails or panics is undone alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::bus::{Bus, Change, Commit};
use crate::clock::Stopwatch;
use crate::ctx::Ctx;
use crate::error::StoreError;
use crate::failpoint::{self, Point};
use crate::ledger::{Appender, Leaf};
use crate::trace::{self, TraceContext};
use crate::tx::{Engine, Tx};

/// How a commit ended badly.
pub(crate) enum CommitFailure {
    /// Nothing of the batch is in the database.
    RolledBack,
    /// The connection broke in between: nobody knows.
    Unknown,
}

/// A connection that can hold a transaction.
pub(crate) trait Session: Engine {
    /// Opens a transaction.
    fn begin(&mut self) -> Result<(), StoreError>;
    /// Opens a job inside it, in the scope of `ctx`.
    fn open_job(&mut self, ctx: &Ctx) -> Result<(), StoreError>;
    /// Ends the job: keeps what it did, or undoes it. An error means that the whole transaction is lost.
    fn close_job(&mut self, keep: bool) -> Result<(), StoreError>;
    /// Makes the transaction durable, telling other nodes of `changes`.
    fn commit(&mut self, changes: &[Change]) -> Result<(), CommitFailure>;
    /// Undoes it.
    fn rollback(&mut self);
    /// Makes the connection usable again after a failure; false if it can't be.
    fn recover(&mut self) -> bool;
}

/// Something to run in a transaction.
pub(crate) struct Job {
    ctx: Arc<Ctx>,
    /// On whose behalf, if that is traced.
    trace: Option<TraceContext>,
    /// Given no transaction, answers with the reason.
    run: Box<dyn FnOnce(Result<&mut Tx<'_>, StoreError>) -> Ran + Send>,
}

/// What a job that has run leaves behind: whether to keep it, and how to answer once its fate is known.
struct Ran {
    keep: bool,
    answer: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

/// The most jobs in one transaction.
pub(crate) const BATCH: usize = 256;
/// The most jobs that may wait for a lane; more are refused.
const WAITING: usize = 8192;

/// Where jobs are handed in.
#[derive(Clone)]
pub(crate) struct Lane(Sender<Job>);

impl Lane {
    pub(crate) fn new() -> (Self, Receiver<Job>) {
        let (sender, receiver) = bounded(WAITING);
        (Self(sender), receiver)
    }

    /// Runs `f` in a transaction and returns once it is durable, or undone.
    pub(crate) async fn run<T, E>(
        &self,
        ctx: Arc<Ctx>,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, wait) = oneshot::channel::<Result<T, E>>();
        let run = Box::new(move |tx: Result<&mut Tx<'_>, StoreError>| {
            let out = match tx {
                Ok(tx) => {
                    catch_unwind(AssertUnwindSafe(|| f(tx).and_then(|out| tx.flush().map(|()| out).map_err(E::from))))
                        .unwrap_or_else(|_| Err(StoreError::Panicked.into()))
                }
                Err(fault) => Err(fault.into()),
            };
            Ran {
                keep: out.is_ok(),
                answer: Box::new(move |fate| {
                    // Nobody listening any more is not a failure: the caller went away, the change stays.
                    let _ = answer.send(match fate {
                        Ok(()) => out,
                        Err(fault) => out.and(Err(fault.into())),
                    });
                }),
            }
        });
        match self.0.try_send(Job { ctx, trace: trace::current(), run }) {
            Ok(()) => wait.await.unwrap_or_else(|_| Err(StoreError::Stopped.into())),
            Err(TrySendError::Full(_)) => Err(StoreError::Overloaded.into()),
            Err(TrySendError::Disconnected(_)) => Err(StoreError::Stopped.into()),
        }
    }
}

/// Runs jobs until every sender is gone.
pub(crate) fn drive(mut session: impl Session, jobs: &Receiver<Job>, mut appender: Appender, bus: &Bus, most: usize) {
    while let Ok(first) = jobs.recv() {
        run_batch(&mut session, first, jobs, &mut appender, bus, most);
    }
}

/// Jobs of one transaction whose fate is open.
#[derive(Default)]
struct Batch {
    answers: Vec<Box<dyn FnOnce(Result<(), StoreError>) + Send>>,
    leaves: Vec<(Arc<Ctx>, Leaf)>,
    changes: Vec<Change>,
}

fn run_batch(
    session: &mut impl Session,
    first: Job,
    jobs: &Receiver<Job>,
    appender: &mut Appender,
    bus: &Bus,
    most: usize,
) {
    let mut batch = Batch::default();
    if let Err(error) = session.begin() {
        tracing::error!(error = %error, "store.begin_failed");
        refuse(first, error);
        appender.forget();
        if !session.recover() {
            drain(jobs, most);
        }
        return;
    }
    let mut next = Some(first);
    while let Some(job) = next {
        if let Err(error) = run_job(session, job, &mut batch) {
            tracing::error!(error = %error, "store.batch_lost");
            session.rollback();
            fail(batch, appender, || StoreError::RolledBack);
            session.recover();
            return;
        }
        next = if batch.answers.len() < most { jobs.try_recv().ok() } else { None };
    }
    if let Err(error) = appender.append(session, &batch.leaves) {
        tracing::error!(error = %error, "ledger.append_failed");
        session.rollback();
        fail(batch, appender, || StoreError::Unrecorded);
        session.recover();
        return;
    }
    failpoint::pass(Point::BeforeCommit);
    let watch = Stopwatch::start();
    match session.commit(&batch.changes) {
        Ok(()) => {
            failpoint::pass(Point::AfterCommit);
            let (jobs, leaves) = (batch.answers.len(), batch.leaves.len());
            bus.committed(Commit { jobs, leaves, took: watch.elapsed() });
            // Told before anybody is answered: whoever hears that a key is revoked must find it revoked.
            for change in batch.changes {
                bus.publish(change);
            }
            for answer in batch.answers {
                answer(Ok(()));
            }
        }
        Err(failure) => {
            tracing::error!("store.commit_failed");
            fail(batch, appender, || match failure {
                CommitFailure::RolledBack => StoreError::RolledBack,
                CommitFailure::Unknown => StoreError::Unknown,
            });
            session.recover();
        }
    }
}

/// Runs one job in its savepoint; an error means that the whole transaction is lost.
fn run_job(session: &mut impl Session, job: Job, batch: &mut Batch) -> Result<(), StoreError> {
    if let Err(error) = session.open_job(&job.ctx) {
        refuse(job, StoreError::RolledBack);
        return Err(error);
    }
    let (ran, leaves, changes) = {
        let mut tx = Tx::new(session, &job.ctx);
        tx.trace = job.trace;
        let ran = (job.run)(Ok(&mut tx));
        (ran, tx.leaves, tx.changes)
    };
    let closed = session.close_job(ran.keep);
    batch.answers.push(ran.answer);
    if ran.keep {
        batch.leaves.extend(leaves.into_iter().map(|leaf| (job.ctx.clone(), leaf)));
        batch.changes.extend(changes);
    }
    closed
}

fn fail(batch: Batch, appender: &mut Appender, fault: impl Fn() -> StoreError) {
    appender.forget();
    for answer in batch.answers {
        answer(Err(fault()));
    }
}

/// Answers a job that never ran.
fn refuse(job: Job, fault: StoreError) {
    let ran = (job.run)(Err(fault));
    (ran.answer)(Ok(()));
}

/// While a connection can't be had, callers must not hang: what waits is answered.
fn drain(jobs: &Receiver<Job>, most: usize) {
    for job in jobs.try_iter().take(most) {
        refuse(job, StoreError::Stopped);
    }
}
