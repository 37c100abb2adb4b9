//! Queries about members.

use sealpost_store::{MemberId, Row, StoreError, Tx, org_sql};

use super::model::{Member, MemberState};
use crate::roles::{RoleRef, Standard};

pub(super) fn insert(tx: &mut Tx<'_>, id: MemberId, role: RoleRef) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        org_sql!(
            "insert into member (org, id, role, state, created_at, updated_at) values ($1, $2, $3, 'active', $4, $4)"
        ),
        &[&id, &role.to_string(), &now],
    )
}

pub(crate) fn find(tx: &mut Tx<'_>, id: MemberId) -> Result<Option<Member>, StoreError> {
    tx.optional(
        org_sql!("select id, role, state, created_at, updated_at from member where org = $1 and id = $2"),
        &[&id],
        read,
    )
}

/// The first active owner there was.
pub(super) fn first_owner(tx: &mut Tx<'_>) -> Result<Option<Member>, StoreError> {
    tx.optional(
        org_sql!(
            "select id, role, state, created_at, updated_at from member
             where org = $1 and role = $2 and state = 'active' order by id limit 1"
        ),
        &[&Standard::Owner.word()],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<Member, StoreError> {
    Ok(Member {
        id: row.get("id")?,
        role: role(row)?,
        state: state(row)?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// The column `role`.
pub(crate) fn role(row: &Row<'_>) -> Result<RoleRef, StoreError> {
    row.get::<String>("role")?.parse().map_err(|_| StoreError::Column("role".into()))
}

/// The column `state`.
pub(crate) fn state(row: &Row<'_>) -> Result<MemberState, StoreError> {
    MemberState::of(&row.get::<String>("state")?).ok_or_else(|| StoreError::Column("state".into()))
}
