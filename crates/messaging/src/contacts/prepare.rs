//! Changes made ready outside the transaction (keys, seals, indexes), to be applied inside it.

use sealpost_seal::{Personal, Sealed};
use sealpost_store::{Change as Told, ContactId, Ctx, Epochs, Leaf, Recorded, Slot, StoreError, Tx};
use zeroize::Zeroizing;

use super::alike::{self, Alike, Likes};
use super::indexes::{Bucket, Index};
use super::model::{Changes, Contact, ContactRefusal, Details, ExternalId, Fields, Identifier, Locale, Name};
use super::store::{self, ContactRow};
use super::subject::Subject;
use super::{CHANGED, lead};
use crate::patch::Change;

/// A contact that is not there yet: its key is durable, its fields are sealed.
pub struct NewContact {
    subject: Subject,
    row: ContactRow,
    indexes: Vec<Index>,
    bucket: Option<Bucket>,
    likes: Likes,
}

impl NewContact {
    pub(super) fn seal(ctx: &Ctx, (epochs, likes): (&Epochs, Likes), slot: Slot, details: &Details) -> Self {
        let subject = Subject { id: ContactId::new(&ctx.world), slot: slot.id, key: slot.key };
        let (indexes, bucket) = (Index::all(epochs, ctx, details), Bucket::of_person(epochs, ctx, details));
        let seal = |column, value: Option<&Personal<String>>| value.map(|value| subject.seal(ctx, column, value));
        let fields = Fields {
            external_id: seal("external_id", details.external_id.as_ref().map(ExternalId::text)),
            name: seal("name", details.name.as_ref().map(Name::text)),
            email: seal("email", details.email.as_ref().map(|email| email.delivery_form())),
            phone: seal("phone", details.phone.as_ref().map(|phone| phone.delivery_form())),
        };
        let locale = details.locale.as_ref().map(|locale| locale.as_str().to_owned());
        let now = ctx.now();
        let row = ContactRow {
            id: subject.id,
            slot: subject.slot,
            fields,
            locale,
            created_at: now,
            updated_at: now,
            merged_at: None,
        };
        Self { subject, row, indexes, bucket, likes }
    }

    /// The contact to be, and its key.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Makes the contact; refuses if somebody else has one of its addresses.
    pub fn create(&self, tx: &mut Tx<'_>) -> Result<Recorded<Contact>, ContactRefusal> {
        if let Some((by, contact)) = self.insert(tx)? {
            return Err(ContactRefusal::Exists { contact, by });
        }
        let contact = opened(tx, &self.subject, &self.row)?;
        Ok(tx.record(self.leaf(), contact))
    }

    fn leaf(&self) -> Leaf {
        Leaf::of("contact.create").on("con", self.subject.id.bytes())
    }

    /// Inserts index rows, then the contact; answers who was in the way, if somebody was. Nothing is inserted then.
    fn insert(&self, tx: &mut Tx<'_>) -> Result<Option<(Identifier, ContactId)>, StoreError> {
        for (at, index) in self.indexes.iter().enumerate() {
            if let Some(holder) = claim(tx, index, self.subject.id)? {
                for claimed in &self.indexes[..=at] {
                    store::release(tx, self.subject.id, claimed.identifier)?;
                }
                let holder = lead(tx, holder)?.map_or(holder, |(holder, _)| holder);
                return Ok(Some((index.identifier, holder)));
            }
        }
        store::insert(tx, &self.row)?;
        if let Some(bucket) = &self.bucket {
            store::enter(tx, bucket, self.subject.id)?;
        }
        self.likes.enter(tx, self.subject.id)?;
        Ok(None)
    }
}

/// Inserts a contact a message is for, with its leaf, unless somebody has been faster: then false, and nothing is changed.
pub fn insert_if_absent(tx: &mut Tx<'_>, new: &NewContact) -> Result<bool, StoreError> {
    let inserted = new.insert(tx)?.is_none();
    if inserted {
        tx.note(new.leaf());
    }
    Ok(inserted)
}

/// Makes `contact` the holder of an index value; answers who else has it.
fn claim(tx: &mut Tx<'_>, index: &Index, contact: ContactId) -> Result<Option<ContactId>, StoreError> {
    if !store::claim(tx, index, contact)? {
        return store::holder(tx, index)?.map(Some).ok_or(StoreError::Missing("contact_index"));
    }
    // A month has just turned: somebody may still stand under an epoch before.
    let earlier = store::earlier_holder(tx, &index.before, index.identifier)?;
    Ok(earlier.filter(|holder| *holder != contact))
}

