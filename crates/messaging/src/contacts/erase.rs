//! What is left of a contact who is erased, inside a transaction.

use sealpost_store::{Change as Told, ContactId, Ctx, SlotId, StoreError, Tx};

use super::{CHANGED, Contacts, lead, merged_into, store};

/// What was removed of a contact.
pub(crate) struct Wiped {
    /// Where their key is, which is still to be destroyed.
    pub(crate) slot: SlotId,
    /// Values that stood sealed in their row.
    pub(crate) fields: u64,
    /// Rows they were found by.
    pub(crate) indexes: u64,
    /// Contacts that had been merged into them, and are wiped with them.
    pub(crate) merged: u64,
}

/// Removes what is known about a contact and whoever was merged into it, and what they are found by; nothing if there is no such contact, or not any more.
pub(crate) fn wipe(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<Wiped>, StoreError> {
    // Locked first: nobody merges them into somebody else meanwhile, who would be left.
    if store::find_to_change(tx, id)?.is_none() {
        return Ok(None);
    }
    if lead(tx, id)?.is_some_and(|(one, _)| one != id) {
        return Err(StoreError::Superseded);
    }
    let Some(mut wiped) = wipe_one(tx, id)? else { return Ok(None) };
    for (merged, _) in merged_into(tx, id)? {
        if let Some(also) = wipe_one(tx, merged)? {
            wiped.fields += also.fields;
            wiped.indexes += also.indexes;
            wiped.merged += 1;
        }
    }
    Ok(Some(wiped))
}

fn wipe_one(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<Wiped>, StoreError> {
    let Some(row) = store::find_to_change(tx, id)? else { return Ok(None) };
    let values = [&row.fields.external_id, &row.fields.name, &row.fields.email, &row.fields.phone];
    let fields = values.into_iter().flatten().count() as u64 + u64::from(row.locale.is_some());
    let indexes = store::wipe(tx, id)?;
    tx.publish(Told::new(CHANGED, tx.ctx().org, id.bytes()));
    Ok(Some(Wiped { slot: row.slot, fields, indexes, merged: 0 }))
}

/// The transaction fails with [`StoreError::Guarded`] by [`super::ERASED`] if this contact was erased.
pub(crate) fn guard(tx: &mut Tx<'_>, id: ContactId) -> Result<(), StoreError> {
    store::guard(tx, id)
}

/// Whether this contact was erased.
pub(crate) fn is_erased(tx: &mut Tx<'_>, id: ContactId) -> Result<bool, StoreError> {
    store::is_erased(tx, id)
}

impl Contacts {
    /// Whether this contact was erased.
    pub(super) async fn is_erased(&self, ctx: &Ctx, id: ContactId) -> Result<bool, StoreError> {
        self.store.peek(ctx, move |tx| store::is_erased(tx, id)).await
    }
}

/// Whether there is a contact of this id of whom anything is known, and that stands for itself.
pub(crate) fn is_there(tx: &mut Tx<'_>, id: ContactId) -> Result<bool, StoreError> {
    Ok(lead(tx, id)?.is_some_and(|(one, _)| one == id))
}
