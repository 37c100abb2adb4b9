//! Queries about teams.

use sealpost_store::{MemberId, Row, StoreError, TeamId, Time, Tx, org_sql};

use crate::scim;

/// A team without its members.
pub(super) struct TeamRow {
    pub(super) id: TeamId,
    pub(super) name: String,
    pub(super) created_at: Time,
    pub(super) updated_at: Time,
}

/// Makes a team; false if another has its name.
pub(super) fn insert(tx: &mut Tx<'_>, id: TeamId, name: &str) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let inserted = tx.execute(
        org_sql!(
            "insert into team (org, id, name, created_at, updated_at) values ($1, $2, $3, $4, $4) on conflict do nothing"
        ),
        &[&id, &name, &now],
    )?;
    Ok(inserted == 1)
}

/// Renames a team, or touches it.
pub(super) fn update(tx: &mut Tx<'_>, id: TeamId, name: &str) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(org_sql!("update team set name = $3, updated_at = $4 where org = $1 and id = $2"), &[&id, &name, &now])
}

pub(super) fn delete(tx: &mut Tx<'_>, id: TeamId) -> Result<(), StoreError> {
    tx.put(org_sql!("delete from team_member where org = $1 and team = $2"), &[&id])?;
    scim::forget_group(tx, id)?;
    tx.put_exact(org_sql!("delete from team where org = $1 and id = $2"), &[&id])
}

pub(super) fn find(tx: &mut Tx<'_>, id: TeamId) -> Result<Option<TeamRow>, StoreError> {
    tx.optional(org_sql!("select id, name, created_at, updated_at from team where org = $1 and id = $2"), &[&id], read)
}

/// The team of this name. Index team_name (org, name).
pub(super) fn named(tx: &mut Tx<'_>, name: &str) -> Result<Option<TeamId>, StoreError> {
    tx.optional(org_sql!("select id from team where org = $1 and name = $2"), &[&name], |row| row.get("id"))
}

pub(super) fn page(tx: &mut Tx<'_>, before: TeamId, limit: u32) -> Result<Vec<TeamRow>, StoreError> {
    tx.all(
        org_sql!(
            "select id, name, created_at, updated_at from team where org = $1 and id < $2 order by id desc limit $3"
        ),
        &[&before, &limit],
        read,
    )
}

pub(super) fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let count =
        tx.optional(org_sql!("select count(*) as n from team where org = $1"), &[], |row| row.get::<i64>("n"))?;
    Ok(count.unwrap_or_default())
}

/// Whether there is such a team.
pub(crate) fn exists(tx: &mut Tx<'_>, id: TeamId) -> Result<bool, StoreError> {
    Ok(find(tx, id)?.is_some())
}

/// Puts a member into a team.
pub(crate) fn join(tx: &mut Tx<'_>, team: TeamId, member: MemberId) -> Result<(), StoreError> {
    tx.put(
        org_sql!("insert into team_member (org, team, member) values ($1, $2, $3) on conflict do nothing"),
        &[&team, &member],
    )
}

/// Takes everybody out of a team.
pub(super) fn empty(tx: &mut Tx<'_>, team: TeamId) -> Result<(), StoreError> {
    tx.put(org_sql!("delete from team_member where org = $1 and team = $2"), &[&team])
}

pub(super) fn members(tx: &mut Tx<'_>, team: TeamId) -> Result<Vec<MemberId>, StoreError> {
    tx.all(org_sql!("select member from team_member where org = $1 and team = $2 order by member"), &[&team], |row| {
        row.get("member")
    })
}

fn read(row: &Row<'_>) -> Result<TeamRow, StoreError> {
    Ok(TeamRow {
        id: row.get("id")?,
        name: row.get("name")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
