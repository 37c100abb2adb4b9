//! Every query on runs.

use std::collections::{BTreeMap, BTreeSet};

use sealpost_store::{ContactId, Row, SlotId, Sql, StoreError, Time, Tx, WorkflowId, WorkflowRunId, sql};

use crate::events::Class;
use crate::storage::{Gone, Mode};
use crate::workflows::model::{Run, RunState, Step, StepState};
use crate::workflows::replies;

const INSERT: Sql = sql!(
    "insert into workflow_run (org, env, id, workflow, version, contact, class, storage, gone, slot, payload, node, state, created_at,
        updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)"
);
const ONE: Sql = sql!(
    "select id, workflow, version, contact, class, storage, gone, slot, payload, answers, node, state, reason, wakes_at, created_at,
        updated_at
     from workflow_run where org = $1 and env = $2 and id = $3"
);
const BEFORE: Sql = sql!(
    "select id, workflow, version, contact, class, storage, gone, slot, payload, answers, node, state, reason, wakes_at, created_at,
        updated_at
     from workflow_run where org = $1 and env = $2 and id < $3 order by id desc limit $4"
);
// Index workflow_run_workflow.
const OF_WORKFLOW: Sql = sql!(
    "select id, workflow, version, contact, class, storage, gone, slot, payload, answers, node, state, reason, wakes_at, created_at,
        updated_at
     from workflow_run where org = $1 and env = $2 and workflow = $3 and id < $4 order by id desc limit $5"
);
// Index workflow_run_contact.
const FOR: Sql = sql!(
    "select id, workflow, version, contact, class, storage, gone, slot, payload, answers, node, state, reason, wakes_at, created_at,
        updated_at
     from workflow_run where org = $1 and env = $2 and contact = $3 and id < $4 order by id desc limit $5"
);
// Whoever moves a run locks its row first, then its job's: two in another order would wait for each other.
const MOVE: Sql = sql!(
    "update workflow_run set node = $4, state = $5, reason = $6, wakes_at = $7, answers = coalesce($8, answers), updated_at = $9
     where org = $1 and env = $2 and id = $3 and state in ('running', 'waiting')"
);
const AGAIN: Sql = sql!(
    "update workflow_run set state = 'running', reason = null, updated_at = $4
     where org = $1 and env = $2 and id = $3 and state = 'failed' and gone is null"
);
const TOUCH: Sql =
    sql!("update workflow_run set updated_at = $4 where org = $1 and env = $2 and id = $3 returning state");
const STEP: Sql = sql!(
    "insert into workflow_step (org, env, run, node, kind, state, attempt, detail, status, message, started_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     on conflict (org, env, run, node) do update set state = excluded.state, attempt = excluded.attempt, detail = excluded.detail,
        status = excluded.status, message = coalesce(excluded.message, workflow_step.message),
        started_at = excluded.started_at, updated_at = excluded.updated_at"
);
const STEPS: Sql = sql!(
    "select node, kind, state, attempt, detail, status, message, started_at, updated_at
     from workflow_step where org = $1 and env = $2 and run = $3 order by started_at, updated_at, node"
);
const STEP_BECAME: Sql = sql!(
    "update workflow_step set state = $5, detail = $6, updated_at = $7
     where org = $1 and env = $2 and run = $3 and node = $4"
);
const LOSE_CALL: Sql = sql!(
    "update workflow_step set state = 'unknown', detail = $5, updated_at = $4
     where org = $1 and env = $2 and run = $3 and state = 'calling'"
);
const SIGNAL: Sql = sql!(
    "insert into workflow_signal (org, env, run, name, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing"
);
const SIGNALS: Sql = sql!("select name from workflow_signal where org = $1 and env = $2 and run = $3");
// Index workflow_run_contact.
const UNDER_WAY_OF: Sql = sql!(
    "select id from workflow_run where org = $1 and env = $2 and contact = $3 and state in ('running', 'waiting')
     order by id limit $4"
);
const SEALED_OF: Sql = sql!(
    "select id, slot from workflow_run where org = $1 and env = $2 and contact = $3 and payload is not null order by id limit $4"
);
// Index workflow_run_kept.
const OVER: Sql = sql!(
    "select id, contact, storage, created_at from workflow_run where org = $1 and env = $2 and payload is not null and gone is null and id > $3
     and state in ('done', 'failed', 'cancelled') and (storage = 'until_delivered' or (class = $4 and (updated_at < $5 or created_at <= $6)))
     order by id limit $7"
);
const MARK: Sql = sql!(
    "update workflow_run set gone = $4 where org = $1 and env = $2 and id = $3 and gone is null and payload is not null
     and state in ('done', 'failed', 'cancelled')"
);
const GOING: Sql = sql!(
    "select id, slot from workflow_run where org = $1 and env = $2 and payload is not null and gone is not null \
     order by id limit $3"
);
const EMPTY: Sql = sql!(
    "update workflow_run set payload = null, answers = null where org = $1 and env = $2 and id = $3 and payload is not null"
);

