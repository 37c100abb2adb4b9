//! What can be done with contacts.

use std::sync::Arc;

use sealpost_govern::Reason;
use sealpost_govern::looks::{self, Look};
use sealpost_seal::Personal;
use sealpost_seal::viewer::Viewer;
use sealpost_store::{ContactId, Ctx, Store, StoreError};
use sealpost_web::Failure;
use serde_json::{Map, json};

use super::CHANGED;
use super::indexes::Index;
use super::model::{Changes, Contact, ContactRefusal, Details, Identifier, Reveal};
use super::prepare::{NewContact, Update};
use super::resolve::{Found, LookUp};
use super::rules;
use super::store::{self, ContactRow};
use super::subject::Subject;
use crate::recent::{Recent, object};

/// Look-ups remembered.
const REMEMBERED: u64 = 100_000;

/// The contacts of all organisations; cheap to clone, to be made once.
#[derive(Clone)]
pub struct Contacts {
    pub(super) store: Store,
    pub(super) recent: Arc<Recent<LookUp, Found>>,
}

impl Contacts {
    /// Contacts in `store`. Needs a running tokio runtime, on which it hears of changes.
    pub fn new(store: Store) -> Self {
        let recent = Recent::new(REMEMBERED);
        recent.listen(store.bus(), CHANGED, object);
        Self { store, recent }
    }

    /// Where they are.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Makes a contact ready; [`NewContact::create`] makes it, inside a transaction.
    pub async fn prepare(&self, ctx: &Ctx, details: &Details) -> Result<NewContact, ContactRefusal> {
        rules::check_new(details)?;
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let slot = self.store.keys().mint(ctx.org.id).await?;
        Ok(NewContact::seal(ctx, &keys, slot, details))
    }

    /// Makes a contact.
    pub async fn create(&self, ctx: &Ctx, details: &Details) -> Result<Contact, ContactRefusal> {
        let new = self.prepare(ctx, details).await?;
        self.store.write(ctx, move |tx| new.create(tx)).await
    }

    /// Makes a change ready; [`Update::apply`] makes it, inside a transaction.
    pub async fn prepare_update(&self, ctx: &Ctx, id: ContactId, changes: Changes) -> Result<Update, ContactRefusal> {
        rules::check_changes(&changes)?;
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let subject = self.subject(ctx, id).await?;
        Ok(Update::seal(ctx, &keys, subject, changes))
    }

    /// Changes a contact.
    pub async fn update(&self, ctx: &Ctx, id: ContactId, changes: Changes) -> Result<Contact, ContactRefusal> {
        let update = self.prepare_update(ctx, id, changes).await?;
        let contact = self.store.write(ctx, move |tx| update.apply(tx)).await?;
        self.changed(ctx, id);
        Ok(contact)
    }

    /// Forgets what was looked up about a contact that has just been changed; the bus tells everybody else.
    pub(super) fn changed(&self, ctx: &Ctx, id: ContactId) {
        self.recent.changed((ctx.org, id.bytes()));
    }

    /// A contact.
    pub async fn find(&self, ctx: &Ctx, id: ContactId) -> Result<Contact, ContactRefusal> {
        let row = self.store.peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        let row = row.ok_or(ContactRefusal::NotFound)?;
        let subject = self.unlock(ctx, (id, row.slot)).await?;
        Ok(row.open(&subject, ctx.org)?)
    }

    /// The contact that has all of these addresses that somebody has.
    pub async fn search(&self, ctx: &Ctx, details: &Details) -> Result<Option<Contact>, ContactRefusal> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        match self.one_holder(ctx, &Index::all(&keys, ctx, details)).await? {
            Some((id, _)) => self.find(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Up to `limit` contacts older than `before`, newest first. Those whose key was shredded are not among them.
    pub async fn list(&self, ctx: &Ctx, before: Option<ContactId>, limit: u32) -> Result<Vec<Contact>, ContactRefusal> {
        let before = before.unwrap_or(ContactId::from_bytes([0xff; 16]));
        let rows = self.store.read::<_, StoreError>(ctx, move |tx| store::before(tx, before, limit)).await?;
        let mut contacts = Vec::with_capacity(rows.len());
        for row in rows {
            match self.unlock(ctx, (row.id, row.slot)).await {
                Ok(subject) => contacts.push(row.open(&subject, ctx.org)?),
                Err(ContactRefusal::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(contacts)
    }

    /// One address of a contact, to deliver to.
    pub async fn address(
        &self,
        ctx: &Ctx,
        subject: &Subject,
        identifier: Identifier,
    ) -> Result<Option<Personal<String>>, ContactRefusal> {
        let id = subject.id;
        let row = self.store.peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        let row = row.ok_or(ContactRefusal::NotFound)?;
        let sealed = match identifier {
            Identifier::Email => row.fields.email,
            Identifier::ExternalId => row.fields.external_id,
            Identifier::Phone => row.fields.phone,
        };
        let open = |sealed| subject.open(ctx.org, identifier.as_str(), &sealed);
        Ok(sealed.map(open).transpose().map_err(StoreError::from)?)
    }

    /// Shows `fields` of a contact to somebody who has a reason. The leaf is committed before anything is opened.
    pub async fn reveal(
        &self,
        ctx: &Ctx,
        id: ContactId,
        fields: &[Reveal],
        reason: &Reason,
    ) -> Result<(Contact, Viewer), Failure> {
        // Whoever asks for what is not there leaves no leaf about it.
        self.subject(ctx, id).await?;
        let details = Map::from_iter([("fields".to_owned(), json!(fields))]);
        let wanted = Look { action: "contact.reveal", kind: ContactId::PREFIX, id: id.bytes(), details };
        let viewer = looks::look(&self.store, ctx, wanted, reason).await?;
        Ok((self.find(ctx, id).await?, viewer))
    }

    /// Moves up to `limit` contacts per kind of index to the current epoch; answers how many were moved. Call until 0, then
    /// the epochs before are empty and their keys may go.
    pub async fn reindex(&self, ctx: &Ctx, limit: u32) -> Result<usize, ContactRefusal> {
        let epoch = rules::epoch_at(ctx.now());
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
        let keys = self.store.keys().organisation(ctx.org.id).await?;
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
        let ctx_now = ctx.clone();
        self.store
            .maintain::<_, StoreError>(ctx, move |tx| {
                let current = match (&subject, store::find(tx, id)?) {
                    (Some(subject), Some(row)) => current_index(&ctx_now, &keys, subject, &row, identifier)?,
                    _ => None,
                };
                if let Some(index) = &current {
                    store::claim(tx, index, id)?;
                }
                store::release_before(tx, id, identifier, rules::epoch_at(ctx_now.now()))
            })
            .await?;
        Ok(())
    }
}

/// The index under which a contact's value belongs now.
fn current_index(
    ctx: &Ctx,
    keys: &sealpost_store::OrgKeys,
    subject: &Subject,
    row: &ContactRow,
    identifier: Identifier,
) -> Result<Option<Index>, StoreError> {
    let details = Details::read(row.open(subject, ctx.org)?);
    let normal = details.identifiers().into_iter().find(|(kind, _)| *kind == identifier);
    Ok(normal.map(|(_, normal)| Index::of(keys, ctx, identifier, &normal)))
}
