//! The work of one transaction: what its jobs ask for, and when the database is asked.
//!
//! Most jobs only write rows and look at others' rows. Their writes wait until the end of the batch and then run together, in as
//! few statements as the engine can make of them ([`Session::bulk`]); no job needs a savepoint, because one that fails has
//! written nothing yet. If the writes of a batch don't go as expected, they are undone and run again job by job, so that
//! only those jobs fail that must.
//!
//! A job that needs an answer to a write runs at once, in a savepoint of its own, after what waits.

use crate::ctx::{Ctx, Org};
use crate::error::StoreError;
use crate::lane::Session;
use crate::room::Room;
use crate::row::Row;
use crate::sql::Sql;
use crate::tx::Engine;
use crate::value::{Packed, Value};

/// A write that waits.
pub(crate) struct Op {
    pub(crate) org: Org,
    pub(crate) sql: Sql,
    pub(crate) params: Packed,
    /// Whether it must change exactly one row.
    pub(crate) exact: bool,
    /// Whose it is, by the job's number in the batch.
    pub(crate) job: usize,
}

impl Op {
    /// A write of the batch itself.
    pub(crate) fn new(org: Org, sql: Sql, params: &[Value<'_>]) -> Self {
        Self { org, sql, params: Packed::new(params), exact: false, job: usize::MAX }
    }
}

/// A job whose writes did not go as they must.
pub(crate) struct Failed {
    pub(crate) job: usize,
    pub(crate) error: StoreError,
}

/// A transaction and what waits in it.
pub(crate) struct Work<'s, S> {
    session: &'s mut S,
    room: &'s Room,
    guards: Vec<(Op, &'static str)>,
    waiting: Vec<Op>,
    failed: Vec<Failed>,
    job: usize,
    org: Org,
    /// Whether the current job runs at once, in its savepoint.
    at_once: bool,
    /// Whether the transaction holds anything that must stay: a write, or a lock.
    touched: bool,
    /// Whether the whole transaction is lost.
    lost: bool,
}

impl<'s, S: Session> Work<'s, S> {
    /// Nothing waits yet; the transaction is open.
    pub(crate) fn new(session: &'s mut S, ctx: &Ctx, room: &'s Room) -> Self {
        Self::of(session, ctx.org, room)
    }

    fn of(session: &'s mut S, org: Org, room: &'s Room) -> Self {
        Self {
            session,
            room,
            guards: Vec::new(),
            waiting: Vec::new(),
            failed: Vec::new(),
            job: 0,
            org,
            at_once: false,
            touched: false,
            lost: false,
        }
    }

    /// What is asked from now on is asked by this job.
    pub(crate) fn open(&mut self, job: usize, ctx: &Ctx) {
        self.job = job;
        self.org = ctx.org;
        self.at_once = false;
    }

    /// Ends the job: keeps what it asked for, or drops it. An error means that the whole transaction is lost.
    pub(crate) fn close(&mut self, keep: bool) -> Result<(), StoreError> {
        if self.lost || self.session.is_lost() {
            return Err(StoreError::RolledBack);
        }
        if !keep {
            self.take_own();
            self.take_own_guards();
        }
        if !self.at_once {
            return Ok(());
        }
        match self.run_own() {
            Ok(()) if keep => self.session.release(),
            Ok(()) => self.session.undo(),
            Err(error) => {
                self.room.met(&error);
                self.failed.push(Failed { job: self.job, error });
                self.session.undo()
            }
        }
    }

    /// Runs what waits. An error means that the whole transaction is lost.
    pub(crate) fn settle(&mut self) -> Result<(), StoreError> {
        self.ask_guards()?;
        let ops = std::mem::take(&mut self.waiting);
        if ops.is_empty() || self.settle_together(&ops)? {
            return Ok(());
        }
        ops.chunk_by(|a, b| a.job == b.job).try_for_each(|ops| self.settle_alone(ops))
    }

    /// Jobs whose guards find something fail before anything of them is written.
    fn ask_guards(&mut self) -> Result<(), StoreError> {
        let (questions, names): (Vec<_>, Vec<_>) = std::mem::take(&mut self.guards).into_iter().unzip();
        if questions.is_empty() {
            return Ok(());
        }
        let found = self.session.ask(&questions)?;
        for ((question, name), _) in questions.iter().zip(names).zip(found).filter(|(_, found)| *found) {
            self.waiting.retain(|op| op.job != question.job);
            self.failed.push(Failed { job: question.job, error: StoreError::Guarded(name) });
        }
        Ok(())
    }

