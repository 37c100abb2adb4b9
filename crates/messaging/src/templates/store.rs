//! Every query on templates.

use sealpost_store::{Row, Sql, StoreError, TemplateId, Time, Tx, sql};

use super::model::{Content, NewTemplate, Template, TemplateVersion};
use crate::channels::ChannelKind;

const INSERT: Sql = sql!(
    "insert into template (org, env, id, name, channel, version, created_at) values ($1, $2, $3, $4, $5, 1, $6) \
     on conflict do nothing"
);
const INSERT_VERSION: Sql = sql!(
    "insert into template_version (org, env, template, version, content, created_at) values ($1, $2, $3, $4, $5, $6)"
);
const ADVANCE: Sql =
    sql!("update template set version = version + 1 where org = $1 and env = $2 and id = $3 returning version");
const ONE: Sql =
    sql!("select id, name, channel, version, created_at from template where org = $1 and env = $2 and id = $3");
const BEFORE: Sql = sql!(
    "select id, name, channel, version, created_at from template where org = $1 and env = $2 and id < $3 \
     order by id desc limit $4"
);
const VERSION: Sql = sql!(
    "select version, content, created_at from template_version \
     where org = $1 and env = $2 and template = $3 and version = $4"
);
const VERSIONS: Sql = sql!(
    "select version, content, created_at from template_version \
     where org = $1 and env = $2 and template = $3 order by version desc"
);

/// A new template without its version; false if its name is taken.
pub(super) fn insert(tx: &mut Tx<'_>, id: TemplateId, new: &NewTemplate, now: Time) -> Result<bool, StoreError> {
    Ok(tx.execute(INSERT, &[&id, &new.name.as_str(), &new.channel, &now])? == 1)
}

/// A version; it never changes.
pub(super) fn insert_version(
    tx: &mut Tx<'_>,
    id: TemplateId,
    version: u32,
    content: &str,
    now: Time,
) -> Result<(), StoreError> {
    tx.put(INSERT_VERSION, &[&id, &version, &content, &now])
}

/// Takes the next version number; nothing if there is no such template.
pub(super) fn advance(tx: &mut Tx<'_>, id: TemplateId) -> Result<Option<u32>, StoreError> {
    tx.optional(ADVANCE, &[&id], |row| row.get("version"))
}

/// The template.
pub(super) fn find(tx: &mut Tx<'_>, id: TemplateId) -> Result<Option<Template>, StoreError> {
    tx.optional(ONE, &[&id], read)
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
        created_at: row.get("created_at")?,
    })
}

fn read_version(row: &Row<'_>) -> Result<TemplateVersion, StoreError> {
    let content: String = row.get("content")?;
    let content: Content = serde_json::from_str(&content).map_err(|_| StoreError::Column("content".into()))?;
    Ok(TemplateVersion { version: row.get("version")?, content, created_at: row.get("created_at")? })
}
