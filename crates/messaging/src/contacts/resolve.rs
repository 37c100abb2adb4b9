//! From what a message says about its recipient to a contact: found, or ready to be made.

use sealpost_store::{ContactId, Ctx, Org, SlotId, StoreError};

use super::indexes::Index;
use super::lead;
use super::model::{ContactRefusal, Identifier};
use super::prepare::NewContact;
use super::recipient::Recipient;
use super::rules;
use super::service::Contacts;
use super::store;
use super::subject::Subject;

/// The person a message is for.
pub struct Resolved {
    /// The contact and its key.
    pub subject: Subject,
    /// The contact is not there yet: insert this in the transaction that needs it, with [`super::insert_if_absent`]. If that
    /// answers false, resolve again.
    pub fresh: Option<Box<NewContact>>,
}

impl Resolved {
    /// Whether the contact is there already.
    pub fn is_known(&self) -> bool {
        self.fresh.is_none()
    }
}

/// Under what a contact was looked up.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum LookUp {
    Id(Org, ContactId),
    /// Whom an id stands for.
    Person(Org, ContactId),
    Index(Org, Identifier, [u8; 16]),
}

/// What a look-up finds: enough to open what is sealed under the subject.
pub(super) type Found = (ContactId, SlotId);

impl Contacts {
    /// Finds the contact a message is for, or prepares it.
    ///
    /// All identifiers that are given must lead to one contact; those it doesn't have are not added to it: sending a message
    /// is no edit of a person.
    pub async fn resolve(&self, ctx: &Ctx, recipient: &Recipient) -> Result<Resolved, ContactRefusal> {
        if let Some(subject) = self.known(ctx, recipient).await? {
            return Ok(Resolved { subject, fresh: None });
        }
        let Recipient::Person(details) = recipient else { return Err(ContactRefusal::NotFound) };
        let epochs = self.store.keys().epochs(ctx.org.id, ctx.now()).await?;
        rules::check_new(details)?;
        let slot = self.store.keys().mint(ctx.org.id).await?;
        let likes = self.likes(ctx, &epochs, details).await?;
        let fresh = Box::new(NewContact::seal(ctx, (&epochs, likes), slot, details));
        Ok(Resolved { subject: fresh.subject().clone(), fresh: Some(fresh) })
    }

    /// The contact this is, if there is one: nobody is prepared.
    pub async fn known(&self, ctx: &Ctx, recipient: &Recipient) -> Result<Option<Subject>, ContactRefusal> {
        let found = match recipient {
            Recipient::Contact(id) => Some(self.person(ctx, *id).await?),
            Recipient::Person(details) => {
                let epochs = self.store.keys().epochs(ctx.org.id, ctx.now()).await?;
                self.one_holder(ctx, &Index::all(&epochs, ctx, details)).await?
            }
        };
        match found {
            Some(found) => self.unlock(ctx, found).await.map(Some),
            None => Ok(None),
        }
    }

    /// The contact that stands for the person with this id.
    async fn person(&self, ctx: &Ctx, id: ContactId) -> Result<Found, ContactRefusal> {
        let key = LookUp::Person(ctx.org, id);
        if let Some(found) = self.recent.get(&key) {
            return Ok(found);
        }
        let since = self.recent.since();
        let found = self.store.peek::<_, StoreError>(ctx, move |tx| lead(tx, id)).await?;
        let found = found.ok_or(ContactRefusal::NotFound)?;
        self.recent.put(key, found, (ctx.org, found.0.bytes()), since);
        Ok(found)
    }

    /// The contact and its key.
    pub async fn subject(&self, ctx: &Ctx, id: ContactId) -> Result<Subject, ContactRefusal> {
        let key = LookUp::Id(ctx.org, id);
        let found = match self.recent.get(&key) {
            Some(found) => found,
            None => {
                let since = self.recent.since();
                let slot = self.store.peek::<_, StoreError>(ctx, move |tx| store::slot(tx, id)).await?;
                let found = (id, slot.ok_or(ContactRefusal::NotFound)?);
                self.recent.put(key, found, (ctx.org, id.bytes()), since);
                found
            }
        };
        self.unlock(ctx, found).await
    }

    /// The one contact all these indexes lead to, if any leads anywhere.
    pub(super) async fn one_holder(&self, ctx: &Ctx, indexes: &[Index]) -> Result<Option<Found>, ContactRefusal> {
        let mut holder = None;
        for index in indexes {
            match (holder, self.holder(ctx, index).await?) {
                (Some((one, _)), Some((other, _))) if one != other => {
                    self.named_together(ctx, one, other).await?;
                    return Err(ContactRefusal::Ambiguous);
                }
                (None, found) => holder = found,
                (Some(_), _) => {}
            }
        }
        Ok(holder)
    }

    async fn holder(&self, ctx: &Ctx, index: &Index) -> Result<Option<Found>, StoreError> {
        let key = LookUp::Index(ctx.org, index.identifier, index.current.bytes);
        if let Some(found) = self.recent.get(&key) {
            return Ok(Some(found));
        }
        let (since, index) = (self.recent.since(), index.clone());
        let found = self
            .store
            .peek::<_, StoreError>(ctx, move |tx| {
                let Some(contact) = store::holder(tx, &index)? else { return Ok(None) };
                lead(tx, contact)
            })
            .await?;
        if let Some((contact, slot)) = found {
            self.recent.put(key, (contact, slot), (ctx.org, contact.bytes()), since);
        }
        Ok(found)
    }

    /// A shredded key means that the person was forgotten: nothing is found.
    pub(super) async fn unlock(&self, ctx: &Ctx, (id, slot): Found) -> Result<Subject, ContactRefusal> {
        match self.store.keys().slot(ctx.org.id, slot).await {
            Ok(key) => Ok(Subject { id, slot, key }),
            Err(StoreError::KeyGone) => Err(ContactRefusal::NotFound),
            Err(error) => Err(error.into()),
        }
    }
}
