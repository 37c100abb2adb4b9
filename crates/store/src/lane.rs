//! A lane: a thread with a connection, running what is waiting in one transaction.
//!
//! When nothing more waits (or the batch is full) the [work](crate::work) of all jobs is settled, their ledger leaves are appended,
//! the transaction commits once, and only then is anybody answered. A job that fails or panics is undone alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::bus::{Bus, Change, Commit};
use crate::clock::Stopwatch;
use crate::ctx::{Ctx, Org};
use crate::error::StoreError;
use crate::failpoint::{self, Point};
use crate::ledger::{Appender, Leaf};
use crate::room::Room;
use crate::row::Row;
use crate::sql::Sql;
use crate::trace::{self, TraceContext};
use crate::tx::Tx;
use crate::value::Value;
use crate::work::{Failed, Op, Work};

/// How a commit ended badly.
pub(crate) enum CommitFailure {
    /// Nothing of the batch is in the database, for this reason.
    RolledBack(StoreError),
    /// The connection broke in between: nobody knows.
    Unknown,
}

/// A connection that can hold a transaction.
pub(crate) trait Session {
    /// Whether a refused query makes the transaction useless, unless it is undone to a savepoint.
    const ERRORS_ARE_FATAL: bool;

    /// Opens a transaction.
    fn begin(&mut self) -> Result<(), StoreError>;
    /// What runs now, runs for this organisation.
    fn scope(&mut self, org: Org) -> Result<(), StoreError>;
    /// Opens the one savepoint that there can be.
    fn savepoint(&mut self) -> Result<(), StoreError>;
    /// Ends the savepoint and keeps what has been done since.
    fn release(&mut self) -> Result<(), StoreError>;
    /// Ends the savepoint and undoes what has been done since.
    fn undo(&mut self) -> Result<(), StoreError>;
    /// Whether the database has undone the transaction by itself.
    fn is_lost(&self) -> bool;
    /// Runs a statement; answers how many rows it changed.
    fn execute(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<u64, StoreError>;
    /// Runs a query, handing each row to `each`.
    fn query(
        &mut self,
        sql: Sql,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;
    /// Runs these writes, together as far as it can; false if one that must change one row didn't. After an error or false
    /// some may have been done.
    fn bulk(&mut self, ops: &[Op]) -> Result<bool, StoreError>;
    /// Which of these questions find something.
    fn ask(&mut self, questions: &[Op]) -> Result<Vec<bool>, StoreError>;
    /// Makes the transaction durable, telling other nodes of `changes`.
    fn commit(&mut self, changes: &[Change]) -> Result<(), CommitFailure>;
    /// Undoes it.
    fn rollback(&mut self);
    /// Makes the connection usable again after a failure; false if it can't be.
    fn recover(&mut self) -> bool;
    /// Everybody has been answered: the time for what would have kept them waiting.
    fn answered(&mut self) {}
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
    answer: Answer,
}

type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

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
                Ok(tx) => catch_unwind(AssertUnwindSafe(|| f(tx))).unwrap_or_else(|_| Err(StoreError::Panicked.into())),
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
pub(crate) fn drive(
    mut session: impl Session,
    jobs: &Receiver<Job>,
    mut appender: Appender,
    (bus, room): (&Bus, &Room),
    most: usize,
) {
    while let Ok(first) = jobs.recv() {
        run_batch(&mut session, first, jobs, &mut appender, (bus, room), most);
    }
}

/// Jobs of one transaction whose fate is open.
#[derive(Default)]
struct Batch {
    jobs: Vec<Done>,
}

/// A job that has run.
struct Done {
    ctx: Arc<Ctx>,
    answer: Answer,
    leaves: Vec<Leaf>,
    changes: Vec<Change>,
    /// Why nothing of it remains although it ended well.
    fault: Option<StoreError>,
}

impl Batch {
    /// What the jobs recorded and told, without those that failed.
    fn take_effects(&mut self, failed: Vec<Failed>) -> (Vec<(Arc<Ctx>, Leaf)>, Vec<Change>) {
        for Failed { job, error } in failed {
            if let Some(job) = self.jobs.get_mut(job) {
                (job.leaves, job.changes) = (Vec::new(), Vec::new());
                job.fault = Some(error);
            }
        }
        let (mut leaves, mut changes) = (Vec::with_capacity(self.jobs.len()), Vec::with_capacity(self.jobs.len()));
        for job in &mut self.jobs {
            leaves.extend(job.leaves.drain(..).map(|leaf| (job.ctx.clone(), leaf)));
            changes.append(&mut job.changes);
        }
        (leaves, changes)
    }

    fn succeed(self) {
        self.jobs.into_iter().for_each(|job| (job.answer)(job.fault.map_or(Ok(()), Err)));
    }

    fn fail(self, fault: impl Fn() -> StoreError) {
        self.jobs.into_iter().for_each(|job| (job.answer)(Err(fault())));
    }
}

fn run_batch(
    session: &mut impl Session,
    first: Job,
    jobs: &Receiver<Job>,
    appender: &mut Appender,
    (bus, room): (&Bus, &Room),
    most: usize,
) {
    if let Err(error) = session.begin() {
        tracing::error!(error = %error, "store.begin_failed");
        room.met(&error);
        refuse(first, error);
        appender.forget();
        if !session.recover() {
            drain(jobs, most);
        }
        return;
    }
    let mut batch = Batch::default();
    let failed = match run_jobs(session, first, jobs, &mut batch, room, most) {
        Ok(failed) => failed,
        Err(error) => {
            tracing::error!(error = %error, "store.batch_lost");
            room.met(&error);
            return give_up(session, appender, batch, || StoreError::RolledBack);
        }
    };
    let (leaves, changes) = batch.take_effects(failed);
    if let Err(error) = appender.append(session, &leaves) {
        tracing::error!(error = %error, "ledger.append_failed");
        room.met(&error);
        return give_up(session, appender, batch, || StoreError::Unrecorded);
    }
    failpoint::pass(Point::BeforeCommit);
    let watch = Stopwatch::start();
    match session.commit(&changes) {
        Ok(()) => {
            failpoint::pass(Point::AfterCommit);
            bus.committed(Commit { jobs: batch.jobs.len(), leaves: leaves.len(), took: watch.elapsed() });
            // Told before anybody is answered: whoever hears that a key is revoked must find it revoked.
            for change in changes {
                bus.publish(change);
            }
            batch.succeed();
            session.answered();
        }
        Err(failure) => {
            tracing::error!("store.commit_failed");
            appender.forget();
            if let CommitFailure::RolledBack(error) = &failure {
                room.met(error);
            }
            batch.fail(|| match failure {
                CommitFailure::RolledBack(_) => StoreError::RolledBack,
                CommitFailure::Unknown => StoreError::Unknown,
            });
            session.recover();
        }
    }
}

fn give_up(session: &mut impl Session, appender: &mut Appender, batch: Batch, fault: impl Fn() -> StoreError) {
    session.rollback();
    appender.forget();
    batch.fail(fault);
    session.recover();
}

/// Runs what waits, and then its writes; an error means that the whole transaction is lost.
fn run_jobs(
    session: &mut impl Session,
    first: Job,
    jobs: &Receiver<Job>,
    batch: &mut Batch,
    room: &Room,
    most: usize,
) -> Result<Vec<Failed>, StoreError> {
    let mut work = Work::new(session, &first.ctx, room);
    let mut next = Some(first);
    while let Some(job) = next {
        work.open(batch.jobs.len(), &job.ctx);
        let (ran, leaves, changes) = {
            let mut tx = Tx::new(&mut work, &job.ctx);
            tx.trace = job.trace;
            let ran = (job.run)(Ok(&mut tx));
            (ran, tx.leaves, tx.changes)
        };
        let (leaves, changes) = if ran.keep { (leaves, changes) } else { Default::default() };
        batch.jobs.push(Done { ctx: job.ctx, answer: ran.answer, leaves, changes, fault: None });
        work.close(ran.keep)?;
        next = if batch.jobs.len() < most { jobs.try_recv().ok() } else { None };
    }
    work.settle()?;
    Ok(work.into_failed())
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
