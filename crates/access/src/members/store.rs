//! Queries about members.

use sealpost_seal::Sealed;
use sealpost_store::{Epoch, MemberId, RoleId, Row, SlotId, Sql, StoreError, TeamId, Tx, org_sql};

use super::model::{MemberRow, MemberState};
use super::subject::{EmailIndex, Value};
use crate::roles::{RoleRef, Standard};

// Primary key (org, id).
const ONE: Sql = org_sql!(
    "select id, slot, email, name, role, state, created_at, updated_at from member where org = $1 and id = $2"
);
const BEFORE: Sql = org_sql!(
    "select id, slot, email, name, role, state, created_at, updated_at from member
     where org = $1 and state in ($2, $3) and id < $4 order by id desc limit $5"
);
const SHREDDABLE: Sql = org_sql!(
    "select id, slot, email, name, role, state, created_at, updated_at from member
     where org = $1 and state = 'removed' and slot is not null order by id"
);
const OWNERS: Sql = org_sql!(
    sqlite: "select id from member where org = $1 and role = $2 and state = 'active' order by id",
    postgres: "select id from member where org = $1 and role = $2 and state = 'active' order by id for update"
);
// Primary key (org, epoch, value).
const CLAIM: Sql =
    org_sql!("insert into member_index (org, epoch, value, member) values ($1, $2, $3, $4) on conflict do nothing");
const HOLDER: Sql = org_sql!("select member from member_index where org = $1 and epoch = $2 and value = $3");
const OUTDATED: Sql =
    org_sql!("select distinct member from member_index where org = $1 and epoch < $2 order by member limit $3");
const ANY_UNDER: Sql = org_sql!("select member from member_index where org = $1 and epoch = $2 limit 1");

pub(super) fn insert(tx: &mut Tx<'_>, row: &MemberRow) -> Result<(), StoreError> {
    let [email, name] = [&row.email, &row.name].map(|one| one.as_ref().map(Sealed::as_bytes));
    tx.put(
        org_sql!(
            "insert into member (org, id, slot, email, name, role, state, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $8)"
        ),
        &[&row.id, &row.slot, &email, &name, &row.role.to_string(), &row.state.word(), &row.created_at],
    )
}

/// The member with this id, whatever their state.
pub(crate) fn find(tx: &mut Tx<'_>, id: MemberId) -> Result<Option<MemberRow>, StoreError> {
    tx.optional(ONE, &[&id], read)
}

/// Members in one of two states, older than `before`, newest first.
pub(super) fn page(
    tx: &mut Tx<'_>,
    states: [MemberState; 2],
    before: MemberId,
    limit: u32,
) -> Result<Vec<MemberRow>, StoreError> {
    let [one, other] = states.map(MemberState::word);
    tx.all(BEFORE, &[&one, &other, &before, &limit], read)
}

/// Members who were removed, and whose key is still there.
pub(super) fn shreddable(tx: &mut Tx<'_>) -> Result<Vec<MemberRow>, StoreError> {
    tx.all(SHREDDABLE, &[], read)
}

/// All active owners. They stay owners until the transaction ends: of two who would go at the same time, the second sees that the
/// first has.
pub(crate) fn owners(tx: &mut Tx<'_>) -> Result<Vec<MemberId>, StoreError> {
    tx.all(OWNERS, &[&Standard::Owner.word()], |row| row.get("id"))
}

/// The first active owner there was.
pub(super) fn first_owner(tx: &mut Tx<'_>) -> Result<Option<MemberId>, StoreError> {
    tx.optional(
        org_sql!("select id from member where org = $1 and role = $2 and state = 'active' order by id limit 1"),
        &[&Standard::Owner.word()],
        |row| row.get("id"),
    )
}

/// How many members have this role of the organisation's own, removed ones aside.
pub(crate) fn count_with_role(tx: &mut Tx<'_>, role: RoleId) -> Result<i64, StoreError> {
    let count = tx.optional(
        org_sql!("select count(*) as n from member where org = $1 and role = $2 and state <> 'removed'"),
        &[&role.to_string()],
        |row| row.get::<i64>("n"),
    )?;
    Ok(count.unwrap_or_default())
}

pub(super) fn set_role(tx: &mut Tx<'_>, id: MemberId, role: RoleRef) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(
        org_sql!("update member set role = $3, updated_at = $4 where org = $1 and id = $2 and state <> 'removed'"),
        &[&id, &role.to_string(), &now],
    )
}

pub(super) fn set_name(tx: &mut Tx<'_>, id: MemberId, name: Option<&Sealed<String>>) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(
        org_sql!("update member set name = $3, updated_at = $4 where org = $1 and id = $2 and state <> 'removed'"),
        &[&id, &name.map(Sealed::as_bytes), &now],
    )
}

