//! The turn of a month: contacts are indexed anew, and then the old key goes.

use sealpost_access::members;
use sealpost_store::{ContactId, Ctx, Environment, Epoch, Leaf, Org, OrgId, StoreError};

use super::alike::{Alike, Likes};
use super::indexes::{Bucket, Index};
use super::lead;
use super::model::{ContactRefusal, Details};
use super::service::Contacts;
use super::store;

/// How long after the turn of a month a key is kept at least: whoever began under it on any node has finished, and clocks that
/// differ agree.
const GRACE_MS: i64 = 24 * 3_600_000;

impl Contacts {
    /// Moves contacts to the current epoch, of each kind of index up to `limit`; answers how many were moved. Call until 0, then the
    /// epochs before are empty and [`Contacts::retire`] lets their keys go.
    pub async fn reindex(&self, ctx: &Ctx, limit: u32) -> Result<usize, ContactRefusal> {
        let epoch = self.store.keys().epoch(ctx.org.id, ctx.now()).await?;
        let outdated = self.store.read::<_, StoreError>(ctx, move |tx| store::outdated(tx, epoch, limit)).await?;
        let moved = outdated.len();
        for id in outdated {
            self.reindex_one(ctx, id).await?;
        }
        Ok(moved)
    }

    /// Indexes all there is of a contact, also what was not indexed when it was written.
    async fn reindex_one(&self, ctx: &Ctx, id: ContactId) -> Result<(), ContactRefusal> {
        let epochs = self.store.keys().epochs(ctx.org.id, ctx.now()).await?;
        let row = self.store.read::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        let unlocked = match &row {
            Some(row) => self.unlock(ctx, (id, row.slot)).await.map(Some),
            None => Ok(None),
        };
        let subject = match unlocked {
            Ok(subject) => subject,
            // Shredded: its indexes only have to go.
            Err(ContactRefusal::NotFound) => None,
            Err(error) => return Err(error),
        };
        self.store
            .maintain::<_, StoreError>(ctx, move |tx| {
                if let (Some(subject), Some(row)) = (&subject, store::find_to_change(tx, id)?) {
                    let details = Details::reread(&row.open(subject, tx.ctx().org)?);
                    for index in Index::all(&epochs, tx.ctx(), &details) {
                        store::claim(tx, &index, id)?;
                    }
                    // By digits and by likeness whoever was merged into somebody is found as them.
                    if lead(tx, id)?.is_some_and(|(one, _)| one == id) {
                        if let Some(bucket) = Bucket::of_person(&epochs, tx.ctx(), &details) {
                            store::enter(tx, &bucket, id)?;
                        }
                        let all = Alike::all(&epochs, tx.ctx(), &details);
                        Likes::look(tx, all, Some(id))?.enter(tx, id)?;
                    }
                }
                store::release_before(tx, id, epochs.current.epoch)
            })
            .await?;
        Ok(())
    }

    /// Destroys the keys of epochs that are over and under which nobody is found any more, in neither environment; answers how
    /// many. The leaf of a destruction is durable before it: a crash in between leaves a key that the next call destroys.
    pub async fn retire(&self, org: OrgId) -> Result<usize, ContactRefusal> {
        let ctx = |environment| Ctx::system(Org { id: org, environment }, self.store.world().clone());
        let (test, live) = (ctx(Environment::Test), ctx(Environment::Live));
        let epochs = self.store.keys().prepare_epochs(org, live.now()).await?;
        let over = self.store.keys().epoch(org, live.now().plus_ms(-GRACE_MS)).await?;
        let mut destroyed = 0;
        for epoch in epochs.before.iter().map(|living| living.epoch).filter(|epoch| *epoch < over) {
            // Members of the organisation are found under the same keys.
            let mut is_in_use =
                self.store.read::<_, StoreError>(&live, move |tx| members::is_in_use(tx, epoch)).await?;
            for ctx in [&test, &live] {
                is_in_use |= self.store.read::<_, StoreError>(ctx, move |tx| store::is_in_use(tx, epoch)).await?;
            }
            if !is_in_use {
                self.destroy(&live, epoch).await?;
                destroyed += 1;
            }
        }
        Ok(destroyed)
    }

    async fn destroy(&self, ctx: &Ctx, epoch: Epoch) -> Result<(), StoreError> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let details = serde_json::json!({ "epoch": epoch.number() }).to_string();
        let leaf = Leaf::of("index_key.destroy")
            .on(OrgId::PREFIX, ctx.org.id.bytes())
            .with(keys.seal_audit(ctx, details.as_bytes()));
        self.store.write::<_, StoreError>(ctx, move |tx| Ok(tx.record(leaf, ()))).await?;
        self.store.keys().destroy_epoch(ctx.org.id, epoch).await
    }
}