    /// Runs all of it, or nothing.
    fn settle_together(&mut self, ops: &[Op]) -> Result<bool, StoreError> {
        let whole = !std::mem::replace(&mut self.touched, true);
        if !whole {
            self.session.savepoint()?;
        }
        let settled = matches!(self.session.bulk(ops), Ok(true));
        match (settled, whole) {
            (true, true) => {}
            (true, false) => self.session.release()?,
            // Undoing everything needs no savepoint, which costs SQLite a copy of each page that is changed under it.
            (false, true) => {
                self.session.rollback();
                self.session.begin()?;
            }
            (false, false) => self.session.undo()?,
        }
        Ok(settled)
    }

    /// Runs the writes of one job, which fails if they do.
    fn settle_alone(&mut self, ops: &[Op]) -> Result<(), StoreError> {
        self.session.savepoint()?;
        let failure = match self.session.bulk(ops) {
            Ok(true) => return self.session.release(),
            Ok(false) => StoreError::Superseded,
            Err(error) => error,
        };
        self.room.met(&failure);
        self.session.undo()?;
        self.failed.extend(ops.first().map(|op| Failed { job: op.job, error: failure }));
        Ok(())
    }

    /// The jobs that failed although they ended well.
    pub(crate) fn into_failed(self) -> Vec<Failed> {
        self.failed
    }

    /// From here on the job runs in a savepoint, its writes so far first.
    fn run_at_once(&mut self) -> Result<(), StoreError> {
        if !self.at_once {
            let (own, guards) = (self.take_own(), self.take_own_guards());
            self.settle().and_then(|()| self.session.savepoint()).inspect_err(|_| self.lost = true)?;
            (self.waiting, self.guards) = (own, guards);
            (self.at_once, self.touched) = (true, true);
        }
        self.run_own()
    }

    fn take_own(&mut self) -> Vec<Op> {
        let job = self.job;
        let own = self.waiting.iter().position(|op| op.job == job).unwrap_or(self.waiting.len());
        self.waiting.split_off(own)
    }

    fn take_own_guards(&mut self) -> Vec<(Op, &'static str)> {
        let job = self.job;
        let own = self.guards.iter().position(|(op, _)| op.job == job).unwrap_or(self.guards.len());
        self.guards.split_off(own)
    }

    fn run_own(&mut self) -> Result<(), StoreError> {
        let (questions, names): (Vec<_>, Vec<_>) = self.take_own_guards().into_iter().unzip();
        if !questions.is_empty() {
            let found = self.session.ask(&questions)?;
            if let Some((name, _)) = names.iter().zip(found).find(|(_, found)| *found) {
                return Err(StoreError::Guarded(name));
            }
        }
        let own = self.take_own();
        if own.is_empty() || self.session.bulk(&own)? { Ok(()) } else { Err(StoreError::Superseded) }
    }