/// A member of whom nothing was known gets a key.
pub(super) fn set_slot(tx: &mut Tx<'_>, id: MemberId, slot: SlotId) -> Result<(), StoreError> {
    tx.put_exact(org_sql!("update member set slot = $3 where org = $1 and id = $2 and slot is null"), &[&id, &slot])
}

/// From one state to another. Fails with `Superseded` if the member is not in the first.
pub(super) fn set_state(tx: &mut Tx<'_>, id: MemberId, from: MemberState, to: MemberState) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(
        org_sql!("update member set state = $4, updated_at = $5 where org = $1 and id = $2 and state = $3"),
        &[&id, &from.word(), &to.word(), &now],
    )
}

/// Forgets what is known about a member, and that they are one; their key is still to be shredded.
pub(super) fn remove(tx: &mut Tx<'_>, id: MemberId) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(
        org_sql!(
            "update member set state = 'removed', email = null, name = null, updated_at = $3
             where org = $1 and id = $2 and state <> 'removed'"
        ),
        &[&id, &now],
    )?;
    tx.put(org_sql!("delete from member_index where org = $1 and member = $2"), &[&id])?;
    tx.put(org_sql!("delete from member_identity where org = $1 and member = $2"), &[&id])?;
    tx.put(org_sql!("delete from team_member where org = $1 and member = $2"), &[&id])
}

/// A removed member's key is gone.
pub(super) fn forget_slot(tx: &mut Tx<'_>, id: MemberId) -> Result<(), StoreError> {
    tx.put(org_sql!("update member set slot = null where org = $1 and id = $2 and state = 'removed'"), &[&id])
}

/// Makes a member the holder of an address; answers who else has it.
pub(super) fn claim(tx: &mut Tx<'_>, index: &EmailIndex, id: MemberId) -> Result<Option<MemberId>, StoreError> {
    let Value { epoch, bytes } = index.current;
    if tx.execute(CLAIM, &[&epoch.number(), &bytes, &id])? == 0 {
        return holder_of(tx, index.current)?.map(Some).ok_or(StoreError::Missing("member_index"));
    }
    // A month has just turned: somebody may still stand under an epoch before.
    let mut holder = None;
    for earlier in &index.before {
        holder = holder.or(holder_of(tx, *earlier)?);
    }
    Ok(holder.filter(|holder| *holder != id))
}

/// Who has this address.
pub(super) fn holder(tx: &mut Tx<'_>, index: &EmailIndex) -> Result<Option<MemberId>, StoreError> {
    let mut holder = holder_of(tx, index.current)?;
    for earlier in &index.before {
        holder = holder.or(holder_of(tx, *earlier)?);
    }
    Ok(holder)
}

fn holder_of(tx: &mut Tx<'_>, value: Value) -> Result<Option<MemberId>, StoreError> {
    tx.optional(HOLDER, &[&value.epoch.number(), &value.bytes], |row| row.get("member"))
}

/// Members whose index stands under an epoch before `epoch`.
pub(super) fn outdated(tx: &mut Tx<'_>, epoch: Epoch, limit: u32) -> Result<Vec<MemberId>, StoreError> {
    tx.all(OUTDATED, &[&epoch.number(), &limit], |row| row.get("member"))
}

/// The member is no longer found under epochs before `epoch`.
pub(super) fn release_before(tx: &mut Tx<'_>, id: MemberId, epoch: Epoch) -> Result<(), StoreError> {
    tx.put(org_sql!("delete from member_index where org = $1 and member = $2 and epoch < $3"), &[&id, &epoch.number()])
}

/// Whether any member is found under this epoch.
pub(super) fn is_in_use(tx: &mut Tx<'_>, epoch: Epoch) -> Result<bool, StoreError> {
    Ok(tx.optional(ANY_UNDER, &[&epoch.number()], |row| row.get::<MemberId>("member"))?.is_some())
}

/// A member's teams.
pub(crate) fn teams(tx: &mut Tx<'_>, id: MemberId) -> Result<Vec<TeamId>, StoreError> {
    tx.all(org_sql!("select team from team_member where org = $1 and member = $2 order by team"), &[&id], |row| {
        row.get("team")
    })
}

fn read(row: &Row<'_>) -> Result<MemberRow, StoreError> {
    let sealed = |column| Ok::<_, StoreError>(row.get::<Option<Vec<u8>>>(column)?.map(Sealed::from_bytes));
    Ok(MemberRow {
        id: row.get("id")?,
        slot: row.get("slot")?,
        email: sealed("email")?,
        name: sealed("name")?,
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