/// A new run.
pub(crate) fn insert(tx: &mut Tx<'_>, run: &Run) -> Result<(), StoreError> {
    tx.put(
        INSERT,
        &[
            &run.id,
            &run.workflow,
            &run.version,
            &run.contact,
            &run.class,
            &run.storage.word(),
            &run.gone.map(Gone::word),
            &run.slot,
            &run.payload,
            &run.node,
            &run.state.word(),
            &run.created_at,
        ],
    )
}

/// The run of this id.
pub(crate) fn find(tx: &mut Tx<'_>, id: WorkflowRunId) -> Result<Option<Run>, StoreError> {
    tx.optional(ONE, &[&id], read)
}

/// Runs before `before`, newest first.
pub(crate) fn before(tx: &mut Tx<'_>, before: WorkflowRunId, limit: u32) -> Result<Vec<Run>, StoreError> {
    tx.all(BEFORE, &[&before, &limit], read)
}

/// Runs of one workflow before `before`, newest first.
pub(crate) fn of_workflow(
    tx: &mut Tx<'_>,
    workflow: WorkflowId,
    before: WorkflowRunId,
    limit: u32,
) -> Result<Vec<Run>, StoreError> {
    tx.all(OF_WORKFLOW, &[&workflow, &before, &limit], read)
}

/// Runs before `before` for one person, newest first: for any of these contacts, which they all are.
pub(crate) fn page_for(
    tx: &mut Tx<'_>,
    person: &[ContactId],
    before: WorkflowRunId,
    limit: u32,
) -> Result<Vec<Run>, StoreError> {
    let mut all = Vec::new();
    for contact in person {
        all.append(&mut tx.all(FOR, &[contact, &before, &limit], read)?);
    }
    all.sort_by_key(|run| std::cmp::Reverse(run.id));
    all.truncate(limit as usize);
    Ok(all)
}

/// Where a run goes.
pub(crate) struct Moved<'m> {
    pub(crate) node: &'m str,
    pub(crate) state: RunState,
    pub(crate) reason: Option<&'m str>,
    pub(crate) wakes_at: Option<Time>,
    pub(crate) answers: Option<&'m [u8]>,
}

/// Brings a run that is under way somewhere; if it is over, the transaction fails with [`StoreError::Superseded`].
pub(crate) fn go(tx: &mut Tx<'_>, id: WorkflowRunId, moved: &Moved<'_>) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    let Moved { node, state, reason, wakes_at, answers } = moved;
    let moved = tx.execute(MOVE, &[&id, node, &state.word(), reason, wakes_at, answers, &now])?;
    if moved == 1 { Ok(()) } else { Err(StoreError::Superseded) }
}

/// A run that failed is on its way again; false if it has not.
pub(crate) fn again(tx: &mut Tx<'_>, id: WorkflowRunId) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    Ok(tx.execute(AGAIN, &[&id, &now])? == 1)
}

/// Locks a run, and answers where it stands.
pub(crate) fn lock(tx: &mut Tx<'_>, id: WorkflowRunId) -> Result<Option<RunState>, StoreError> {
    let now = tx.ctx().now();
    tx.optional(TOUCH, &[&id, &now], |row| {
        let state: String = row.get("state")?;
        RunState::read(&state).ok_or_else(|| StoreError::Column("state".into()))
    })
}

/// Writes down what became of a node.
pub(crate) fn put_step(tx: &mut Tx<'_>, run: WorkflowRunId, step: &Step) -> Result<(), StoreError> {
    tx.put(
        STEP,
        &[
            &run,
            &step.node,
            &step.kind,
            &step.state.word(),
            &step.attempt,
            &step.detail,
            &step.status.map(u32::from),
            &step.message,
            &step.started_at,
            &step.updated_at,
        ],
    )
}

/// Changes what is written of a node.
pub(crate) fn step_became(
    tx: &mut Tx<'_>,
    run: WorkflowRunId,
    node: &str,
    state: StepState,
    detail: Option<&str>,
) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(STEP_BECAME, &[&run, &node, &state.word(), &detail, &now])
}

/// Nobody will learn any more what a call that is under way came to.
pub(crate) fn lose_call(tx: &mut Tx<'_>, run: WorkflowRunId, detail: &str) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(LOSE_CALL, &[&run, &now, &detail])
}

/// What became of nodes so far, in the order in which the run came to them.
pub(crate) fn steps(tx: &mut Tx<'_>, run: WorkflowRunId) -> Result<Vec<Step>, StoreError> {
    tx.all(STEPS, &[&run], |row| {
        let state: String = row.get("state")?;
        Ok(Step {
            node: row.get("node")?,
            kind: row.get("kind")?,
            state: StepState::read(&state).ok_or_else(|| StoreError::Column("state".into()))?,
            attempt: row.get("attempt")?,
            detail: row.get("detail")?,
            status: row.get("status")?,
            message: row.get("message")?,
            started_at: row.get("started_at")?,
            updated_at: row.get("updated_at")?,
        })
    })
}

