//! Use cases of duplicates.

use sealpost_store::{ContactId, Ctx, DuplicateId, Leaf, OrgKeys, Recorded, Store, StoreError, Tx};
use sealpost_web::{Failure, Refusal, not_found};
use serde_json::json;

use super::codes::{MERGE_INTO_ITSELF, MERGE_TARGET_UNKNOWN};
use crate::contacts::{self, Combined, Contact, ContactRefusal, Contacts, Merge, Outcome, Pair, Prefer};
use crate::{storage, suppressions};

/// What is done, in the ledger: at the contact that is merged, and at the one it becomes.
pub(super) const ACTION: &str = "contact.merge";
const RECEIVED: &str = "contact.merge_received";

/// The duplicates of all organisations; cheap to clone.
#[derive(Clone)]
pub struct Duplicates {
    pub(super) store: Store,
    pub(super) contacts: Contacts,
}

/// What is to be merged.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) source: ContactId,
    pub(super) into: ContactId,
    pub(super) prefer: Prefer,
}

/// A merge ready for its transaction.
pub(super) struct Prepared {
    merge: Merge,
    wanted: Wanted,
    keys: std::sync::Arc<OrgKeys>,
}

impl Duplicates {
    /// On the contacts in `store`.
    pub fn new(store: Store, contacts: Contacts) -> Self {
        Self { store, contacts }
    }

    /// Two contacts who may be one person.
    pub(super) async fn pair(&self, ctx: &Ctx, id: DuplicateId) -> Result<(Pair, [Contact; 2]), Failure> {
        Ok(self.contacts.pair(ctx, id).await?)
    }

    /// Makes a merge ready; [`Prepared::apply`] does it.
    pub(super) async fn prepare(&self, ctx: &Ctx, wanted: Wanted) -> Result<Prepared, Failure> {
        let Wanted { source, into, prefer } = wanted;
        if source == into {
            return Err(Refusal::of(&MERGE_INTO_ITSELF).at("/into", "itself").into());
        }
        self.contacts.lead(ctx, source).await?;
        match self.contacts.lead(ctx, into).await {
            Ok(_) => {}
            Err(ContactRefusal::NotFound) => {
                return Err(Refusal::of(&MERGE_TARGET_UNKNOWN).at("/into", "unknown").into());
            }
            Err(refusal) => return Err(refusal.into()),
        }
        let merge = self.contacts.prepare_merge(ctx, source, into, prefer).await?;
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        Ok(Prepared { merge, wanted, keys })
    }

    /// Merges, at once.
    #[cfg(test)]
    pub(crate) async fn merge(
        &self,
        ctx: &Ctx,
        source: ContactId,
        into: ContactId,
        prefer: Prefer,
    ) -> Result<Contact, Failure> {
        let prepared = self.prepare(ctx, Wanted { source, into, prefer }).await?;
        let both = prepared.contacts();
        let merged = self.store.write(ctx, move |tx| prepared.apply(tx)).await?;
        self.merged(ctx, both);
        Ok(merged)
    }

    /// Forgets what was looked up about contacts that have just been merged; the bus tells everybody else.
    pub(super) fn merged(&self, ctx: &Ctx, both: [ContactId; 2]) {
        both.into_iter().for_each(|id| self.contacts.changed(ctx, id));
    }
}

impl Prepared {
    /// The contacts: the one that is merged, and the one that stays.
    pub(super) fn contacts(&self) -> [ContactId; 2] {
        self.merge.contacts()
    }

    /// Does it; done again it changes nothing.
    pub(super) fn apply(self, tx: &mut Tx<'_>) -> Result<Recorded<Contact>, Failure> {
        let Self { merge, wanted, keys } = self;
        let [_, target] = merge.contacts();
        let said = json!({ "into": target, "prefer": wanted.prefer });
        let leaf = Leaf::of(ACTION)
            .on(ContactId::PREFIX, wanted.source.bytes())
            .with(keys.seal_audit(tx.ctx(), said.to_string().as_bytes()));
        match merge.apply(tx)? {
            Outcome::Before(contact) => Ok(tx.record(leaf.because("merged_before"), *contact)),
            Outcome::Merged(combined) => {
                agree(tx, &keys, &combined)?;
                let said = json!({ "from": wanted.source });
                tx.note(
                    Leaf::of(RECEIVED)
                        .on(ContactId::PREFIX, target.bytes())
                        .with(keys.seal_audit(tx.ctx(), said.to_string().as_bytes())),
                );
                Ok(tx.record(leaf, combined.target))
            }
        }
    }
}

/// The stricter stands: of suppressions, and of holds.
fn agree(tx: &mut Tx<'_>, keys: &OrgKeys, combined: &Combined) -> Result<(), StoreError> {
    let environment = tx.ctx().org.environment;
    let addresses = combined.before.iter().flat_map(|one| suppressions::of_contact(keys, environment, one));
    suppressions::agree(tx, &addresses.collect::<Vec<_>>())?;
    storage::hold_together(tx, &combined.everybody)
}

/// These two are two people: they are no duplicate any more, and don't become one again by themselves.
pub(super) fn dismiss(tx: &mut Tx<'_>, id: DuplicateId) -> Result<Recorded<()>, Failure> {
    if !contacts::dismiss(tx, id)? {
        return Err(not_found().into());
    }
    Ok(tx.record(Leaf::of("duplicate.dismiss").on(DuplicateId::PREFIX, id.bytes()), ()))
}
