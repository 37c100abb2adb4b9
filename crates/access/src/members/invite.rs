//! Inviting somebody: a member to be, whose link makes them one.

use sealpost_seal::normal::Email;
use sealpost_store::{Ctx, Keys, Leaf, MemberId, OrgKeys, Recorded, StoreError, TeamId, Tx};
use sealpost_web::Failure;

use super::model::{MemberName, MemberRow, MemberState};
use super::rules::{self, MemberRefused};
use super::service::{Members, acting, present};
use super::store;
use super::subject::{EmailIndex, Subject};
use crate::links::{self, IssuedLink, Purpose};
use crate::roles::{self, RoleRef};
use crate::teams;

/// Who is invited, to what.
pub struct Invitation {
    /// Their address.
    pub email: Email,
    /// What colleagues will call them.
    pub name: Option<MemberName>,
    /// Their role.
    pub role: RoleRef,
    /// Their teams.
    pub teams: Vec<TeamId>,
}

/// Somebody who is not invited yet: their key is durable, what is known about them is sealed.
pub struct NewMember {
    row: MemberRow,
    index: EmailIndex,
    teams: Vec<TeamId>,
}

impl NewMember {
    /// Who they will be.
    pub(crate) fn id(&self) -> MemberId {
        self.row.id
    }
}

/// Somebody who has just been invited, and their link: shown this once.
pub struct Invited {
    /// Who.
    pub id: MemberId,
    /// What makes them a member.
    pub link: IssuedLink,
}

impl Members {
    /// Makes an invitation ready; [`invite`] makes it, inside a transaction.
    pub async fn prepare(&self, ctx: &Ctx, invitation: Invitation) -> Result<NewMember, StoreError> {
        let keys = self.house.keys();
        let epochs = keys.epochs(ctx.org.id, ctx.now()).await?;
        let (id, slot, now) = (MemberId::new(&ctx.world), keys.mint(ctx.org.id).await?, ctx.now());
        let Invitation { email, name, role, teams } = invitation;
        let subject = Subject::new(id, slot);
        let row = MemberRow {
            id,
            slot: Some(subject.slot()),
            email: Some(subject.seal(ctx, "email", email.delivery_form())),
            name: name.map(|name| subject.seal(ctx, "name", name.text())),
            role,
            state: MemberState::Invited,
            created_at: now,
            updated_at: now,
        };
        Ok(NewMember { row, index: EmailIndex::of(&epochs, &email), teams })
    }
}

/// Invites somebody. The link that makes them a member is in the answer and nowhere else.
pub fn invite(
    tx: &mut Tx<'_>,
    (keys, organisation): (&Keys, &OrgKeys),
    new: &NewMember,
) -> Result<Recorded<Invited>, Failure> {
    let acting = acting(tx)?;
    let role = roles::find(tx, new.row.role)?.ok_or(MemberRefused::RoleUnknown)?;
    rules::may_give(&acting, &role)?;
    let id = new.row.id;
    if let Some(holder) = store::claim(tx, &new.index, id)? {
        return Err(MemberRefused::Exists(holder).into());
    }
    store::insert(tx, &new.row)?;
    for team in &new.teams {
        if !teams::exists(tx, *team)? {
            return Err(MemberRefused::TeamUnknown.into());
        }
        teams::join(tx, *team, id)?;
    }
    let link = links::issue(tx, keys, id, Purpose::Invitation)?;
    let details = serde_json::json!({ "role": new.row.role.to_string() });
    let sealed = organisation.seal_audit(tx.ctx(), details.to_string().as_bytes());
    let leaf = Leaf::of("invitation.create").on(MemberId::PREFIX, id.bytes()).with(sealed);
    Ok(tx.record(leaf, Invited { id, link }))
}

/// Makes somebody a member whom a service of the organisation's vouches for: a consequence of their coming. False if another member
/// has their address.
pub(crate) fn admit(tx: &mut Tx<'_>, new: &NewMember) -> Result<bool, Failure> {
    let id = new.row.id;
    roles::find(tx, new.row.role)?.ok_or(MemberRefused::RoleUnknown)?;
    if store::claim(tx, &new.index, id)?.is_some() {
        return Ok(false);
    }
    store::insert(tx, &new.row)?;
    store::set_state(tx, id, MemberState::Invited, MemberState::Active)?;
    tx.note(Leaf::of("member.create").on(MemberId::PREFIX, id.bytes()).because("sso"));
    Ok(true)
}

/// Makes a new link for somebody who is invited; those they have lead nowhere any more.
pub fn renew(tx: &mut Tx<'_>, keys: &Keys, id: MemberId) -> Result<Recorded<Invited>, Failure> {
    let acting = acting(tx)?;
    let (row, role) = present(tx, id)?;
    rules::may_give(&acting, &role)?;
    if row.state != MemberState::Invited {
        return Err(MemberRefused::WrongState(row.state).into());
    }
    links::spend_all_of(tx, id)?;
    let link = links::issue(tx, keys, id, Purpose::Invitation)?;
    Ok(tx.record(Leaf::of("invitation.renew").on(MemberId::PREFIX, id.bytes()), Invited { id, link }))
}

/// Makes a link for a member who has lost their passkeys; those they have lead nowhere any more.
pub fn recover(tx: &mut Tx<'_>, keys: &Keys, id: MemberId) -> Result<Recorded<Invited>, Failure> {
    let acting = acting(tx)?;
    let (row, role) = present(tx, id)?;
    rules::may_touch(&acting, id, &role)?;
    if row.state != MemberState::Active {
        return Err(MemberRefused::WrongState(row.state).into());
    }
    links::spend_all_of(tx, id)?;
    let link = links::issue(tx, keys, id, Purpose::Recovery)?;
    let leaf = Leaf::of("sign_in_link.create").on(MemberId::PREFIX, id.bytes()).because(Purpose::Recovery.word());
    Ok(tx.record(leaf, Invited { id, link }))
}