/// A run is told something; false if it was before.
pub(crate) fn signal(tx: &mut Tx<'_>, run: WorkflowRunId, name: &str) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    Ok(tx.execute(SIGNAL, &[&run, &name, &now])? == 1)
}

/// What a run was told.
pub(crate) fn signals(tx: &mut Tx<'_>, run: WorkflowRunId) -> Result<BTreeSet<String>, StoreError> {
    Ok(tx.all(SIGNALS, &[&run], |row| row.get("name"))?.into_iter().collect())
}

/// Where the messages stand that these steps sent, by node.
pub(crate) fn sent(tx: &mut Tx<'_>, steps: &[Step]) -> Result<BTreeMap<String, crate::messages::State>, StoreError> {
    let mut standing = BTreeMap::new();
    for step in steps {
        let Some(message) = step.message else { continue };
        standing.extend(crate::messages::state_of(tx, message)?.map(|state| (step.node.clone(), state)));
    }
    Ok(standing)
}

/// Runs for one contact that are under way.
pub(crate) fn under_way_of(tx: &mut Tx<'_>, contact: ContactId, limit: u32) -> Result<Vec<WorkflowRunId>, StoreError> {
    tx.all(UNDER_WAY_OF, &[&contact, &limit], |row| row.get("id"))
}

/// Runs for one contact in which anything sealed stands, and where their keys are.
pub(crate) fn sealed_of(
    tx: &mut Tx<'_>,
    contact: ContactId,
    limit: u32,
) -> Result<Vec<(WorkflowRunId, SlotId)>, StoreError> {
    tx.all(SEALED_OF, &[&contact, &limit], |row| Ok((row.get("id")?, row.get("slot")?)))
}

/// A run that is over and whose payload has to go, unless somebody holds it.
pub(crate) struct Over {
    pub(crate) id: WorkflowRunId,
    pub(crate) contact: ContactId,
    pub(crate) gone: Gone,
}

/// Runs after `after` that are over: those that are kept only while they are under way, and those of a class that are older than they
/// may get, or were begun before it was purged.
pub(crate) fn over(
    tx: &mut Tx<'_>,
    after: WorkflowRunId,
    (class, before, purged): (Class, Time, Option<Time>),
    limit: u32,
) -> Result<Vec<Over>, StoreError> {
    tx.all(OVER, &[&after, &class, &before, &purged, &limit], |row| {
        let (storage, created_at): (String, Time) = (row.get("storage")?, row.get("created_at")?);
        let gone = match storage == Mode::UntilDelivered.word() {
            true => Gone::UntilDelivered,
            false if purged.is_some_and(|purged| created_at <= purged) => Gone::Purged,
            false => Gone::Retention,
        };
        Ok(Over { id: row.get("id")?, contact: row.get("contact")?, gone })
    })
}

/// Whatever is sealed in the run is to be destroyed; answers 1 unless that was decided before.
pub(crate) fn mark(tx: &mut Tx<'_>, id: WorkflowRunId, gone: Gone) -> Result<u64, StoreError> {
    tx.execute(MARK, &[&id, &gone.word()])
}

/// Runs whose seals are to be destroyed, and where their keys are.
pub(crate) fn going(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<(WorkflowRunId, SlotId)>, StoreError> {
    tx.all(GOING, &[&limit], |row| Ok((row.get("id")?, row.get("slot")?)))
}

/// Removes what stands sealed in a run whose key is destroyed; answers 1 if anything did.
pub(crate) fn empty(tx: &mut Tx<'_>, id: WorkflowRunId) -> Result<u64, StoreError> {
    replies::blank(tx, id)?;
    tx.execute(EMPTY, &[&id])
}

fn read(row: &Row<'_>) -> Result<Run, StoreError> {
    let (state, storage): (String, String) = (row.get("state")?, row.get("storage")?);
    let gone: Option<String> = row.get("gone")?;
    let gone = gone.map(|word| Gone::read(&word).ok_or_else(|| StoreError::Column("gone".into())));
    Ok(Run {
        id: row.get("id")?,
        workflow: row.get("workflow")?,
        version: row.get("version")?,
        contact: row.get("contact")?,
        class: row.get("class")?,
        storage: Mode::read(&storage).ok_or_else(|| StoreError::Column("storage".into()))?,
        gone: gone.transpose()?,
        slot: row.get("slot")?,
        payload: row.get("payload")?,
        answers: row.get("answers")?,
        node: row.get("node")?,
        state: RunState::read(&state).ok_or_else(|| StoreError::Column("state".into()))?,
        reason: row.get("reason")?,
        wakes_at: row.get("wakes_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
