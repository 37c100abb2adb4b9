//! Queries about directories.

use sealpost_seal::Sealed;
use sealpost_store::{MemberId, Row, ScimTokenId, StoreError, TeamId, Time, Tx, org_sql};

use super::model::{GroupRow, ScimToken, UserRow};
use crate::roles::RoleRef;

pub(super) fn insert_token(tx: &mut Tx<'_>, token: &ScimToken, mac: &[u8; 32]) -> Result<(), StoreError> {
    tx.put(
        org_sql!(
            "insert into scim_token (org, id, name, last4, mac, role, created_at) values ($1, $2, $3, $4, $5, $6, $7)"
        ),
        &[&token.id, &token.name, &token.last4, mac, &token.role.to_string(), &token.created_at],
    )
}

/// The token with this id, revoked or not. Primary key (org, id).
pub(super) fn token(tx: &mut Tx<'_>, id: ScimTokenId) -> Result<Option<ScimToken>, StoreError> {
    tx.optional(
        org_sql!(
            "select id, name, last4, role, created_at, last_used_at, revoked_at from scim_token where org = $1 and id = $2"
        ),
        &[&id],
        read_token,
    )
}

/// Tokens older than `before`, newest first.
pub(super) fn tokens(tx: &mut Tx<'_>, before: ScimTokenId, limit: u32) -> Result<Vec<ScimToken>, StoreError> {
    tx.all(
        org_sql!(
            "select id, name, last4, role, created_at, last_used_at, revoked_at from scim_token
             where org = $1 and id < $2 order by id desc limit $3"
        ),
        &[&before, &limit],
        read_token,
    )
}

pub(super) fn count_good_tokens(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let sql = org_sql!("select count(*) as n from scim_token where org = $1 and revoked_at is null");
    Ok(tx.optional(sql, &[], |row| row.get("n"))?.unwrap_or_default())
}

/// Ends a token that has not been ended.
pub(super) fn revoke_token(tx: &mut Tx<'_>, id: ScimTokenId) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        org_sql!("update scim_token set revoked_at = $3 where org = $1 and id = $2 and revoked_at is null"),
        &[&id, &now],
    )
}

/// Takes down that a token was used at this moment.
pub(super) fn see_token(tx: &mut Tx<'_>, id: ScimTokenId, at: Time) -> Result<(), StoreError> {
    tx.put(
        org_sql!(
            "update scim_token set last_used_at = $3 where org = $1 and id = $2 and coalesce(last_used_at, 0) < $3"
        ),
        &[&id, &at],
    )
}

/// Keeps what a directory says about a member. Fails with `Conflict` if somebody else has the name.
pub(super) fn put_user(tx: &mut Tx<'_>, user: &UserRow) -> Result<(), StoreError> {
    let written = tx.execute(
        org_sql!(
            "insert into scim_user (org, member, user_name, external, profile, updated_at) values ($1, $2, $3, $4, $5, $6)
             on conflict (org, member) do update set user_name = excluded.user_name, external = excluded.external,
                                                     profile = excluded.profile, updated_at = excluded.updated_at"
        ),
        &[&user.member, &user.user_name, &user.external, &user.profile.as_bytes(), &user.updated_at],
    );
    written.map(drop)
}

pub(super) fn user(tx: &mut Tx<'_>, member: MemberId) -> Result<Option<UserRow>, StoreError> {
    tx.optional(
        org_sql!(
            "select member, user_name, external, profile, updated_at from scim_user where org = $1 and member = $2"
        ),
        &[&member],
        |row| {
            Ok(UserRow {
                member: row.get("member")?,
                user_name: row.get("user_name")?,
                external: row.get("external")?,
                profile: Sealed::from_bytes(row.get("profile")?),
                updated_at: row.get("updated_at")?,
            })
        },
    )
}

/// Who is called this. Index scim_user_name (user_name, org).
pub(super) fn user_named(tx: &mut Tx<'_>, name: &[u8; 32]) -> Result<Option<MemberId>, StoreError> {
    tx.optional(org_sql!("select member from scim_user where org = $1 and user_name = $2"), &[name], |row| {
        row.get("member")
    })
}

