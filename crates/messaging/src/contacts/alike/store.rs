//! Every query on likenesses and pairs.

use std::collections::BTreeSet;

use sealpost_store::{ContactId, DuplicateId, Epoch, Row, Sql, StoreError, Tx, sql};

use super::{Because, Pair};
use crate::contacts::indexes::Value;

// Primary key (org, env, kind, epoch, value, contact).
const BESIDE: Sql = sql!(
    "select contact from contact_alike where org = $1 and env = $2 and kind = $3 and epoch = $4 and value = $5
     and contact <> $6 order by contact limit 1"
);
const ENTER: Sql = sql!(
    "insert into contact_alike (org, env, kind, epoch, value, contact) values ($1, $2, $3, $4, $5, $6) on conflict do nothing"
);
// Index contact_alike_contact (contact, org, env).
const LEAVE: Sql = sql!("delete from contact_alike where org = $1 and env = $2 and contact = $3");
const LEAVE_BEFORE: Sql = sql!("delete from contact_alike where org = $1 and env = $2 and contact = $3 and epoch < $4");
const OUTDATED: Sql = sql!(
    "select distinct contact from contact_alike where org = $1 and env = $2 and kind = $3 and epoch < $4 limit $5"
);
const ANY_UNDER: Sql =
    sql!("select contact from contact_alike where org = $1 and env = $2 and kind = $3 and epoch = $4 limit 1");
const PAIR: Sql = sql!(
    "insert into contact_pair (org, env, id, one, other, because, created_at) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict do nothing"
);
// Indexes contact_pair_both (one, other, org, env), contact_pair_other (other, org, env).
const PART: Sql = sql!("delete from contact_pair where org = $1 and env = $2 and (one = $3 or other = $3)");
const OTHERS: Sql = sql!(
    "select one, other, because from contact_pair where org = $1 and env = $2 and (one = $3 or other = $3)
     and dismissed_at is null order by id limit 100"
);
const FIND: Sql = sql!(
    "select id, one, other, because, created_at from contact_pair where org = $1 and env = $2 and id = $3
     and dismissed_at is null"
);
const BEFORE: Sql = sql!(
    "select id, one, other, because, created_at from contact_pair where org = $1 and env = $2 and id < $3
     and dismissed_at is null order by id desc limit $4"
);
const DISMISS: Sql =
    sql!("update contact_pair set dismissed_at = $4 where org = $1 and env = $2 and id = $3 and dismissed_at is null");

/// Who stands there longest, but for `own`.
pub(super) fn beside(
    tx: &mut Tx<'_>,
    because: Because,
    value: &Value,
    own: Option<ContactId>,
) -> Result<Option<ContactId>, StoreError> {
    let own = own.unwrap_or(ContactId::from_bytes([0; 16]));
    tx.optional(BESIDE, &[&because.code(), &value.epoch.number(), &value.bytes, &own], |row| row.get("contact"))
}

/// The contact stands there, under the current epoch.
pub(super) fn enter(tx: &mut Tx<'_>, because: Because, value: &Value, contact: ContactId) -> Result<(), StoreError> {
    tx.put(ENTER, &[&because.code(), &value.epoch.number(), &value.bytes, &contact])
}

/// The contact stands nowhere any more. Pairs stay: who was like somebody once may be the same person still.
pub(super) fn leave(tx: &mut Tx<'_>, contact: ContactId) -> Result<(), StoreError> {
    tx.put(LEAVE, &[&contact])
}

/// As [`leave`]; answers how many rows are gone.
pub(in crate::contacts) fn forget(tx: &mut Tx<'_>, contact: ContactId) -> Result<u64, StoreError> {
    tx.execute(LEAVE, &[&contact])
}

/// The contact stands nowhere under epochs before `epoch`.
pub(in crate::contacts) fn leave_before(tx: &mut Tx<'_>, contact: ContactId, epoch: Epoch) -> Result<(), StoreError> {
    tx.put(LEAVE_BEFORE, &[&contact, &epoch.number()])
}

/// Who stands under an epoch before `epoch`: of each kind up to `limit`.
pub(in crate::contacts) fn outdated(
    tx: &mut Tx<'_>,
    epoch: Epoch,
    limit: u32,
) -> Result<BTreeSet<ContactId>, StoreError> {
    let mut found = BTreeSet::new();
    for because in Because::INDEXED {
        found.extend(
            tx.all(OUTDATED, &[&because.code(), &epoch.number(), &limit], |row| row.get::<ContactId>("contact"))?,
        );
    }
    Ok(found)
}

/// Whether anybody stands under this epoch.
pub(in crate::contacts) fn is_in_use(tx: &mut Tx<'_>, epoch: Epoch) -> Result<bool, StoreError> {
    for because in Because::INDEXED {
        let any = tx.optional(ANY_UNDER, &[&because.code(), &epoch.number()], |row| row.get::<ContactId>("contact"))?;
        if any.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// These two may be one person; nothing changes if that is known, or was dismissed.
pub(in crate::contacts) fn pair(
    tx: &mut Tx<'_>,
    contact: ContactId,
    other: ContactId,
    because: Because,
) -> Result<(), StoreError> {
    if contact == other {
        return Ok(());
    }
    let ctx = tx.ctx();
    let (id, now) = (DuplicateId::new(&ctx.world), ctx.now());
    tx.put(PAIR, &[&id, &contact.min(other), &contact.max(other), &because.code(), &now])
}

/// With whom a contact may be one person, and why.
pub(in crate::contacts) fn others(
    tx: &mut Tx<'_>,
    contact: ContactId,
) -> Result<Vec<(ContactId, Because)>, StoreError> {
    tx.all(OTHERS, &[&contact], |row| {
        let (one, other): (ContactId, ContactId) = (row.get("one")?, row.get("other")?);
        Ok((if one == contact { other } else { one }, because(row)?))
    })
}

/// Nothing is said any more of whom a contact may be one with.
pub(in crate::contacts) fn part(tx: &mut Tx<'_>, contact: ContactId) -> Result<u64, StoreError> {
    tx.execute(PART, &[&contact])
}

/// The pair of this id, unless it was dismissed.
pub(in crate::contacts) fn find(tx: &mut Tx<'_>, id: DuplicateId) -> Result<Option<Pair>, StoreError> {
    tx.optional(FIND, &[&id], read)
}

/// Pairs before `before`, newest first.
pub(in crate::contacts) fn before(tx: &mut Tx<'_>, before: DuplicateId, limit: u32) -> Result<Vec<Pair>, StoreError> {
    tx.all(BEFORE, &[&before, &limit], read)
}

/// These are two people; false if there is no such pair.
pub(in crate::contacts) fn dismiss(tx: &mut Tx<'_>, id: DuplicateId) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    Ok(tx.execute(DISMISS, &[&id, &now])? == 1)
}

fn because(row: &Row<'_>) -> Result<Because, StoreError> {
    Because::read(&row.get::<String>("because")?).ok_or_else(|| StoreError::Column("because".into()))
}

fn read(row: &Row<'_>) -> Result<Pair, StoreError> {
    Ok(Pair {
        id: row.get("id")?,
        one: row.get("one")?,
        other: row.get("other")?,
        because: because(row)?,
        created_at: row.get("created_at")?,
    })
}
