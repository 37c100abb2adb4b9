//! Contacts that turned out to be one person.
//!
//! The source of a merge keeps its row, its key and whatever addresses found no place at the target, and leads to the target from
//! then on: by its id, and by these addresses. So what was sealed for it still opens, and nothing is sealed anew for it. Who the
//! person is, is told by [`lead`]; what all has to be looked after when something is done about the person, by [`one_person`].

mod apply;
mod rules;
pub(super) mod store;

use sealpost_store::{ContactId, Ctx, SlotId, StoreError, Time, Tx};

pub(crate) use apply::{Combined, Merge, Outcome, Same};
pub(crate) use rules::Prefer;

use super::model::{ContactRefusal, Fields};
use super::service::Contacts;

/// A contact that was merged into another, opened: what found no place there.
pub struct Merged {
    /// Its id, which leads to the other.
    pub id: ContactId,
    /// Since when.
    pub merged_at: Time,
    /// Further addresses of the person.
    pub fields: Fields,
}

/// The contact that an id stands for, and where its key is: itself, or the one it was merged into. Nothing for nobody.
pub(super) fn lead(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<(ContactId, SlotId)>, StoreError> {
    match store::lead(tx, id)? {
        Some((_, Some(into))) => Ok(store::lead(tx, into)?.map(|(slot, _)| (into, slot))),
        found => Ok(found.map(|(slot, _)| (id, slot))),
    }
}

/// Every contact that this person is, the one that stands for them first; nothing for nobody.
pub(crate) fn one_person(tx: &mut Tx<'_>, id: ContactId) -> Result<Vec<ContactId>, StoreError> {
    let Some((lead, _)) = lead(tx, id)? else { return Ok(Vec::new()) };
    let merged = store::into(tx, lead)?;
    Ok(std::iter::once(lead).chain(merged.into_iter().map(|(id, _)| id)).collect())
}

/// Contacts that were merged into one who is erased, and where their keys are.
pub(crate) fn merged_into(tx: &mut Tx<'_>, id: ContactId) -> Result<Vec<(ContactId, SlotId)>, StoreError> {
    store::into(tx, id)
}

impl Contacts {
    /// The contact that stands for the person with this id.
    pub(crate) async fn lead(&self, ctx: &Ctx, id: ContactId) -> Result<ContactId, ContactRefusal> {
        let found = self.store.peek::<_, StoreError>(ctx, move |tx| lead(tx, id)).await?;
        found.map(|(id, _)| id).ok_or(ContactRefusal::NotFound)
    }
}
