//! What is left of a contact who is erased, inside a transaction.

use sealpost_store::{Change as Told, ContactId, Ctx, SlotId, StoreError, Tx};

use super::{CHANGED, Contacts, store};

/// What was removed of a contact.
pub(crate) struct Wiped {
    /// Where their key is, which is still to be destroyed.
    pub(crate) slot: SlotId,
    /// Values that stood sealed in their row.
    pub(crate) fields: u64,
    /// Rows they were found by.
    pub(crate) indexes: u64,
}

/// Removes what is known about a contact, and what they are found by; nothing if there is no such contact, or not any more.
pub(crate) fn wipe(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<Wiped>, StoreError> {
    let Some(row) = store::find_to_change(tx, id)? else { return Ok(None) };
    let values = [&row.fields.external_id, &row.fields.name, &row.fields.email, &row.fields.phone];
    let fields = values.into_iter().flatten().count() as u64 + u64::from(row.locale.is_some());
    let indexes = store::wipe(tx, id)?;
    tx.publish(Told::new(CHANGED, tx.ctx().org, id.bytes()));
    Ok(Some(Wiped { slot: row.slot, fields, indexes }))
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

/// Whether there is a contact of this id of whom anything is known.
pub(crate) fn is_there(tx: &mut Tx<'_>, id: ContactId) -> Result<bool, StoreError> {
    Ok(store::slot(tx, id)?.is_some())
}
