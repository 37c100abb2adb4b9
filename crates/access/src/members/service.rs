//! Use cases of members.
//!
//! Those that take a [`Tx`] run inside the transaction of their caller. Whatever changes what somebody may ends their sessions, and is
//! told to every node.

use sealpost_seal::normal::Email;
use sealpost_store::{ActorKind, Ctx, Keys, Leaf, MemberId, Recorded, ScimTokenId, Store, StoreError, Tx};
use sealpost_web::{Failure, not_found};

use super::model::{Member, MemberName, MemberRow, MemberState};
use super::rules::{self, Acting, MemberRefused};
use super::store;
use super::subject::{EmailIndex, Subject};
use crate::roles::{self, Role, RoleRef, Standard};
use crate::sessions::{self, Ended};
use crate::{scim, sign_in};

/// The members of all organisations. Cheap to clone.
#[derive(Clone)]
pub struct Members {
    pub(super) house: Store,
}

impl Members {
    /// The members in this store.
    pub fn new(house: Store) -> Self {
        Self { house }
    }

    /// Where they are.
    pub fn house(&self) -> &Store {
        &self.house
    }

    /// A member, opened. One who was removed isn't there.
    pub async fn find(&self, ctx: &Ctx, id: MemberId) -> Result<Option<Member>, StoreError> {
        let row = self.house.peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        match row.filter(|row| row.state != MemberState::Removed) {
            Some(row) => self.open(ctx, row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The member who has this address, if somebody has it.
    pub async fn by_email(&self, ctx: &Ctx, email: &Email) -> Result<Option<MemberRow>, StoreError> {
        let epochs = self.house.keys().epochs(ctx.org.id, ctx.now()).await?;
        let index = EmailIndex::of(&epochs, email);
        self.house
            .peek::<_, StoreError>(ctx, move |tx| match store::holder(tx, &index)? {
                Some(id) => store::find(tx, id),
                None => Ok(None),
            })
            .await
    }

    /// Members who are there ([`MemberState::Active`] and [`MemberState::Suspended`]) or those who are invited, older than
    /// `before`, newest first, opened.
    pub async fn list(
        &self,
        ctx: &Ctx,
        invited: bool,
        before: Option<MemberId>,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError> {
        let states = match invited {
            true => [MemberState::Invited; 2],
            false => [MemberState::Active, MemberState::Suspended],
        };
        let before = before.unwrap_or(MemberId::from_bytes([0xff; 16]));
        let rows = self.house.read::<_, StoreError>(ctx, move |tx| store::page(tx, states, before, limit)).await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            all.push(self.open(ctx, row).await?);
        }
        Ok(all)
    }

    /// A member's row, opened.
    pub(super) async fn open(&self, ctx: &Ctx, row: MemberRow) -> Result<Member, StoreError> {
        let id = row.id;
        let teams = self.house.peek::<_, StoreError>(ctx, move |tx| store::teams(tx, id)).await?;
        let (email, name) = match self.subject(ctx, &row).await? {
            Some(subject) => (
                subject.open(ctx.org.id, "email", row.email.as_ref())?,
                subject.open(ctx.org.id, "name", row.name.as_ref())?,
            ),
            None => (None, None),
        };
        let MemberRow { role, state, created_at, updated_at, .. } = row;
        Ok(Member { id, email, name, role, state, teams, created_at, updated_at })
    }

    pub(crate) async fn subject(&self, ctx: &Ctx, row: &MemberRow) -> Result<Option<Subject>, StoreError> {
        let Some(slot) = row.slot else { return Ok(None) };
        let key = self.house.keys().slot(ctx.org.id, slot).await?;
        Ok(Some(Subject::new(row.id, sealpost_store::Slot { id: slot, key })))
    }

    /// Makes a new name ready; nothing if there is no such member. [`rename`] changes it, inside a transaction.
    pub async fn prepare_name(
        &self,
        ctx: &Ctx,
        id: MemberId,
        name: Option<&MemberName>,
    ) -> Result<Option<NewName>, StoreError> {
        let row = self.house.peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        let Some(row) = row.filter(|row| row.state != MemberState::Removed) else { return Ok(None) };
        // An owner whom the operator made has no key yet.
        let (subject, is_new) = match self.subject(ctx, &row).await? {
            Some(subject) => (subject, false),
            None => (Subject::new(id, self.house.keys().mint(ctx.org.id).await?), true),
        };
        let sealed = name.map(|name| subject.seal(ctx, "name", name.text()));
        Ok(Some(NewName { id, sealed, slot: is_new.then_some(subject.slot()) }))
    }

    /// Destroys the keys of members who were removed. What a crash leaves undone, [`look_after`](super::look_after) does.
    pub async fn shred(&self, ctx: &Ctx) -> Result<(), StoreError> {
        let removed = self.house.read::<_, StoreError>(ctx, store::shreddable).await?;
        for row in removed {
            let Some(slot) = row.slot else { continue };
            self.house.keys().shred(ctx.org.id, vec![slot]).await?;
            self.house.maintain::<_, StoreError>(ctx, move |tx| store::forget_slot(tx, row.id)).await?;
        }
        Ok(())
    }
}

/// A member's name to be, sealed.
pub struct NewName {
    id: MemberId,
    sealed: Option<sealpost_seal::Sealed<String>>,
    slot: Option<sealpost_store::SlotId>,
}

/// Who acts in this transaction. Keys act for nobody in particular, so they decide about nobody.
pub fn acting(tx: &mut Tx<'_>) -> Result<Acting, Failure> {
    let actor = tx.ctx().actor;
    let role = match actor.kind {
        ActorKind::Operator => return Ok(Acting { member: None, role: Standard::Owner.role() }),
        ActorKind::Member => member_with_role(tx, MemberId::from_bytes(actor.id))?.map(|(_, role)| role),
        // A directory acts for nobody in particular, and may what whoever let it in might.
        ActorKind::Directory => {
            let role = scim::role(tx, ScimTokenId::from_bytes(actor.id))?.ok_or_else(not_found)?;
            return Ok(Acting { member: None, role });
        }
        ActorKind::Anonymous | ActorKind::Key | ActorKind::System | ActorKind::Support => None,
    };
    let role = role.ok_or_else(not_found)?;
    Ok(Acting { member: Some(MemberId::from_bytes(actor.id)), role })
}

/// Makes a member who has this role, of whom nothing is known: the operator's way.
pub fn create(tx: &mut Tx<'_>, role: RoleRef) -> Result<Recorded<MemberId>, StoreError> {
    let (id, now) = (MemberId::new(&tx.ctx().world), tx.ctx().now());
    let state = MemberState::Active;
    let row = MemberRow { id, slot: None, email: None, name: None, role, state, created_at: now, updated_at: now };
    store::insert(tx, &row)?;
    Ok(tx.record(Leaf::of("member.create").on(MemberId::PREFIX, id.bytes()), id))
}

/// The organisation's first owner; the operator makes one if there is none.
pub async fn owner(house: &Store, ctx: &Ctx) -> Result<MemberId, StoreError> {
    if let Some(owner) = house.read::<_, StoreError>(ctx, store::first_owner).await? {
        return Ok(owner);
    }
    house.write(ctx, |tx| create(tx, RoleRef::Standard(Standard::Owner))).await
}

/// Somebody who was invited has come in; a consequence of how they did.
pub(crate) fn join(tx: &mut Tx<'_>, id: MemberId) -> Result<(), StoreError> {
    store::set_state(tx, id, MemberState::Invited, MemberState::Active)?;
    tx.note(Leaf::of("member.join").on(MemberId::PREFIX, id.bytes()));
    Ok(())
}

/// Changes what colleagues call a member.
pub fn rename(tx: &mut Tx<'_>, name: &NewName) -> Result<Recorded<()>, StoreError> {
    if let Some(slot) = name.slot {
        store::set_slot(tx, name.id, slot)?;
    }
    store::set_name(tx, name.id, name.sealed.as_ref())?;
    Ok(tx.record(Leaf::of("member.rename").on(MemberId::PREFIX, name.id.bytes()), ()))
}

/// Bars a member from signing in, for now, and signs them out everywhere.
pub fn suspend(tx: &mut Tx<'_>, id: MemberId) -> Result<Recorded<()>, Failure> {
    let row = may_stop(tx, id)?;
    if row.state != MemberState::Active {
        return Err(MemberRefused::WrongState(row.state).into());
    }
    store::set_state(tx, id, MemberState::Active, MemberState::Suspended)?;
    sessions::end_all_of(tx, id, Ended::Suspended)?;
    Ok(tx.record(Leaf::of("member.suspend").on(MemberId::PREFIX, id.bytes()), ()))
}

/// Lets a suspended member sign in again.
pub fn resume(tx: &mut Tx<'_>, id: MemberId) -> Result<Recorded<()>, Failure> {
    let acting = acting(tx)?;
    let (row, role) = present(tx, id)?;
    rules::may_touch(&acting, id, &role)?;
    if row.state != MemberState::Suspended {
        return Err(MemberRefused::WrongState(row.state).into());
    }
    store::set_state(tx, id, MemberState::Suspended, MemberState::Active)?;
    sessions::tell(tx);
    Ok(tx.record(Leaf::of("member.resume").on(MemberId::PREFIX, id.bytes()), ()))
}

/// Makes somebody a member no more; their key is to be [shredded](Members::shred) afterwards.
pub fn remove(tx: &mut Tx<'_>, keys: &Keys, id: MemberId) -> Result<Recorded<()>, Failure> {
    may_stop(tx, id)?;
    store::remove(tx, id)?;
    sign_in::forget(tx, keys, id)?;
    sessions::end_all_of(tx, id, Ended::Removed)?;
    Ok(tx.record(Leaf::of("member.remove").on(MemberId::PREFIX, id.bytes()), ()))
}

/// Takes an invitation back. Whoever has come in meanwhile is invited no more.
pub fn withdraw(tx: &mut Tx<'_>, keys: &Keys, id: MemberId) -> Result<Recorded<()>, Failure> {
    if may_stop(tx, id)?.state != MemberState::Invited {
        return Err(not_found().into());
    }
    store::remove(tx, id)?;
    sign_in::forget(tx, keys, id)?;
    Ok(tx.record(Leaf::of("invitation.withdraw").on(MemberId::PREFIX, id.bytes()), ()))
}

pub(super) fn may_stop(tx: &mut Tx<'_>, id: MemberId) -> Result<MemberRow, Failure> {
    let acting = acting(tx)?;
    let (row, role) = present(tx, id)?;
    let owners = store::owners(tx)?;
    rules::may_stop(&acting, id, &role, &owners)?;
    Ok(row)
}

/// A member who is one, with what their role says.
pub(super) fn present(tx: &mut Tx<'_>, id: MemberId) -> Result<(MemberRow, Role), Failure> {
    Ok(member_with_role(tx, id)?.ok_or_else(not_found)?)
}

fn member_with_role(tx: &mut Tx<'_>, id: MemberId) -> Result<Option<(MemberRow, Role)>, StoreError> {
    let row = store::find(tx, id)?.filter(|row| row.state != MemberState::Removed);
    let Some(row) = row else { return Ok(None) };
    let role = roles::find(tx, row.role)?;
    Ok(role.map(|role| (row, role)))
}
