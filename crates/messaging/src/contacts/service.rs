//! What can be done with contacts.

use std::sync::Arc;

use sealpost_govern::Reason;
use sealpost_govern::looks::{self, Look};
use sealpost_seal::normal::{Last4, Phone};
use sealpost_seal::viewer::{Field, Viewer};
use sealpost_seal::{Personal, Purpose};
use sealpost_store::{ContactId, Ctx, DuplicateId, Leaf, Store, StoreError, Tx};
use sealpost_web::{Failure, Refusal};
use serde_json::{Map, json};

use super::CHANGED;
use super::alike::{self, Pair};
use super::codes::MASK_PROFILE_HIDES_DIGITS;
use super::indexes::{Bucket, Index};
use super::merged::{Merged, one_person};
use super::model::{Candidate, Changes, Contact, ContactRefusal, Details, Fields, Identifier, Reveal};
use super::prepare::{NewContact, Update};
use super::resolve::{Found, LookUp};
use super::rules;
use super::store::{self, ContactRow};
use super::subject::Subject;
use crate::recent::{Recent, object};

/// Look-ups remembered.
const REMEMBERED: u64 = 100_000;

/// Behind every contact.
const LAST: ContactId = ContactId::from_bytes([0xff; 16]);

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
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Makes a contact ready; [`NewContact::create`] makes it, inside a transaction.
    pub async fn prepare(&self, ctx: &Ctx, details: &Details) -> Result<NewContact, ContactRefusal> {
        rules::check_new(details)?;
        let epochs = self.store.keys().epochs(ctx.org.id, ctx.now()).await?;
        let slot = self.store.keys().mint(ctx.org.id).await?;
        let likes = self.likes(ctx, &epochs, details).await?;
        Ok(NewContact::seal(ctx, (&epochs, likes), slot, details))
    }

    /// Makes a contact.
    pub async fn create(&self, ctx: &Ctx, details: &Details) -> Result<Contact, ContactRefusal> {
        let new = self.prepare(ctx, details).await?;
        self.store.write(ctx, move |tx| new.create(tx)).await
    }

    /// Makes a change ready; [`Update::apply`] makes it, inside a transaction.
    pub async fn prepare_update(&self, ctx: &Ctx, id: ContactId, changes: Changes) -> Result<Update, ContactRefusal> {
        rules::check_changes(&changes)?;
        let epochs = self.store.keys().epochs(ctx.org.id, ctx.now()).await?;
        let subject = self.subject(ctx, self.lead(ctx, id).await?).await?;
        Ok(Update::seal(ctx, epochs, subject, changes))
    }

    /// Changes a contact.
    pub async fn update(&self, ctx: &Ctx, id: ContactId, changes: Changes) -> Result<Contact, ContactRefusal> {
        let update = self.prepare_update(ctx, id, changes).await?;
        let contact = self.store.write(ctx, move |tx| update.apply(tx)).await?;
        self.changed(ctx, id);
        Ok(contact)
    }

    /// Forgets what was looked up about a contact that has just been changed; the bus tells everybody else.
    pub(crate) fn changed(&self, ctx: &Ctx, id: ContactId) {
        self.recent.changed((ctx.org, id.bytes()));
    }

    /// A contact: the one that stands for the person with this id, with whoever was merged into it.
    pub async fn find(&self, ctx: &Ctx, id: ContactId) -> Result<Contact, ContactRefusal> {
        let rows = move |tx: &mut Tx<'_>| {
            let mut rows = Vec::new();
            for id in one_person(tx, id)? {
                rows.extend(store::find(tx, id)?);
            }
            Ok(rows)
        };
        let mut rows = self.store.peek::<_, StoreError>(ctx, rows).await?.into_iter();
        let row = rows.next().ok_or(ContactRefusal::NotFound)?;
        let subject = self.unlock(ctx, (row.id, row.slot)).await?;
        let mut contact = noted(ctx, row.open(&subject, ctx.org)?);
        for row in rows {
            let subject = self.unlock(ctx, (row.id, row.slot)).await?;
            let merged_at = row.merged_at.unwrap_or(row.updated_at);
            let merged = noted(ctx, row.open(&subject, ctx.org)?);
            contact.merged.push(Merged { id: merged.id, merged_at, fields: merged.fields });
        }
        Ok(contact)
    }

    /// Up to `limit` pairs of contacts who may be one person, before `before`, newest first; those of whom one can't be opened any
    /// more are no elements.
    pub(crate) async fn pairs(
        &self,
        ctx: &Ctx,
        before: Option<DuplicateId>,
        limit: u32,
    ) -> Result<Vec<(Pair, Option<[Contact; 2]>)>, ContactRefusal> {
        let before = before.unwrap_or(DuplicateId::from_bytes([0xff; 16]));
        let pairs = self.store.read::<_, StoreError>(ctx, move |tx| alike::store::before(tx, before, limit)).await?;
        let mut opened = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let both = match self.both(ctx, &pair).await {
                Ok(both) => Some(both),
                Err(ContactRefusal::NotFound) => None,
                Err(error) => return Err(error),
            };
            opened.push((pair, both));
        }
        Ok(opened)
    }

    /// Two contacts who may be one person.
    pub(crate) async fn pair(&self, ctx: &Ctx, id: DuplicateId) -> Result<(Pair, [Contact; 2]), ContactRefusal> {
        let pair = self.store.peek::<_, StoreError>(ctx, move |tx| alike::store::find(tx, id)).await?;
        let pair = pair.ok_or(ContactRefusal::NotFound)?;
        let both = self.both(ctx, &pair).await?;
        Ok((pair, both))
    }

    async fn both(&self, ctx: &Ctx, pair: &Pair) -> Result<[Contact; 2], ContactRefusal> {
        Ok([self.find(ctx, pair.one).await?, self.find(ctx, pair.other).await?])
    }

    /// The contact that has all of these addresses that somebody has.
    pub async fn search(&self, ctx: &Ctx, details: &Details) -> Result<Option<Contact>, ContactRefusal> {
        let epochs = self.store.keys().epochs(ctx.org.id, ctx.now()).await?;
        match self.one_holder(ctx, &Index::all(&epochs, ctx, details)).await? {
            Some((id, _)) => self.find(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Up to `limit` contacts older than `before`, newest first. Those whose key was shredded are no elements of the list.
    pub async fn list(
        &self,
        ctx: &Ctx,
        before: Option<ContactId>,
        limit: u32,
    ) -> Result<Vec<Candidate>, ContactRefusal> {
        let before = before.unwrap_or(LAST);
        let rows = self.store.read::<_, StoreError>(ctx, move |tx| store::before(tx, before, limit)).await?;
        self.open_all(ctx, rows, |_| true).await
    }

    /// Up to `limit` contacts older than `before` whose phone number may end so, newest first; those whose number does are
    /// elements of the list. Only for who sees the last digits of numbers anyhow. The leaf is committed before anything is opened.
    pub async fn matching(
        &self,
        ctx: &Ctx,
        last4: &Last4,
        before: Option<ContactId>,
        limit: u32,
    ) -> Result<Vec<Candidate>, Failure> {
        if !ctx.viewer.sees_last4() {
            return Err(Refusal::of(&MASK_PROFILE_HIDES_DIGITS).into());
        }
        let epochs = self.store.keys().epochs(ctx.org.id, ctx.now()).await?;
        let bucket = Bucket::of(&epochs, ctx.org.environment, last4);
        self.store.write::<_, StoreError>(ctx, |tx| Ok(tx.record(Leaf::of("contact.match"), ()))).await?;
        let before = before.unwrap_or(LAST);
        let rows = move |tx: &mut Tx<'_>| store::in_bucket(tx, &bucket, before, limit);
        let rows = self.store.read::<_, StoreError>(ctx, rows).await?;
        Ok(self.open_all(ctx, rows, |contact| ends(contact, last4)).await?)
    }

    /// Opens contacts; those who can't be opened any more, or aren't `wanted`, are no elements.
    async fn open_all(
        &self,
        ctx: &Ctx,
        rows: Vec<ContactRow>,
        wanted: impl Fn(&Contact) -> bool,
    ) -> Result<Vec<Candidate>, ContactRefusal> {
        let mut candidates = Vec::with_capacity(rows.len());
        for row in rows {
            let contact = match self.unlock(ctx, (row.id, row.slot)).await {
                Ok(subject) => Some(noted(ctx, row.open(&subject, ctx.org)?)),
                Err(ContactRefusal::NotFound) => None,
                Err(error) => return Err(error),
            };
            candidates.push(Candidate { id: row.id, contact: contact.filter(&wanted) });
        }
        Ok(candidates)
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
        let id = self.lead(ctx, id).await?;
        self.subject(ctx, id).await?;
        let details = Map::from_iter([("fields".to_owned(), json!(fields))]);
        let wanted = Look { action: "contact.reveal", kind: ContactId::PREFIX, id: id.bytes(), details };
        let viewer = looks::look(&self.store, ctx, wanted, reason).await?;
        Ok((self.find(ctx, id).await?, viewer))
    }
}

/// Takes note of what was opened, so that no answer leaves with it by another way than a view.
fn noted(ctx: &Ctx, contact: Contact) -> Contact {
    let Fields { phone, email, .. } = &contact.fields;
    for (value, field) in [(phone, Field::Phone), (email, Field::Email)] {
        value.iter().for_each(|value| ctx.viewer.opened(value, field));
    }
    contact
}

fn ends(contact: &Contact, last4: &Last4) -> bool {
    let phone = contact.fields.phone.as_ref().map(|phone| Phone::parse(phone.expose(Purpose::Index)));
    phone.is_some_and(|phone| phone.is_ok_and(|phone| last4.ends(&phone)))
}
