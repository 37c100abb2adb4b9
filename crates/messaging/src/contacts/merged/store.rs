//! Every query on who was merged into whom.

use sealpost_store::{ContactId, SlotId, Sql, StoreError, Tx, sql};

use crate::contacts::model::Identifier;

const LEAD: Sql =
    sql!("select slot, merged_into from contact where org = $1 and env = $2 and id = $3 and erased_at is null");
// Index contact_merged (merged_into, org, env).
const INTO: Sql = sql!("select id, slot from contact where org = $1 and env = $2 and merged_into = $3 order by id");
const MARK: Sql = sql!(
    "update contact set merged_into = $4, merged_at = $5, name = null, locale = null
     where org = $1 and env = $2 and id = $3 and merged_into is null"
);
const FOLLOW: Sql = sql!("update contact set merged_into = $4 where org = $1 and env = $2 and merged_into = $3");
// Index contact_index_contact (contact, org, env).
const HAND_OVER: Sql =
    sql!("update contact_index set contact = $5 where org = $1 and env = $2 and contact = $3 and kind = $4");

/// Where a contact's key is, and whom it was merged into.
pub(super) fn lead(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<(SlotId, Option<ContactId>)>, StoreError> {
    tx.optional(LEAD, &[&id], |row| Ok((row.get("slot")?, row.get("merged_into")?)))
}

/// Who was merged into this contact, erased ones too, and where their keys are.
pub(super) fn into(tx: &mut Tx<'_>, id: ContactId) -> Result<Vec<(ContactId, SlotId)>, StoreError> {
    tx.all(INTO, &[&id], |row| Ok((row.get("id")?, row.get("slot")?)))
}

/// The contact leads to another from now on; it has no name of its own any more.
pub(super) fn mark(tx: &mut Tx<'_>, id: ContactId, into: ContactId) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(MARK, &[&id, &into, &now])
}

/// Whoever leads to one contact leads to another.
pub(super) fn follow(tx: &mut Tx<'_>, from: ContactId, to: ContactId) -> Result<(), StoreError> {
    tx.put(FOLLOW, &[&from, &to])
}

/// Whoever is found by this identifier of one contact is another.
pub(super) fn hand_over(
    tx: &mut Tx<'_>,
    from: ContactId,
    identifier: Identifier,
    to: ContactId,
) -> Result<(), StoreError> {
    tx.put(HAND_OVER, &[&from, &identifier.as_str(), &to])
}
