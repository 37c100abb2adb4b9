//! Every query on workflows; those on their runs are in [`super::runs`].

use sealpost_store::{Row, Sql, StoreError, Time, Tx, WorkflowId, sql};

use super::definition::Definition;
use super::model::{InForce, Workflow, WorkflowVersion};
use crate::versions;

const INSERT: Sql = sql!(
    "insert into workflow (org, env, id, name, version, live_version, created_at) values ($1, $2, $3, $4, 1, 0, $5) \
     on conflict do nothing"
);
const INSERT_VERSION: Sql = sql!(
    "insert into workflow_version (org, env, workflow, version, class, definition, created_at) \
     values ($1, $2, $3, $4, $5, $6, $7)"
);
const ADVANCE: Sql =
    sql!("update workflow set version = version + 1 where org = $1 and env = $2 and id = $3 returning version");
const PUT_INTO_FORCE: Sql = sql!(
    "update workflow set live_version = $4, promotions = promotions + 1 \
     where org = $1 and env = $2 and id = $3 and promotions = $5"
);
const RELEASE: Sql = sql!(
    "update workflow_version set released_at = $5 \
     where org = $1 and env = $2 and workflow = $3 and version = $4 and released_at is null"
);
const ONE: Sql = sql!(
    "select id, name, version, live_version, promotions, created_at from workflow \
     where org = $1 and env = $2 and id = $3"
);
// Unique index workflow_name.
const NAMED: Sql = sql!(
    "select id, name, version, live_version, promotions, created_at from workflow \
     where org = $1 and env = $2 and name = $3"
);
const BEFORE: Sql = sql!(
    "select id, name, version, live_version, promotions, created_at from workflow where org = $1 and env = $2 and id < $3 \
     order by id desc limit $4"
);
const VERSION: Sql = sql!(
    "select version, definition, created_at, released_at from workflow_version \
     where org = $1 and env = $2 and workflow = $3 and version = $4"
);
const VERSIONS: Sql = sql!(
    "select version, definition, created_at, released_at from workflow_version \
     where org = $1 and env = $2 and workflow = $3 order by version desc limit $4"
);

/// A new workflow without its version; false if its name is taken.
pub(super) fn insert(tx: &mut Tx<'_>, id: WorkflowId, name: &str, now: Time) -> Result<bool, StoreError> {
    Ok(tx.execute(INSERT, &[&id, &name, &now])? == 1)
}

/// A version, by whoever acts; it never changes.
pub(super) fn insert_version(
    tx: &mut Tx<'_>,
    id: WorkflowId,
    version: u32,
    definition: &Definition,
    now: Time,
) -> Result<(), StoreError> {
    let text = serde_json::to_string(definition).map_err(|_| StoreError::Missing("definition"))?;
    tx.put(INSERT_VERSION, &[&id, &version, &definition.class, &text, &now])?;
    versions::wrote(tx, id.bytes(), version)
}

/// Takes the next version number; nothing if there is no such workflow.
pub(super) fn advance(tx: &mut Tx<'_>, id: WorkflowId) -> Result<Option<u32>, StoreError> {
    tx.optional(ADVANCE, &[&id], |row| row.get("version"))
}

/// Puts a version into force, if nobody has decided that since `workflow` was read; false if somebody has.
pub(super) fn put_into_force(tx: &mut Tx<'_>, workflow: &Workflow, version: u32) -> Result<bool, StoreError> {
    Ok(tx.execute(PUT_INTO_FORCE, &[&workflow.id, &version, &workflow.promotions])? == 1)
}

/// Keeps since when a version has been in force for the first time.
pub(super) fn release(tx: &mut Tx<'_>, id: WorkflowId, version: u32, now: Time) -> Result<(), StoreError> {
    tx.execute(RELEASE, &[&id, &version, &now]).map(drop)
}

/// The workflow.
pub(super) fn find(tx: &mut Tx<'_>, id: WorkflowId) -> Result<Option<Workflow>, StoreError> {
    tx.optional(ONE, &[&id], read)
}

/// The workflow of this name.
pub(super) fn named(tx: &mut Tx<'_>, name: &str) -> Result<Option<Workflow>, StoreError> {
    tx.optional(NAMED, &[&name], read)
}

/// Workflows older than `before`, newest first.
pub(super) fn before(tx: &mut Tx<'_>, before: WorkflowId, limit: u32) -> Result<Vec<Workflow>, StoreError> {
    tx.all(BEFORE, &[&before, &limit], read)
}

/// One version.
pub(super) fn version(tx: &mut Tx<'_>, id: WorkflowId, version: u32) -> Result<Option<WorkflowVersion>, StoreError> {
    tx.optional(VERSION, &[&id, &version], read_version)
}

/// The version that new runs begin with; nothing if none is in force.
pub(super) fn in_force(tx: &mut Tx<'_>, workflow: &Workflow) -> Result<Option<InForce>, StoreError> {
    let found = version(tx, workflow.id, workflow.live_version)?;
    Ok(found.map(|found| InForce { id: workflow.id, version: found.version, definition: found.definition }))
}

/// Up to `limit` versions, newest first.
pub(super) fn versions(tx: &mut Tx<'_>, id: WorkflowId, limit: u32) -> Result<Vec<WorkflowVersion>, StoreError> {
    tx.all(VERSIONS, &[&id, &limit], read_version)
}

fn read(row: &Row<'_>) -> Result<Workflow, StoreError> {
    Ok(Workflow {
        id: row.get("id")?,
        name: row.get("name")?,
        version: row.get("version")?,
        live_version: row.get("live_version")?,
        promotions: row.get("promotions")?,
        created_at: row.get("created_at")?,
    })
}

fn read_version(row: &Row<'_>) -> Result<WorkflowVersion, StoreError> {
    let definition: String = row.get("definition")?;
    Ok(WorkflowVersion {
        version: row.get("version")?,
        definition: serde_json::from_str(&definition).map_err(|_| StoreError::Column("definition".into()))?,
        created_at: row.get("created_at")?,
        released_at: row.get("released_at")?,
    })
}
