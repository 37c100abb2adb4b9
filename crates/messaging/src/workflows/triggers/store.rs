//! Every query on triggers, and on what came in by them.

use sealpost_store::{Row, SecretId, Sql, StoreError, Time, Tx, WorkflowId, WorkflowRunId, WorkflowTriggerId, sql};

use super::model::{Check, Source, Stored, Trigger, Webhook};

const INSERT: Sql = sql!(
    "insert into workflow_trigger (org, env, id, workflow, event, secret, definition, created_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8)"
);
const ONE: Sql = sql!(
    "select id, workflow, event, secret, definition, created_at from workflow_trigger where org = $1 and env = $2 and id = $3"
);
// Index workflow_trigger_workflow.
const OF_WORKFLOW: Sql = sql!(
    "select id, workflow, event, secret, definition, created_at from workflow_trigger \
     where org = $1 and env = $2 and workflow = $3 order by id"
);
// Index workflow_trigger_event.
const BY_EVENT: Sql = sql!(
    "select id, workflow, event, secret, definition, created_at from workflow_trigger \
     where org = $1 and env = $2 and event = $3 order by id"
);
const WITH_SECRET: Sql = sql!(
    "select id, workflow, event, secret, definition, created_at from workflow_trigger \
     where org = $1 and env = $2 and secret is not null order by id"
);
const BY_REPLY: Sql = sql!(
    "select id, workflow, event, secret, definition, created_at from workflow_trigger \
     where org = $1 and env = $2 and event is null and secret is null order by id"
);
const DELETE: Sql = sql!("delete from workflow_trigger where org = $1 and env = $2 and id = $3");
const FORGET: Sql = sql!("delete from workflow_arrival where org = $1 and env = $2 and via = $3");
const ARRIVE: Sql = sql!(
    "insert into workflow_arrival (org, env, via, mac, run, created_at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing"
);
// Index workflow_arrival_age.
const IS_ANY_OLDER: Sql =
    sql!("select run from workflow_arrival where org = $1 and env = $2 and via = $3 and created_at < $4 limit 1");
const FORGET_OLDEST: Sql = sql!(
    "delete from workflow_arrival where org = $1 and env = $2 and via = $3 and mac in \
     (select mac from workflow_arrival where org = $1 and env = $2 and via = $3 and created_at < $4 \
     order by created_at limit $5)"
);
const ARRIVED: Sql = sql!("select run from workflow_arrival where org = $1 and env = $2 and via = $3 and mac = $4");

/// A new trigger.
pub(super) fn insert(tx: &mut Tx<'_>, trigger: &Trigger) -> Result<(), StoreError> {
    let (event, webhook) = match &trigger.source {
        Source::Event(event) => (Some(event), None),
        Source::Webhook(webhook) => (None, Some(webhook)),
        Source::Reply => (None, None),
    };
    let stored = Stored {
        reply: matches!(trigger.source, Source::Reply),
        check: webhook.map(|webhook| webhook.check.name().to_owned()),
        to: webhook.map(|webhook| webhook.to.clone()),
        id: webhook.and_then(|webhook| webhook.id.clone()),
        data: trigger.data.clone(),
    };
    let definition = serde_json::to_string(&stored).map_err(|_| StoreError::Missing("definition"))?;
    let secret = webhook.map(|webhook| webhook.secret);
    tx.put(INSERT, &[&trigger.id, &trigger.workflow, &event, &secret, &definition, &trigger.created_at])
}

/// The trigger of this id.
pub(super) fn find(tx: &mut Tx<'_>, id: WorkflowTriggerId) -> Result<Option<Trigger>, StoreError> {
    tx.optional(ONE, &[&id], read)
}

/// Everything that begins runs of one workflow.
pub(super) fn of_workflow(tx: &mut Tx<'_>, workflow: WorkflowId) -> Result<Vec<Trigger>, StoreError> {
    tx.all(OF_WORKFLOW, &[&workflow], read)
}

/// Everything that begins runs when this event is fired.
pub(super) fn by_event(tx: &mut Tx<'_>, event: &str) -> Result<Vec<Trigger>, StoreError> {
    tx.all(BY_EVENT, &[&event], read)
}

/// Everything that begins runs when a contact replies.
pub(super) fn by_reply(tx: &mut Tx<'_>) -> Result<Vec<Trigger>, StoreError> {
    tx.all(BY_REPLY, &[], read)
}

/// Everything that is believed by a stored secret.
pub(super) fn with_secret(tx: &mut Tx<'_>) -> Result<Vec<Trigger>, StoreError> {
    tx.all(WITH_SECRET, &[], read)
}

/// Removes a trigger with what it remembers; false if there was none.
pub(super) fn delete(tx: &mut Tx<'_>, id: WorkflowTriggerId) -> Result<bool, StoreError> {
    tx.put(FORGET, &[&id])?;
    Ok(tx.execute(DELETE, &[&id])? == 1)
}

/// Remembers that this came in and which run it began; false if it came before.
pub(super) fn arrive(
    tx: &mut Tx<'_>,
    via: WorkflowTriggerId,
    mac: [u8; 32],
    run: WorkflowRunId,
) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    Ok(tx.execute(ARRIVE, &[&via, &mac, &run, &now])? == 1)
}

/// The run that this began when it came before.
pub(super) fn arrived(
    tx: &mut Tx<'_>,
    via: WorkflowTriggerId,
    mac: [u8; 32],
) -> Result<Option<WorkflowRunId>, StoreError> {
    tx.optional(ARRIVED, &[&via, &mac], |row| row.get("run"))
}

/// Whether anything is remembered that came in by this before then.
pub(super) fn is_any_older(tx: &mut Tx<'_>, via: WorkflowTriggerId, before: Time) -> Result<bool, StoreError> {
    Ok(tx.optional(IS_ANY_OLDER, &[&via, &before], |row| row.get::<WorkflowRunId>("run"))?.is_some())
}

/// Forgets the oldest of what came in by this before then; answers how many that were.
pub(super) fn forget_oldest(
    tx: &mut Tx<'_>,
    via: WorkflowTriggerId,
    before: Time,
    limit: u32,
) -> Result<u64, StoreError> {
    tx.execute(FORGET_OLDEST, &[&via, &before, &limit])
}

fn read(row: &Row<'_>) -> Result<Trigger, StoreError> {
    let unreadable = || StoreError::Column("definition".into());
    let definition: String = row.get("definition")?;
    let Stored { reply, check, to, id, data } = serde_json::from_str(&definition).map_err(|_| unreadable())?;
    let (event, secret): (Option<String>, Option<SecretId>) = (row.get("event")?, row.get("secret")?);
    let source = match (event, secret) {
        (Some(event), None) => Source::Event(event),
        (None, Some(secret)) => {
            let check = check.as_deref().and_then(Check::by_name).ok_or_else(unreadable)?;
            Source::Webhook(Webhook { check, secret, to: to.ok_or_else(unreadable)?, id })
        }
        (None, None) if reply => Source::Reply,
        _ => return Err(unreadable()),
    };
    Ok(Trigger { id: row.get("id")?, workflow: row.get("workflow")?, source, data, created_at: row.get("created_at")? })
}
