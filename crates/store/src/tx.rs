//! A transaction, as a use case sees it.

use crate::Environment;
use crate::bus::Change;
use crate::ctx::Ctx;
use crate::error::StoreError;
use crate::ids::JobId;
use crate::ledger::Leaf;
use crate::row::Row;
use crate::sql::Sql;
use crate::trace::TraceContext;
use crate::value::{Param, Value};

/// What a transaction can be asked for.
pub(crate) trait Engine {
    /// Runs a statement; answers how many rows it changed.
    fn execute(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<u64, StoreError>;
    /// Leaves a statement to be run before the commit, and before any query that could see what it does. If it fails, or is
    /// `exact` and doesn't change one row, the job fails.
    fn put(&mut self, sql: Sql, params: &[Value<'_>], exact: bool) -> Result<(), StoreError>;
    /// Leaves a question to be asked before anything that waits is written. If it finds a row, the job fails.
    fn guard(&mut self, sql: Sql, params: &[Value<'_>], name: &'static str) -> Result<(), StoreError>;
    /// Runs a query, handing each row to `each`.
    fn query(
        &mut self,
        sql: Sql,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;
}

/// A transaction in one organisation and environment. What it does becomes durable together, or not at all.
pub struct Tx<'e> {
    engine: &'e mut dyn Engine,
    ctx: &'e Ctx,
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) changes: Vec<Change>,
    /// What goes on here is part of this, if it is traced.
    pub(crate) trace: Option<TraceContext>,
}

/// A value whose change has been recorded in the ledger. Only [`Tx::record`] makes one.
#[must_use = "return it from the closure given to Store::write"]
pub struct Recorded<T>(pub(crate) T);

impl<T> Recorded<T> {
    /// The recorded value turned into another.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Recorded<U> {
        Recorded(f(self.0))
    }

    /// The recorded value, to be looked at before the transaction ends.
    pub fn value(&self) -> &T {
        &self.0
    }
}

impl<'e> Tx<'e> {
    pub(crate) fn new(engine: &'e mut dyn Engine, ctx: &'e Ctx) -> Self {
        Self { engine, ctx, leaves: Vec::new(), changes: Vec::new(), trace: None }
    }

    /// For whom, by whom, when.
    pub fn ctx(&self) -> &'e Ctx {
        self.ctx
    }

    /// Runs a statement; answers how many rows it changed. On PostgreSQL a failure spoils the whole job, so expected
    /// conflicts are spelled `on conflict do nothing` and seen in the count.
    pub fn execute(&mut self, sql: Sql, params: &[&dyn Param]) -> Result<u64, StoreError> {
        let mut values = [Value::Null; MOST];
        self.engine.execute(sql, self.ctx.bind(sql, params, &mut values)?)
    }

    /// Runs a statement whose answer isn't needed: it runs later, together with those of other jobs, which is several times
    /// cheaper than [`Tx::execute`]. If it fails, the job fails.
    pub fn put(&mut self, sql: Sql, params: &[&dyn Param]) -> Result<(), StoreError> {
        let mut values = [Value::Null; MOST];
        self.engine.put(sql, self.ctx.bind(sql, params, &mut values)?, false)
    }

    /// The same for a statement that must change exactly one row, or the job fails with [`StoreError::Superseded`]: how work
    /// that began with a look at a row makes sure that the row is still the same.
    pub fn put_exact(&mut self, sql: Sql, params: &[&dyn Param]) -> Result<(), StoreError> {
        let mut values = [Value::Null; MOST];
        self.engine.put(sql, self.ctx.bind(sql, params, &mut values)?, true)
    }

    /// Asks a question that must find nothing, or the job fails with [`StoreError::Guarded`] and this `name`. It is asked later,
    /// together with those of other jobs, before anything of theirs is written: several times cheaper than a query of its own.
    pub fn guard(&mut self, sql: Sql, params: &[&dyn Param], name: &'static str) -> Result<(), StoreError> {
        let mut values = [Value::Null; MOST];
        self.engine.guard(sql, self.ctx.bind(sql, params, &mut values)?, name)
    }

    /// All rows of a query.
    pub fn all<T>(
        &mut self,
        sql: Sql,
        params: &[&dyn Param],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut values = [Value::Null; MOST];
        let mut rows = Vec::new();
        self.engine.query(sql, self.ctx.bind(sql, params, &mut values)?, &mut |row| {
            rows.push(read(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row of a query, if it has any.
    pub fn optional<T>(
        &mut self,
        sql: Sql,
        params: &[&dyn Param],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut values = [Value::Null; MOST];
        let mut found = None;
        self.engine.query(sql, self.ctx.bind(sql, params, &mut values)?, &mut |row| {
            if found.is_none() {
                found = Some(read(row)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The same transaction in an environment of the same organisation, whichever this one is in: what `act` reads, writes, records and
    /// tells is about that one. For what goes from one to the other; who may, the caller has made sure of.
    pub fn in_environment<T>(&mut self, environment: Environment, act: impl FnOnce(&mut Tx<'_>) -> T) -> T {
        let mut ctx = self.ctx.clone();
        ctx.org.environment = environment;
        let mut there =
            Tx { engine: &mut *self.engine, ctx: &ctx, leaves: Vec::new(), changes: Vec::new(), trace: self.trace };
        let done = act(&mut there);
        let (leaves, changes) = (there.leaves, there.changes);
        self.leaves.extend(leaves.into_iter().map(|leaf| leaf.in_environment(environment)));
        self.changes.extend(changes);
        done
    }

    /// Records an act beside the one [`Tx::record`] will record.
    pub fn note(&mut self, leaf: Leaf) {
        self.leaves.push(leaf);
    }

    /// Records what happened and makes the value that [`Store::write`](crate::Store::write) demands.
    pub fn record<T>(&mut self, leaf: Leaf, value: T) -> Recorded<T> {
        self.leaves.push(leaf);
        Recorded(value)
    }

    /// Tells everybody who listens, on every node, once the transaction is durable.
    pub fn publish(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Puts a job into the outbox, in this transaction; see [`crate::outbox`].
    pub fn enqueue(&mut self, job: crate::outbox::NewJob) -> Result<JobId, StoreError> {
        crate::outbox::push(self, job)
    }
}

/// Parameters on the stack; a statement of this house has fewer than [`MOST`], and one with more is refused.
type Values<'a> = [Value<'a>; MOST];
const MOST: usize = 32;

impl Ctx {
    fn bind<'a, 'v>(
        &'a self,
        sql: Sql,
        params: &'a [&'a dyn Param],
        values: &'v mut Values<'a>,
    ) -> Result<&'v [Value<'a>], StoreError> {
        let own = sql.own();
        let scope = [Value::Id(self.org.id.bytes()), Value::Text(self.org.environment.as_str())];
        let all = scope.into_iter().take(own).chain(params.iter().map(|param| param.value()));
        let count = own + params.len();
        let Some(slots) = values.get_mut(..count) else {
            return Err(StoreError::Unsuitable("a statement has too many parameters".into()));
        };
        slots.iter_mut().zip(all).for_each(|(slot, value)| *slot = value);
        Ok(slots)
    }
}
