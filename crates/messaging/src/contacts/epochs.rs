//! The turn of a month: contacts are indexed anew, and then the old key goes.

use sealpost_store::{ContactId, Ctx, Environment, Epoch, Epochs, Leaf, Org, OrgId, StoreError};

use super::indexes::Index;
use super::model::{ContactRefusal, Details, Identifier};
use super::service::Contacts;
use super::store::{self, ContactRow};
use super::subject::Subject;

/// How long after the turn of a month a key is kept at least: whoever began under it on any node has finished, and clocks that
/// differ agree.
const GRACE_MS: i64 = 24 * 3_600_000;

impl Contacts {
    /// Moves up to `limit` contacts per kind of index to the current epoch; answers how many were moved. Call until 0, then the
    /// epochs before are empty and [`Contacts::retire`] lets their keys go.
    pub async fn reindex(&self, ctx: &Ctx, limit: u32) -> Result<usize, ContactRefusal> {
        let epoch = Epoch::at(ctx.now());
        let mut moved = 0;
        for identifier in Identifier::ALL {
            let outdated =
                self.store.read::<_, StoreError>(ctx, move |tx| store::outdated(tx, identifier, epoch, limit)).await?;
            moved += outdated.len();
            for id in outdated {
                self.reindex_one(ctx, id, identifier).await?;
            }
        }
        Ok(moved)
    }

    async fn reindex_one(&self, ctx: &Ctx, id: ContactId, identifier: Identifier) -> Result<(), ContactRefusal> {
        let epochs = self.store.keys().epochs(ctx.org.id, ctx.now()).await?;
        let row = self.store.read::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        let unlocked = match &row {
            Some(row) => self.unlock(ctx, (id, row.slot)).await.map(Some),
            None => Ok(None),
        };
        let subject = match unlocked {
            Ok(subject) => subject,
            // Shredded: its index only has to go.
            Err(ContactRefusal::NotFound) => None,
            Err(error) => return Err(error),
        };
        let org = ctx.org;
        self.store
            .maintain::<_, StoreError>(ctx, move |tx| {
                let current = match (&subject, store::find_to_change(tx, id)?) {
                    (Some(subject), Some(row)) => current_index(org, &epochs, subject, &row, identifier)?,
                    _ => None,
                };
                if let Some(index) = &current {
                    store::claim(tx, index, id)?;
                }
                store::release_before(tx, id, identifier, epochs.current.epoch)
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
        let over = Epoch::at(live.now().plus_ms(-GRACE_MS));
        let mut destroyed = 0;
        for epoch in epochs.before.iter().map(|living| living.epoch).filter(|epoch| *epoch < over) {
            let mut is_in_use = false;
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

/// The index under which a contact's value belongs now.
fn current_index(
    org: Org,
    epochs: &Epochs,
    subject: &Subject,
    row: &ContactRow,
    identifier: Identifier,
) -> Result<Option<Index>, StoreError> {
    let details = Details::read(row.open(subject, org)?);
    let normal = details.identifiers().into_iter().find(|(kind, _)| *kind == identifier);
    Ok(normal.map(|(_, normal)| Index::of(epochs, org.environment, identifier, &normal)))
}