/// Who has this id in the directory. Index scim_user_external (external, org).
pub(super) fn users_known_as(tx: &mut Tx<'_>, external: &[u8; 32]) -> Result<Vec<MemberId>, StoreError> {
    tx.all(
        org_sql!("select member from scim_user where org = $1 and external = $2 order by member limit 200"),
        &[external],
        |row| row.get("member"),
    )
}

/// Forgets what a directory said about somebody who is a member no more.
pub(crate) fn forget_user(tx: &mut Tx<'_>, member: MemberId) -> Result<(), StoreError> {
    tx.put(org_sql!("delete from scim_user where org = $1 and member = $2"), &[&member])
}

/// A member's teams with their names.
pub(super) fn groups_of(tx: &mut Tx<'_>, member: MemberId) -> Result<Vec<(TeamId, String)>, StoreError> {
    tx.all(
        org_sql!(
            "select t.id, t.name from team_member m join team t on t.org = m.org and t.id = m.team
             where m.org = $1 and m.member = $2 order by t.id"
        ),
        &[&member],
        |row| Ok((row.get("id")?, row.get("name")?)),
    )
}

pub(super) fn put_group(tx: &mut Tx<'_>, team: TeamId, group: &GroupRow) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        org_sql!(
            "insert into scim_group (org, team, external, updated_at) values ($1, $2, $3, $4)
             on conflict (org, team) do update set external = excluded.external, updated_at = excluded.updated_at"
        ),
        &[&team, &group.external, &now],
    )
}

pub(super) fn group(tx: &mut Tx<'_>, team: TeamId) -> Result<GroupRow, StoreError> {
    let found =
        tx.optional(org_sql!("select external from scim_group where org = $1 and team = $2"), &[&team], |row| {
            Ok(GroupRow { external: row.get("external")? })
        })?;
    Ok(found.unwrap_or_default())
}

/// Forgets what a directory called a team that is dissolved, and the role it gave.
pub(crate) fn forget_group(tx: &mut Tx<'_>, team: TeamId) -> Result<(), StoreError> {
    tx.put(org_sql!("delete from scim_group where org = $1 and team = $2"), &[&team])?;
    tx.put(org_sql!("delete from scim_role_map where org = $1 and team = $2"), &[&team])
}

/// The role that a team gives.
pub(super) fn role_of(tx: &mut Tx<'_>, team: TeamId) -> Result<Option<RoleRef>, StoreError> {
    let sql = org_sql!("select role from scim_role_map where org = $1 and team = $2");
    tx.optional(sql, &[&team], read_role)
}

/// Which teams give which roles.
pub(super) fn role_map(tx: &mut Tx<'_>) -> Result<Vec<(TeamId, RoleRef)>, StoreError> {
    tx.all(org_sql!("select team, role from scim_role_map where org = $1 order by team"), &[], |row| {
        Ok((row.get("team")?, read_role(row)?))
    })
}

pub(super) fn put_role_map(tx: &mut Tx<'_>, map: &[(TeamId, RoleRef)]) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(org_sql!("delete from scim_role_map where org = $1"), &[])?;
    for (team, role) in map {
        tx.put(
            org_sql!("insert into scim_role_map (org, team, role, created_at) values ($1, $2, $3, $4)"),
            &[team, &role.to_string(), &now],
        )?;
    }
    Ok(())
}

fn read_role(row: &Row<'_>) -> Result<RoleRef, StoreError> {
    row.get::<String>("role")?.parse().map_err(|_| StoreError::Column("role".into()))
}

fn read_token(row: &Row<'_>) -> Result<ScimToken, StoreError> {
    Ok(ScimToken {
        id: row.get("id")?,
        name: row.get("name")?,
        last4: row.get("last4")?,
        role: read_role(row)?,
        created_at: row.get("created_at")?,
        last_used_at: row.get("last_used_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}
