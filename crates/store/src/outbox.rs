//! The outbox: work that must happen after a commit, promised in that commit.
//!
//! A row is pushed in the transaction that makes the work necessary, already leased to this node, and told on the bus as
//! `outbox.pushed`, so that the dispatcher starts without asking the database. What a crash left behind is found by
//! [`sweep`](crate::Store::sweep) once its lease has run out. Every lease has a fence: a number that grows with each claim, checked
//! when the job is finished, so that a node that was only slow can't finish what another has taken over.

use std::any::Any;
use std::sync::Arc;

use crate::bus::Change;
use crate::clock::Time;
use crate::ctx::Org;
use crate::directory::Id;
use crate::error::StoreError;
use crate::ids::JobId;
use crate::row::Row;
use crate::sql;
use crate::sql::system_sql;
use crate::trace::TraceContext;
use crate::tx::Tx;

/// How long a lease holds unless it is [held](hold): a job whose lease has run out is treated as lost.
pub(crate) const LEASE_MS: i64 = 60_000;

/// The topic of new jobs; the hint is a [`Claim`].
pub const PUSHED: &str = "outbox.pushed";

/// Work to be promised.
pub struct NewJob {
    /// What to do: `message.dispatch`, `delivery.send`.
    pub kind: &'static str,
    /// To which object.
    pub target: [u8; 16],
    /// When, if not at once.
    pub due: Option<Time>,
    /// What the handler in this process may use instead of reading it back.
    pub hint: Option<Hint>,
}

/// Something a handler in this process may use instead of reading it back.
pub type Hint = Arc<dyn Any + Send + Sync>;

impl NewJob {
    /// A job to be done at once.
    pub fn now(kind: &'static str, target: [u8; 16]) -> Self {
        Self { kind, target, due: None, hint: None }
    }

    /// The same, with something its handler may use.
    pub fn with<T: Any + Send + Sync>(mut self, hint: T) -> Self {
        self.hint = Some(Arc::new(hint));
        self
    }
}

/// A job held under a lease.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The job.
    pub id: JobId,
    /// Whose.
    pub org: Org,
    /// What to do.
    pub kind: String,
    /// To which object.
    pub target: [u8; 16],
    /// The lease's number; a later claim has a larger one.
    pub fence: i64,
    /// Until when nobody else will take the job over.
    pub leased_until: Time,
    /// How often it was claimed before: above zero after a crash or a retry.
    pub claims: u32,
    /// What the one who pushed it left for the handler; nothing after a crash or a retry.
    pub hint: Option<Hint>,
    /// What promised it, if that was traced; nothing after a crash or a retry.
    pub trace: Option<TraceContext>,
}

pub(crate) fn push(tx: &mut Tx<'_>, job: NewJob) -> Result<JobId, StoreError> {
    let ctx = tx.ctx();
    let (id, now) = (JobId::new(&ctx.world), ctx.now());
    let due = job.due.unwrap_or(now);
    let now_due = due <= now;
    // A job for later is leased to nobody; the sweep finds it when it is due.
    let lease = if now_due { now.plus_ms(LEASE_MS) } else { due };
    tx.put(
        sql!(
            "insert into outbox (org, env, id, kind, target, due_at, leased_until, fence, claims)
             values ($1, $2, $3, $4, $5, $6, $7, $8, 0)"
        ),
        &[&id, &job.kind, &Id(job.target), &due, &lease, &1i64],
    )?;
    if now_due {
        let claim = Claim {
            id,
            org: ctx.org,
            kind: job.kind.to_owned(),
            target: job.target,
            fence: 1,
            leased_until: lease,
            claims: 0,
            hint: job.hint,
            trace: tx.trace,
        };
        tx.publish(Change::new(PUSHED, ctx.org, id.bytes()).here().with(claim));
    }
    Ok(id)
}

/// Keeps the job for `ms` more milliseconds. To be called before anything that can't be undone, by whoever may have waited or will
/// take long. If another has claimed the job meanwhile, the transaction fails with [`StoreError::Superseded`], here as in
/// [`finish`] and [`postpone`]: then nothing may be recorded.
pub fn hold(tx: &mut Tx<'_>, claim: &Claim, ms: i64) -> Result<(), StoreError> {
    let until = tx.ctx().now().plus_ms(ms);
    tx.put_exact(
        sql!("update outbox set leased_until = $5 where org = $1 and env = $2 and id = $3 and fence = $4"),
        &[&claim.id, &claim.fence, &until],
    )
}

/// Takes the job out of the outbox.
pub fn finish(tx: &mut Tx<'_>, claim: &Claim) -> Result<(), StoreError> {
    tx.put_exact(
        sql!("delete from outbox where org = $1 and env = $2 and id = $3 and fence = $4"),
        &[&claim.id, &claim.fence],
    )
}

/// Puts the job back until `due`.
pub fn postpone(tx: &mut Tx<'_>, claim: &Claim, due: Time) -> Result<(), StoreError> {
    tx.put_exact(
        sql!("update outbox set due_at = $5, leased_until = $5 where org = $1 and env = $2 and id = $3 and fence = $4"),
        &[&claim.id, &claim.fence, &due],
    )
}

/// Whether a transaction that needed the lease went through: false if another has claimed the job meanwhile.
pub fn ours(outcome: Result<(), StoreError>) -> Result<bool, StoreError> {
    match outcome {
        Ok(()) => Ok(true),
        Err(StoreError::Superseded) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Takes out every job of this kind for this object: it has been cancelled.
pub fn cancel(tx: &mut Tx<'_>, kind: &str, target: [u8; 16]) -> Result<u64, StoreError> {
    tx.execute(
        sql!("delete from outbox where org = $1 and env = $2 and target = $3 and kind = $4"),
        &[&Id(target), &kind],
    )
}

/// Claims jobs of any organisation whose lease has run out, oldest first.
pub(crate) fn claim_lapsed(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<Claim>, StoreError> {
    let now = tx.ctx().now();
    tx.all(
        system_sql!(
            sqlite: "update outbox set leased_until = $1, fence = fence + 1, claims = claims + 1
                     where (org, env, id) in (select org, env, id from outbox where leased_until <= $2 order by leased_until limit $3)
                     returning org, env, id, kind, target, fence, leased_until, claims",
            postgres: "update outbox set leased_until = $1, fence = fence + 1, claims = claims + 1
                     where (org, env, id) in (select org, env, id from outbox where leased_until <= $2 order by leased_until limit $3
                                              for update skip locked)
                     returning org, env, id, kind, target, fence, leased_until, claims"
        ),
        &[&now.plus_ms(LEASE_MS), &now, &limit],
        read,
    )
}

/// Ends every lease: on a database with one node, at its start, their holder is dead.
pub(crate) fn end_leases(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    let now = tx.ctx().now();
    tx.execute(system_sql!("update outbox set leased_until = $1 where leased_until > $1 and due_at <= $1"), &[&now])
}

fn read(row: &Row<'_>) -> Result<Claim, StoreError> {
    Ok(Claim {
        id: row.get("id")?,
        org: Org { id: row.get("org")?, environment: row.get("env")? },
        kind: row.get("kind")?,
        target: row.get("target")?,
        fence: row.get("fence")?,
        leased_until: row.get("leased_until")?,
        claims: row.get("claims")?,
        hint: None,
        trace: None,
    })
}