    fn concerns_what_waits(&self, sql: Sql) -> bool {
        let mut seen = "";
        self.waiting.iter().any(|op| {
            let table = op.sql.table();
            // Neighbours are often about the same table.
            let fresh = !std::ptr::eq(table, seen);
            seen = table;
            fresh && sql.postgres.contains(table)
        })
    }
}

impl<S: Session> Engine for Work<'_, S> {
    fn execute(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<u64, StoreError> {
        self.run_at_once()?;
        self.session.scope(self.org)?;
        self.session.execute(sql, params).inspect_err(|error| self.room.met(error))
    }

    fn put(&mut self, sql: Sql, params: &[Value<'_>], exact: bool) -> Result<(), StoreError> {
        self.waiting.push(Op { exact, job: self.job, ..Op::new(self.org, sql, params) });
        Ok(())
    }

    fn guard(&mut self, sql: Sql, params: &[Value<'_>], name: &'static str) -> Result<(), StoreError> {
        self.guards.push((Op { job: self.job, ..Op::new(self.org, sql, params) }, name));
        if self.at_once { self.run_own() } else { Ok(()) }
    }

    fn query(
        &mut self,
        sql: Sql,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if sql.writes() || self.concerns_what_waits(sql) {
            self.run_at_once()?;
        }
        self.touched |= sql.locks();
        self.session.scope(self.org)?;
        // Without a savepoint to go back to, a refused query leaves a transaction that can't go on.
        self.session.query(sql, params, each).inspect_err(|_| self.lost |= !self.at_once && S::ERRORS_ARE_FATAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::Change;
    use crate::lane::CommitFailure;
    use crate::sql;

    const WRITE: Sql = sql!("update message set state = $3 where org = $1 and env = $2");
    const LOOK: Sql = sql!("select id from contact where org = $1 and env = $2");
    const LOCK: Sql = sql!(
        sqlite: "select id from contact where org = $1 and env = $2",
        postgres: "select id from contact where org = $1 and env = $2 for update"
    );

    /// Says what it was asked; its first writes go wrong.
    #[derive(Default)]
    struct Clumsy {
        asked: Vec<&'static str>,
        tried: bool,
    }

    impl Clumsy {
        fn note(&mut self, what: &'static str) -> Result<(), StoreError> {
            self.asked.push(what);
            Ok(())
        }
    }

    impl Session for Clumsy {
        const ERRORS_ARE_FATAL: bool = true;
        fn begin(&mut self) -> Result<(), StoreError> {
            self.note("begin")
        }
        fn scope(&mut self, _: Org) -> Result<(), StoreError> {
            Ok(())
        }
        fn savepoint(&mut self) -> Result<(), StoreError> {
            self.note("savepoint")
        }
        fn release(&mut self) -> Result<(), StoreError> {
            self.note("release")
        }
        fn undo(&mut self) -> Result<(), StoreError> {
            self.note("undo")
        }
        fn is_lost(&self) -> bool {
            false
        }
        fn execute(&mut self, _: Sql, _: &[Value<'_>]) -> Result<u64, StoreError> {
            self.note("execute").map(|()| 1)
        }
        fn query(
            &mut self,
            _: Sql,
            _: &[Value<'_>],
            _: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
        ) -> Result<(), StoreError> {
            self.note("query")
        }
        fn bulk(&mut self, _: &[Op]) -> Result<bool, StoreError> {
            self.note("bulk")?;
            Ok(std::mem::replace(&mut self.tried, true))
        }
        fn ask(&mut self, questions: &[Op]) -> Result<Vec<bool>, StoreError> {
            self.note("ask")?;
            // Every other one finds something.
            Ok((0..questions.len()).map(|n| n % 2 == 1).collect())
        }
        fn commit(&mut self, _: &[Change]) -> Result<(), CommitFailure> {
            Ok(())
        }
        fn rollback(&mut self) {
            self.asked.push("rollback");
        }
        fn recover(&mut self) -> bool {
            true
        }
    }

    fn work<'s>(session: &'s mut Clumsy, room: &'s Room) -> Work<'s, Clumsy> {
        let org = Org { id: crate::OrgId::from_bytes([1; 16]), environment: crate::Environment::Live };
        Work::of(session, org, room)
    }

    fn asked(look: Sql) -> Vec<&'static str> {
        let (room, mut session) = (Room::default(), Clumsy::default());
        let mut work = work(&mut session, &room);
        work.query(look, &[], &mut |_| Ok(())).unwrap();
        work.put(WRITE, &[], true).unwrap();
        work.close(true).unwrap();
        work.settle().unwrap();
        session.asked
    }

    #[test]
    fn writes_that_go_wrong_are_undone_as_a_whole_and_run_again_alone() {
        assert_eq!(asked(LOOK), ["query", "bulk", "rollback", "begin", "savepoint", "bulk", "release"]);
    }

    #[test]
    fn guards_are_asked_together_before_anything_is_written_and_fail_only_their_own_job() {
        let (room, mut session) = (Room::default(), Clumsy { tried: true, ..Clumsy::default() });
        let mut work = work(&mut session, &room);
        for job in 0..2 {
            work.job = job;
            work.guard(LOOK, &[], "taken").unwrap();
            work.put(WRITE, &[], true).unwrap();
            work.close(true).unwrap();
        }
        work.settle().unwrap();
        let failed = work.into_failed();
        assert!(matches!(failed[..], [Failed { job: 1, error: StoreError::Guarded("taken") }]));
        assert_eq!(session.asked, ["ask", "bulk"]);
    }

    #[test]
    fn a_job_that_runs_at_once_is_asked_at_once() {
        let (room, mut session) = (Room::default(), Clumsy { tried: true, ..Clumsy::default() });
        let mut work = work(&mut session, &room);
        work.guard(LOOK, &[], "free").unwrap();
        work.guard(LOOK, &[], "taken").unwrap();
        assert!(matches!(work.execute(WRITE, &[]), Err(StoreError::Guarded("taken"))));
        work.close(false).unwrap();
        assert_eq!(session.asked, ["savepoint", "ask", "undo"]);
    }

    #[test]
    fn a_lock_outlives_the_writes_that_are_undone() {
        assert_eq!(asked(LOCK), ["query", "savepoint", "bulk", "undo", "savepoint", "bulk", "release"]);
    }
}
