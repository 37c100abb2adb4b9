//! A merge, inside its transaction.

use schemars::JsonSchema;
use sealpost_seal::{Personal, Purpose, Sealed};
use sealpost_store::{Change as Told, ContactId, Ctx, Epochs, Org, StoreError, Tx};
use serde::Serialize;

use super::rules::{Fate, Prefer, fate};
use super::store as merged;
use crate::contacts::alike::{self, Alike, Likes};
use crate::contacts::indexes::Bucket;
use crate::contacts::model::{Contact, ContactRefusal, Details, Fields, Identifier};
use crate::contacts::service::Contacts;
use crate::contacts::store::{self, ContactRow};
use crate::contacts::subject::Subject;
use crate::contacts::{CHANGED, lead};

/// A merge made ready: both keys are there.
pub(crate) struct Merge {
    source: Subject,
    target: Subject,
    prefer: Prefer,
    epochs: Epochs,
}

/// Two contacts that are one from the end of the transaction on.
pub(crate) struct Combined {
    /// The contact that stays, as it is now.
    pub(crate) target: Contact,
    /// Every contact that the person is, the one that stays first.
    pub(crate) everybody: Vec<ContactId>,
    /// What each of the two had before: the source, then the target.
    pub(crate) before: [Contact; 2],
}

/// What came of a merge.
pub(crate) enum Outcome {
    /// They are one now.
    Merged(Box<Combined>),
    /// They were one before.
    Before(Box<Contact>),
}

impl Contacts {
    /// Makes a merge ready; [`Merge::apply`] does it, inside a transaction. Ids lead as they do everywhere: whoever was merged
    /// before stands for whom they were merged into.
    pub(crate) async fn prepare_merge(
        &self,
        ctx: &Ctx,
        source: ContactId,
        target: ContactId,
        prefer: Prefer,
    ) -> Result<Merge, ContactRefusal> {
        let (source, target) = (self.lead(ctx, source).await?, self.lead(ctx, target).await?);
        let epochs = self.store.keys().epochs(ctx.org.id, ctx.now()).await?;
        let (source, target) = (self.subject(ctx, source).await?, self.subject(ctx, target).await?);
        Ok(Merge { source, target, prefer, epochs })
    }
}

impl Merge {
    /// The contacts: the one that is merged, and the one that stays.
    pub(crate) fn contacts(&self) -> [ContactId; 2] {
        [self.source.id, self.target.id]
    }

    /// Does it. Whoever else merges, changes or erases one of them waits, or comes before.
    pub(crate) fn apply(self, tx: &mut Tx<'_>) -> Result<Outcome, ContactRefusal> {
        let org = tx.ctx().org;
        if self.source.id == self.target.id {
            let row = store::find(tx, self.target.id)?.ok_or(ContactRefusal::NotFound)?;
            return Ok(Outcome::Before(Box::new(row.open(&self.target, org)?)));
        }
        let [mut source, mut target] = self.rows(tx)?;
        let before = [source.open(&self.source, org)?, target.open(&self.target, org)?];
        for identifier in Identifier::ALL {
            self.combine(tx, identifier, (&mut source, &mut target))?;
        }
        self.name(tx.ctx(), (&mut source, &mut target))?;
        target.updated_at = tx.ctx().now();
        for row in [&source, &target] {
            if !store::update(tx, row)? {
                return Err(ContactRefusal::NotFound);
            }
        }
        merged::mark(tx, source.id, target.id)?;
        merged::follow(tx, source.id, target.id)?;
        let now = target.open(&self.target, org)?;
        self.find_anew(tx, &now)?;
        for id in self.contacts() {
            tx.publish(Told::new(CHANGED, org, id.bytes()));
        }
        let everybody = std::iter::once(target.id).chain(merged::into(tx, target.id)?.into_iter().map(|(id, _)| id));
        let everybody = everybody.collect();
        Ok(Outcome::Merged(Box::new(Combined { target: now, everybody, before })))
    }

    /// Both rows, as nobody else changes them: in the order of their ids, so that two merges never wait for each other.
    fn rows(&self, tx: &mut Tx<'_>) -> Result<[ContactRow; 2], ContactRefusal> {
        let (source, target) = (self.source.id, self.target.id);
        let first = find(tx, source.min(target))?;
        let second = find(tx, source.max(target))?;
        Ok(if source < target { [first, second] } else { [second, first] })
    }

