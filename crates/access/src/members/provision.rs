//! Members as a directory has them: made, changed and stopped without an invitation, each a part of an act that leaves its own leaf.

use sealpost_seal::normal::Email;
use sealpost_store::{Leaf, MemberId, OrgKeys, StoreError, Tx};
use sealpost_web::Failure;

use super::model::{MemberName, MemberRow, MemberState};
use super::role::{TheirRole, set_role};
use super::rules::{self, MemberRefused};
use super::service::{acting, may_stop, present};
use super::store;
use super::subject::{EmailIndex, Subject};
use crate::links;
use crate::roles::{self, RoleRef};
use crate::sessions::{self, Ended};

/// What is known about a member: where they are reached, and what colleagues call them.
pub(crate) struct Face<'f> {
    pub(crate) email: Option<(&'f Email, EmailIndex)>,
    pub(crate) name: Option<&'f MemberName>,
}

/// Makes somebody a member who was not invited: whoever calls vouches for them. They may sign in if they are `active`.
pub(crate) fn provision(
    tx: &mut Tx<'_>,
    subject: &Subject,
    id: MemberId,
    face: &Face<'_>,
    (role, active): (RoleRef, bool),
) -> Result<(), Failure> {
    let (acting, ctx) = (acting(tx)?, tx.ctx());
    let given = roles::find(tx, role)?.ok_or(MemberRefused::RoleUnknown)?;
    rules::may_give(&acting, &given)?;
    if let Some((_, index)) = &face.email {
        claim(tx, index, id)?;
    }
    let now = ctx.now();
    store::insert(
        tx,
        &MemberRow {
            id,
            slot: Some(subject.slot()),
            email: face.email.as_ref().map(|(email, _)| subject.seal(ctx, "email", email.delivery_form())),
            name: face.name.map(|name| subject.seal(ctx, "name", name.text())),
            role,
            state: if active { MemberState::Active } else { MemberState::Suspended },
            created_at: now,
            updated_at: now,
        },
    )?;
    Ok(())
}

/// A member of whom nothing was known gets a key.
pub(crate) fn identify(tx: &mut Tx<'_>, subject: &Subject, id: MemberId) -> Result<(), StoreError> {
    store::set_slot(tx, id, subject.slot())
}

/// Changes what colleagues call a member.
pub(crate) fn set_face(
    tx: &mut Tx<'_>,
    subject: &Subject,
    id: MemberId,
    name: Option<&MemberName>,
) -> Result<(), StoreError> {
    let sealed = name.map(|name| subject.seal(tx.ctx(), "name", name.text()));
    store::set_name(tx, id, sealed.as_ref())
}

/// Changes where a member is reached. An owner's stays: whoever reads their mail could become them.
pub(crate) fn readdress(
    tx: &mut Tx<'_>,
    subject: &Subject,
    id: MemberId,
    email: Option<(&Email, EmailIndex)>,
) -> Result<(), Failure> {
    let acting = acting(tx)?;
    let (_, role) = present(tx, id)?;
    rules::may_touch(&acting, id, &role)?;
    if rules::is_owner(&role) {
        return Err(MemberRefused::OwnersOnly.into());
    }
    store::release(tx, id)?;
    let sealed = match email {
        Some((email, index)) => {
            claim(tx, &index, id)?;
            Some(subject.seal(tx.ctx(), "email", email.delivery_form()))
        }
        None => None,
    };
    store::set_email(tx, id, sealed.as_ref())?;
    // What was sent to the old address leads nowhere any more.
    links::spend_all_of(tx, id)?;
    Ok(())
}

/// Bars a member from signing in, wherever they stand, and signs them out everywhere; nothing changes for one who is barred.
pub(crate) fn deactivate(tx: &mut Tx<'_>, id: MemberId) -> Result<(), Failure> {
    let row = may_stop(tx, id)?;
    if row.state == MemberState::Suspended {
        return Ok(());
    }
    store::set_state(tx, id, row.state, MemberState::Suspended)?;
    links::spend_all_of(tx, id)?;
    sessions::end_all_of(tx, id, Ended::Suspended)?;
    tx.note(Leaf::of("member.suspend").on(MemberId::PREFIX, id.bytes()));
    Ok(())
}

/// Lets a member sign in who is suspended.
pub(crate) fn activate(tx: &mut Tx<'_>, id: MemberId) -> Result<(), Failure> {
    let acting = acting(tx)?;
    let (row, role) = present(tx, id)?;
    if row.state != MemberState::Suspended {
        return Ok(());
    }
    rules::may_touch(&acting, id, &role)?;
    store::set_state(tx, id, MemberState::Suspended, MemberState::Active)?;
    sessions::tell(tx);
    tx.note(Leaf::of("member.resume").on(MemberId::PREFIX, id.bytes()));
    Ok(())
}

/// Gives a member the role that their teams give them. An owner stays one.
pub(crate) fn follow_teams(tx: &mut Tx<'_>, keys: &OrgKeys, id: MemberId, to: RoleRef) -> Result<(), Failure> {
    let (row, role) = present(tx, id)?;
    if row.role == to || rules::is_owner(&role) {
        return Ok(());
    }
    set_role(tx, keys, TheirRole { member: id, role: to }, None).map(drop)
}

/// How many members there are.
pub(crate) fn count(tx: &mut Tx<'_>) -> Result<u32, StoreError> {
    store::count(tx)
}

/// Members in the order in which they became members, from this place on.
pub(crate) fn from(tx: &mut Tx<'_>, place: u32, limit: u32) -> Result<Vec<MemberRow>, StoreError> {
    store::from(tx, place, limit)
}

/// Who has this address.
pub(crate) fn holder(tx: &mut Tx<'_>, index: &EmailIndex) -> Result<Option<MemberId>, StoreError> {
    store::holder(tx, index)
}

fn claim(tx: &mut Tx<'_>, index: &EmailIndex, id: MemberId) -> Result<(), Failure> {
    match store::claim(tx, index, id)? {
        Some(holder) => Err(MemberRefused::Exists(holder).into()),
        None => Ok(()),
    }
}
