//! A reply is taken: who said it, which runs go on with it, or what it begins.

use sealpost_store::{ContactId, Ctx, Leaf, OrgId, Recorded, StoreError, Tx};
use sealpost_web::{Call, Failure, Refusal, Reply};

use super::model::{NewReply, Taken};
use super::{rules, store};
use crate::contacts::{self, NewContact, Resolved};
use crate::messages::codes::CONTACT_RACED;
use crate::messages::unresolved_at;
use crate::storage::Mode;
use crate::workflows::Workflows;
use crate::workflows::runs::{Heard, Hearing, Prepared, Wanted, begin_unasked, hear};
use crate::workflows::triggers::{self, mapped};

/// How often a reply is prepared again that found something else when it was to be taken.
const RACES: usize = 4;
/// What stands in the leaf of a run that a reply began.
const BECAUSE: &str = "reply";

/// A reply ready for its transaction. No clear value is in it.
pub(in crate::workflows) struct Ready {
    /// Who said it, if anybody here knows them.
    contact: Option<ContactId>,
    /// Whoever said it, to be made known.
    fresh: Option<Box<NewContact>>,
    /// By which it is known again.
    mac: Option<[u8; 32]>,
    /// The runs that hear it.
    told: Vec<Hearing>,
    /// What it begins.
    begins: Vec<Prepared>,
}

/// Why a reply was not taken.
#[derive(Debug)]
pub(in crate::workflows) enum NotTaken {
    /// Something has changed since it was prepared, or it was taken meanwhile.
    Again,
    /// For this reason.
    Failed(Failure),
}

impl From<StoreError> for NotTaken {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Failure> for NotTaken {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Workflows {
    /// Takes a reply, and answers what it did.
    pub(in crate::workflows) async fn receive_reply(&self, call: &Call<NewReply>) -> Result<Reply, Failure> {
        for _ in 0..RACES {
            if let Some(taken) = self.taken_reply(&call.ctx, &call.body).await? {
                return Ok(Reply::json(202, &taken)?);
            }
            let ready = self.prepare_reply(&call.ctx, &call.body).await?;
            let written = call.write_or(self.store(), move |tx| {
                let taken = take(tx, ready)?;
                let reply = Reply::json(202, taken.value()).map_err(Failure::from)?;
                Ok::<_, NotTaken>(taken.map(|_| reply))
            });
            match written.await {
                Ok(reply) => return Ok(reply),
                Err(NotTaken::Again) => {}
                Err(NotTaken::Failed(failure)) => return Err(failure),
            }
        }
        Err(Refusal::of(&CONTACT_RACED).retry_after(1).into())
    }

    /// What this reply did, if it was taken before.
    pub(in crate::workflows) async fn taken_reply(&self, ctx: &Ctx, new: &NewReply) -> Result<Option<Taken>, Failure> {
        rules::check(&new.text, new.id.as_deref())?;
        let Some(mac) = self.mac_of_reply(ctx, new).await? else { return Ok(None) };
        Ok(self.store().peek::<_, StoreError>(ctx, move |tx| store::taken(tx, mac)).await?)
    }

    async fn mac_of_reply(&self, ctx: &Ctx, new: &NewReply) -> Result<Option<[u8; 32]>, StoreError> {
        let Some(id) = &new.id else { return Ok(None) };
        let keys = self.store().keys().organisation(ctx.org.id).await?;
        Ok(Some(keys.purpose("token").mac(&[b"workflow_reply", id.as_bytes()])))
    }

    /// Makes a reply ready: sealed for every run that waits for it, or, where none does, for those it begins.
    pub(in crate::workflows) async fn prepare_reply(&self, ctx: &Ctx, new: &NewReply) -> Result<Ready, Failure> {
        let unresolved = |refusal| unresolved_at(refusal, "/from");
        rules::check(&new.text, new.id.as_deref())?;
        let mac = self.mac_of_reply(ctx, new).await?;
        let known = self.on.contacts.known(ctx, &new.from).await.map_err(unresolved)?;
        let contact = known.map(|subject| subject.id);
        let told = match contact {
            Some(contact) => self.listening(ctx, contact, &new.text).await?,
            None => Vec::new(),
        };
        let ready = Ready { contact, fresh: None, mac, told, begins: Vec::new() };
        if !ready.told.is_empty() {
            return Ok(ready);
        }
        let begun = self.store().read(ctx, triggers::begun_by_replies).await?;
        // Nobody is made known for nothing.
        if begun.is_empty() {
            return Ok(ready);
        }
        let Resolved { subject, fresh } = self.on.contacts.resolve(ctx, &new.from).await.map_err(unresolved)?;
        let said = rules::known(&new.text, new.id.as_deref());
        let mut begins = Vec::with_capacity(begun.len());
        for (what, data) in begun {
            let data = mapped(&data, &said);
            let wanted = Wanted { what: &what, data: &data, at_most: Mode::Keep, because: Some(BECAUSE) };
            begins.push(self.on.starter.prepare_for(ctx, &subject, wanted).await?);
        }
        Ok(Ready { contact: Some(subject.id), fresh, begins, ..ready })
    }
}

/// The one commit: what runs are told, what begins, and that it was taken.
pub(in crate::workflows) fn take(tx: &mut Tx<'_>, ready: Ready) -> Result<Recorded<Taken>, NotTaken> {
    let Ready { contact, fresh, mac, told, begins } = ready;
    let is_as_before = match (&fresh, contact) {
        (Some(fresh), _) => contacts::insert_if_absent(tx, fresh)?,
        // Erased or merged since they were found.
        (None, Some(contact)) => !contacts::is_erased(tx, contact)? && contacts::is_there(tx, contact)?,
        (None, None) => true,
    };
    if !is_as_before {
        return Err(NotTaken::Again);
    }
    let (mut taken, mut is_for_nobody) = (Taken::default(), !told.is_empty());
    for hearing in told {
        let run = hearing.run;
        match hear(tx, hearing)? {
            Heard::GoesOn => taken.runs.push(run),
            Heard::HasEnough => {}
            Heard::DoesNotWait => continue,
        }
        is_for_nobody = false;
    }
    // All of them went on meanwhile: perhaps it begins something.
    if is_for_nobody {
        return Err(NotTaken::Again);
    }
    for prepared in begins {
        let (leaf, begun) = begin_unasked(tx, prepared)?;
        tx.note(leaf);
        taken.began.push(begun.id);
    }
    if let Some(mac) = mac
        && !store::take(tx, mac, &taken)?
    {
        return Err(NotTaken::Again);
    }
    let leaf = Leaf::of("reply.receive");
    let leaf = match contact {
        Some(contact) => leaf.on(ContactId::PREFIX, contact.bytes()),
        None => leaf.on(OrgId::PREFIX, tx.ctx().org.id.bytes()),
    };
    Ok(tx.record(leaf, taken))
}
