//! What there is in the database, counted for whoever watches the installation. Numbers of all organisations together.

use crate::clock::Time;
use crate::error::StoreError;
use crate::sql::system_sql;
use crate::tx::Tx;

/// What there is, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    /// Jobs in the outbox, by their kind.
    pub jobs: Vec<Jobs>,
    /// Endpoints, by the word of their state.
    pub endpoints: Vec<(String, u64)>,
    /// Leaves of all ledgers.
    pub leaves: u64,
    /// Those of them that no checkpoint covers yet.
    pub unsigned_leaves: u64,
}

/// Jobs of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jobs {
    /// `message.dispatch`, `delivery.send`.
    pub kind: String,
    /// Those to be done now.
    pub due: u64,
    /// Those for later: retries.
    pub later: u64,
    /// When the one that waits longest was due, or will be.
    pub oldest_due: Time,
}

pub(crate) fn take(tx: &mut Tx<'_>) -> Result<Census, StoreError> {
    let (leaves, unsigned_leaves) = leaves(tx)?;
    Ok(Census { jobs: jobs(tx)?, endpoints: endpoints(tx)?, leaves, unsigned_leaves })
}

fn jobs(tx: &mut Tx<'_>) -> Result<Vec<Jobs>, StoreError> {
    let now = tx.ctx().now();
    tx.all(
        system_sql!(
            "select kind, count(*) as waiting, count(case when due_at <= $1 then 1 end) as due, min(due_at) as oldest
             from outbox group by kind order by kind"
        ),
        &[&now],
        |row| {
            let (waiting, due): (u64, u64) = (row.get("waiting")?, row.get("due")?);
            Ok(Jobs { kind: row.get("kind")?, due, later: waiting.saturating_sub(due), oldest_due: row.get("oldest")? })
        },
    )
}

fn endpoints(tx: &mut Tx<'_>) -> Result<Vec<(String, u64)>, StoreError> {
    tx.all(system_sql!("select state, count(*) as endpoints from endpoint group by state order by state"), &[], |row| {
        Ok((row.get("state")?, row.get("endpoints")?))
    })
}

fn leaves(tx: &mut Tx<'_>) -> Result<(u64, u64), StoreError> {
    let sums = tx.optional(
        system_sql!(
            "select cast(coalesce(sum(size), 0) as bigint) as leaves,
                    cast(coalesce(sum(size - signed), 0) as bigint) as unsigned from ledger_head"
        ),
        &[],
        |row| Ok((row.get("leaves")?, row.get("unsigned")?)),
    )?;
    Ok(sums.unwrap_or_default())
}
