//! Every query on replies: those that runs keep, and those that were taken.

use sealpost_store::{Sql, StoreError, Time, Tx, WorkflowRunId, sql};

use super::model::Taken;
use crate::workflows::model::Replied;

const HEAR: Sql =
    sql!("insert into workflow_signal (org, env, run, name, payload, created_at) values ($1, $2, $3, $4, $5, $6)");
const NAMES: Sql =
    sql!("select name from workflow_signal where org = $1 and env = $2 and run = $3 and name like '@reply/%'");
const OF_RUN: Sql = sql!(
    "select name, payload, created_at from workflow_signal \
     where org = $1 and env = $2 and run = $3 and name like '@reply/%' order by created_at, name"
);
const SPEND: Sql = sql!("delete from workflow_signal where org = $1 and env = $2 and run = $3 and name = $4");
const BLANK: Sql =
    sql!("update workflow_signal set payload = null where org = $1 and env = $2 and run = $3 and payload is not null");
const TAKE: Sql = sql!(
    "insert into workflow_reply (org, env, mac, answer, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing"
);
const TAKEN: Sql = sql!("select answer from workflow_reply where org = $1 and env = $2 and mac = $3");
// Index workflow_reply_age.
const FORGET_OLDEST: Sql = sql!(
    "delete from workflow_reply where org = $1 and env = $2 and mac in \
     (select mac from workflow_reply where org = $1 and env = $2 and created_at < $3 order by created_at limit $4)"
);

/// A run is told of a reply, which it calls by this name.
pub(in crate::workflows) fn hear(
    tx: &mut Tx<'_>,
    run: WorkflowRunId,
    name: &str,
    sealed: Option<&[u8]>,
) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(HEAR, &[&run, &name, &sealed, &now])
}

/// How many replies a run keeps.
pub(in crate::workflows) fn count(tx: &mut Tx<'_>, run: WorkflowRunId) -> Result<usize, StoreError> {
    Ok(tx.all(NAMES, &[&run], |row| row.get::<String>("name"))?.len())
}

/// The replies that a run keeps, oldest first.
pub(in crate::workflows) fn of_run(tx: &mut Tx<'_>, run: WorkflowRunId) -> Result<Vec<Replied>, StoreError> {
    tx.all(OF_RUN, &[&run], |row| {
        Ok(Replied { name: row.get("name")?, at: row.get("created_at")?, sealed: row.get("payload")? })
    })
}

/// A wait was satisfied by this reply: it is kept no longer.
pub(in crate::workflows) fn spend(tx: &mut Tx<'_>, run: WorkflowRunId, name: &str) -> Result<(), StoreError> {
    tx.put(SPEND, &[&run, &name])
}

/// Removes what replies say that a run keeps.
pub(in crate::workflows) fn blank(tx: &mut Tx<'_>, run: WorkflowRunId) -> Result<(), StoreError> {
    tx.put(BLANK, &[&run])
}

/// Remembers that this was taken and what it did; false if it was before.
pub(super) fn take(tx: &mut Tx<'_>, mac: [u8; 32], taken: &Taken) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let answer = serde_json::to_string(taken).map_err(|_| StoreError::Missing("answer"))?;
    Ok(tx.execute(TAKE, &[&mac, &answer, &now])? == 1)
}

/// What this did when it was taken before.
pub(super) fn taken(tx: &mut Tx<'_>, mac: [u8; 32]) -> Result<Option<Taken>, StoreError> {
    tx.optional(TAKEN, &[&mac], |row| {
        let answer: String = row.get("answer")?;
        serde_json::from_str(&answer).map_err(|_| StoreError::Column("answer".into()))
    })
}

/// Forgets the oldest of what was taken before then; answers how many that were.
pub(super) fn forget_oldest(tx: &mut Tx<'_>, before: Time, limit: u32) -> Result<u64, StoreError> {
    tx.execute(FORGET_OLDEST, &[&before, &limit])
}
