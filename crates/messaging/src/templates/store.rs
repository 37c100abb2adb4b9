//! Every query on templates.

use sealpost_store::{Row, Sql, StoreError, TemplateId, Time, Tx, sql};

use super::model::{Content, NewTemplate, Template, TemplateVersion};
use crate::channels::ChannelKind;
use crate::versions;

const INSERT: Sql = sql!(
    "insert into template (org, env, id, name, channel, version, promotions, created_at) values ($1, $2, $3, $4, $5, 1, 0, $6) \
     on conflict do nothing"
);
const INSERT_VERSION: Sql = sql!(
    "insert into template_version (org, env, template, version, content, created_at) values ($1, $2, $3, $4, $5, $6)"
);
const ADVANCE: Sql =
    sql!("update template set version = version + 1 where org = $1 and env = $2 and id = $3 returning version");
const ONE: Sql = sql!(
    "select id, name, channel, version, in_force, promotions, created_at from template where org = $1 and env = $2 and id = $3"
);
// Unique index template_name (org, env, name).
const NAMED: Sql = sql!(
    "select id, name, channel, version, in_force, promotions, created_at from template where org = $1 and env = $2 and name = $3"
);
const BEFORE: Sql = sql!(
    "select id, name, channel, version, in_force, promotions, created_at from template where org = $1 and env = $2 and id < $3 \
     order by id desc limit $4"
);
const VERSION: Sql = sql!(
    "select version, content, created_at, released_at from template_version \
     where org = $1 and env = $2 and template = $3 and version = $4"
);
const VERSIONS: Sql = sql!(
    "select version, content, created_at, released_at from template_version \
     where org = $1 and env = $2 and template = $3 order by version desc"
);
const PUT_INTO_FORCE: Sql = sql!(
    "update template set in_force = $4, promotions = promotions + 1 where org = $1 and env = $2 and id = $3 and promotions = $5"
);
const RELEASE: Sql = sql!(
    "update template_version set released_at = coalesce(released_at, $5) \
     where org = $1 and env = $2 and template = $3 and version = $4"
);

/// A new template without its version; false if its name is taken.
pub(super) fn insert(tx: &mut Tx<'_>, id: TemplateId, new: &NewTemplate, now: Time) -> Result<bool, StoreError> {
    Ok(tx.execute(INSERT, &[&id, &new.name.as_str(), &new.channel, &now])? == 1)
}

/// A version, by whoever acts; it never changes.
pub(super) fn insert_version(
    tx: &mut Tx<'_>,
    id: TemplateId,
    version: u32,
    content: &str,
    now: Time,
) -> Result<(), StoreError> {
    tx.put(INSERT_VERSION, &[&id, &version, &content, &now])?;
    versions::wrote(tx, id.bytes(), version)
}

/// Takes the next version number; nothing if there is no such template.
pub(super) fn advance(tx: &mut Tx<'_>, id: TemplateId) -> Result<Option<u32>, StoreError> {
    tx.optional(ADVANCE, &[&id], |row| row.get("version"))
}

/// The template.
pub(super) fn find(tx: &mut Tx<'_>, id: TemplateId) -> Result<Option<Template>, StoreError> {
    tx.optional(ONE, &[&id], read)
}

/// The template of this name.
pub(super) fn named(tx: &mut Tx<'_>, name: &str) -> Result<Option<Template>, StoreError> {
    tx.optional(NAMED, &[&name], read)
}

/// From now on this version is in force; false, if something else was decided since `template` was read.
pub(super) fn put_into_force(tx: &mut Tx<'_>, template: &Template, version: u32) -> Result<bool, StoreError> {
    Ok(tx.execute(PUT_INTO_FORCE, &[&template.id, &version, &template.promotions])? == 1)
}

/// Keeps since when a version may be named by what needs one others agreed to.
pub(super) fn release(tx: &mut Tx<'_>, id: TemplateId, version: u32, now: Time) -> Result<(), StoreError> {
    tx.execute(RELEASE, &[&id, &version, &now]).map(drop)
}

/// Templates older than `before`, newest first.
pub(super) fn before(tx: &mut Tx<'_>, before: TemplateId, limit: u32) -> Result<Vec<Template>, StoreError> {
    tx.all(BEFORE, &[&before, &limit], read)
}

/// One version.
pub(super) fn version(tx: &mut Tx<'_>, id: TemplateId, version: u32) -> Result<Option<TemplateVersion>, StoreError> {
    tx.optional(VERSION, &[&id, &version], read_version)
}

/// All versions, newest first.
pub(super) fn versions(tx: &mut Tx<'_>, id: TemplateId) -> Result<Vec<TemplateVersion>, StoreError> {
    tx.all(VERSIONS, &[&id], read_version)
}

fn read(row: &Row<'_>) -> Result<Template, StoreError> {
    Ok(Template {
        id: row.get("id")?,
        name: row.get("name")?,
        channel: row.get::<ChannelKind>("channel")?,
        version: row.get("version")?,
        in_force: row.get("in_force")?,
        promotions: row.get("promotions")?,
        created_at: row.get("created_at")?,
    })
}

fn read_version(row: &Row<'_>) -> Result<TemplateVersion, StoreError> {
    let content: String = row.get("content")?;
    let content: Content = serde_json::from_str(&content).map_err(|_| StoreError::Column("content".into()))?;
    Ok(TemplateVersion {
        version: row.get("version")?,
        content,
        created_at: row.get("created_at")?,
        released_at: row.get("released_at")?,
    })
}