/// An address that a contact which was merged into this one still has becomes this one's own.
fn take_back(tx: &mut Tx<'_>, (from, to): (ContactId, ContactId), index: &Index) -> Result<(), ContactRefusal> {
    let mut row = store::find_to_change(tx, from)?.ok_or(ContactRefusal::NotFound)?;
    match index.identifier {
        Identifier::Email => row.fields.email = None,
        Identifier::ExternalId => row.fields.external_id = None,
        Identifier::Phone => row.fields.phone = None,
    }
    store::update(tx, &row)?;
    store::release(tx, from, index.identifier)?;
    tx.publish(Told::new(CHANGED, tx.ctx().org, from.bytes()));
    match claim(tx, index, to)? {
        None => Ok(()),
        Some(contact) => Err(ContactRefusal::Exists { contact, by: index.identifier }),
    }
}

/// A change of a contact, sealed and indexed.
pub struct Update {
    subject: Subject,
    sealed: Fields<Change<Sealed<String>>>,
    locale: Change<Locale>,
    indexes: Vec<(Identifier, Option<Index>)>,
    bucket: Change<Bucket>,
    epochs: Epochs,
}

impl Update {
    pub(super) fn seal(ctx: &Ctx, epochs: Epochs, subject: Subject, changes: Changes) -> Self {
        let Changes { phone, email, external_id, name, locale } = changes;
        let mut indexes = Vec::new();
        let mut index = |identifier, change: Change<Zeroizing<String>>| match change {
            Change::Keep => {}
            Change::Clear => indexes.push((identifier, None)),
            Change::Set(normal) => {
                indexes.push((identifier, Some(Index::of(&epochs, ctx.org.environment, identifier, &normal))));
            }
        };
        index(Identifier::Email, as_ref(&email).map(|email| email.index_form()));
        index(Identifier::ExternalId, as_ref(&external_id).map(ExternalId::index_form));
        index(Identifier::Phone, as_ref(&phone).map(|phone| phone.index_form()));
        let bucket = as_ref(&phone).map(|phone| Bucket::of(&epochs, ctx.org.environment, &phone.last4()));
        let sealed = Fields {
            external_id: Some(external_id.map(|id| subject.seal(ctx, "external_id", id.text()))),
            name: Some(name.map(|name| subject.seal(ctx, "name", name.text()))),
            email: Some(email.map(|email| subject.seal(ctx, "email", email.delivery_form()))),
            phone: Some(phone.map(|phone| subject.seal(ctx, "phone", phone.delivery_form()))),
        };
        Self { subject, sealed, locale, indexes, bucket, epochs }
    }

    /// Changes the contact as it stands now.
    pub fn apply(self, tx: &mut Tx<'_>) -> Result<Recorded<Contact>, ContactRefusal> {
        let id = self.subject.id;
        let mut row = store::find_to_change(tx, id)?.ok_or(ContactRefusal::NotFound)?;
        let change = |change: Option<Change<Sealed<String>>>, before| change.unwrap_or_default().apply(before);
        row.fields = Fields {
            external_id: change(self.sealed.external_id, row.fields.external_id),
            name: change(self.sealed.name, row.fields.name),
            email: change(self.sealed.email, row.fields.email),
            phone: change(self.sealed.phone, row.fields.phone),
        };
        if row.fields.external_id.is_none() && row.fields.email.is_none() && row.fields.phone.is_none() {
            return Err(ContactRefusal::Unaddressed);
        }
        row.locale = self.locale.map(|locale| locale.as_str().to_owned()).apply(row.locale);
        row.updated_at = tx.ctx().now();
        for (identifier, index) in &self.indexes {
            store::release(tx, id, *identifier)?;
            if let Some(index) = index
                && let Some(holder) = claim(tx, index, id)?
            {
                match lead(tx, holder)? {
                    // Their own, of a contact that was merged into them: it comes back to them.
                    Some((person, _)) if person == id => take_back(tx, (holder, id), index)?,
                    person => {
                        let contact = person.map_or(holder, |(person, _)| person);
                        return Err(ContactRefusal::Exists { contact, by: *identifier });
                    }
                }
            }
        }
        if !self.bucket.is_keep() {
            store::leave(tx, id)?;
        }
        if let Some(bucket) = self.bucket.set() {
            store::enter(tx, bucket, id)?;
        }
        if !store::update(tx, &row)? {
            return Err(ContactRefusal::NotFound);
        }
        tx.publish(Told::new(CHANGED, tx.ctx().org, id.bytes()));
        let contact = opened(tx, &self.subject, &row)?;
        if self.indexes.iter().any(|(identifier, _)| *identifier != Identifier::ExternalId) {
            alike::leave(tx, id)?;
            let all = Alike::all(&self.epochs, tx.ctx(), &Details::reread(&contact));
            Likes::look(tx, all, Some(id))?.enter(tx, id)?;
        }
        Ok(tx.record(Leaf::of("contact.update").on("con", id.bytes()), contact))
    }

    /// Which contact.
    pub fn contact(&self) -> ContactId {
        self.subject.id
    }
}

fn as_ref<T>(change: &Change<T>) -> Change<&T> {
    match change {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(value) => Change::Set(value),
    }
}

fn opened(tx: &Tx<'_>, subject: &Subject, row: &ContactRow) -> Result<Contact, StoreError> {
    row.open(subject, tx.ctx().org)
}