    /// One address: where it stands, and who is found by it.
    fn combine(
        &self,
        tx: &mut Tx<'_>,
        identifier: Identifier,
        (source, target): (&mut ContactRow, &mut ContactRow),
    ) -> Result<(), StoreError> {
        let fate = fate(of(source, identifier).is_some(), of(target, identifier).is_some(), self.prefer);
        if fate == Fate::Stay {
            return Ok(());
        }
        let theirs = moved(tx.ctx(), identifier.as_str(), (&self.source, of(source, identifier)), &self.target)?;
        let ours = moved(tx.ctx(), identifier.as_str(), (&self.target, of(target, identifier)), &self.source)?;
        (*of(source, identifier), *of(target, identifier)) = (ours, theirs);
        // By way of nobody: no two contacts stand for one address in between.
        let nobody = ContactId::from_bytes([0; 16]);
        merged::hand_over(tx, source.id, identifier, nobody)?;
        merged::hand_over(tx, target.id, identifier, source.id)?;
        merged::hand_over(tx, nobody, identifier, target.id)
    }

    /// The name and the language of the person; those that don't stand are gone.
    fn name(&self, ctx: &Ctx, (source, target): (&mut ContactRow, &mut ContactRow)) -> Result<(), StoreError> {
        if fate(source.fields.name.is_some(), target.fields.name.is_some(), self.prefer) != Fate::Stay {
            target.fields.name = moved(ctx, "name", (&self.source, &source.fields.name), &self.target)?;
        }
        source.fields.name = None;
        if fate(source.locale.is_some(), target.locale.is_some(), self.prefer) != Fate::Stay {
            target.locale = source.locale.take();
        }
        source.locale = None;
        Ok(())
    }

    /// Who the person is found as, by digits and by likeness: as the one that stays, by what it has now.
    fn find_anew(&self, tx: &mut Tx<'_>, target: &Contact) -> Result<(), StoreError> {
        let (source, id) = (self.source.id, self.target.id);
        let others = alike::store::others(tx, source)?;
        alike::store::part(tx, source)?;
        for (other, because) in others.into_iter().filter(|(other, _)| *other != id) {
            alike::store::pair(tx, id, other, because)?;
        }
        for one in self.contacts() {
            store::leave(tx, one)?;
            alike::leave(tx, one)?;
        }
        let details = Details::reread(target);
        if let Some(bucket) = Bucket::of_person(&self.epochs, tx.ctx(), &details) {
            store::enter(tx, &bucket, id)?;
        }
        let all = Alike::all(&self.epochs, tx.ctx(), &details);
        Likes::look(tx, all, Some(id))?.enter(tx, id)
    }
}

/// A row to change, of a contact that stands for itself.
fn find(tx: &mut Tx<'_>, id: ContactId) -> Result<ContactRow, ContactRefusal> {
    let row = store::find_to_change(tx, id)?.ok_or(ContactRefusal::NotFound)?;
    match lead(tx, id)? {
        Some((one, _)) if one == id => Ok(row),
        // Somebody merged it a moment ago: whoever asks again is led.
        _ => Err(StoreError::Superseded.into()),
    }
}

fn of(row: &mut ContactRow, identifier: Identifier) -> &mut Option<Sealed<String>> {
    match identifier {
        Identifier::Email => &mut row.fields.email,
        Identifier::ExternalId => &mut row.fields.external_id,
        Identifier::Phone => &mut row.fields.phone,
    }
}

/// A value of one person, sealed for another: it opens only where it stands.
fn moved(
    ctx: &Ctx,
    column: &'static str,
    (from, value): (&Subject, &Option<Sealed<String>>),
    to: &Subject,
) -> Result<Option<Sealed<String>>, StoreError> {
    let opened: Option<Personal<String>> = opened(ctx.org, column, from, value)?;
    Ok(opened.map(|value| to.seal(ctx, column, &value)))
}

fn opened(
    org: Org,
    column: &'static str,
    subject: &Subject,
    value: &Option<Sealed<String>>,
) -> Result<Option<Personal<String>>, StoreError> {
    value.as_ref().map(|value| subject.open(org, column, value)).transpose().map_err(StoreError::from)
}

/// Of each kind of value, whether two contacts have the same; nothing where one has none. Told to whoever may not see what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "DuplicateSame")]
pub(crate) struct Same {
    /// Of names.
    pub(crate) name: Option<bool>,
    /// Of phone numbers.
    pub(crate) phone: Option<bool>,
    /// Of e-mail addresses.
    pub(crate) email: Option<bool>,
    /// Of ids in your systems.
    pub(crate) external_id: Option<bool>,
}

impl Same {
    /// Of these two.
    pub(crate) fn of([one, other]: &[Contact; 2]) -> Self {
        let same = |of: fn(&Fields) -> &Option<Personal<String>>| {
            let [one, other] = [one, other].map(|contact| of(&contact.fields).as_ref());
            Some(one?.expose(Purpose::Index) == other?.expose(Purpose::Index))
        };
        Self {
            name: same(|fields| &fields.name),
            phone: same(|fields| &fields.phone),
            email: same(|fields| &fields.email),
            external_id: same(|fields| &fields.external_id),
        }
    }
}
