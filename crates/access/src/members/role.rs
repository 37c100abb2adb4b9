//! Which role a member has. One that may more than theirs may take an approval: whoever knows of approvals stands at the [`Gate`]. Every
//! change leaves a revision, whoever decides it: a member, a directory, or a sign-in service.

use sealpost_store::{Leaf, MemberId, OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::{Failure, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::rules::{self, MemberRefused};
use super::service::{acting, present};
use super::store;
use crate::Asked;
use crate::revisions::{self, Change, Setting, Subject};
use crate::roles::{self, Role, RoleRef, Standard};
use crate::sessions::{self, Ended};

/// Its name among the settings that leave revisions.
pub const SETTING: Setting = Setting::new("member");

/// Who has which role: in one form only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TheirRole {
    /// Who.
    pub member: MemberId,
    /// Which.
    pub role: RoleRef,
}

impl TheirRole {
    /// Of whose role something is.
    pub const fn subject(&self) -> Subject {
        Subject { setting: SETTING, target: Some(self.member.bytes()), environment: None }
    }
}

/// Who is asked before a member gets a role that may more than theirs.
pub type Gate = crate::Gate<TheirRole>;

/// What became of a wish.
pub enum Outcome {
    /// They have it.
    InForce,
    /// Others have to agree first.
    Waits(Asked),
}

/// Gives a member another role; asks for that, if it may more than theirs and that takes an approval.
pub fn give(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    gate: Gate,
    to: TheirRole,
    why: Option<&str>,
) -> Result<Recorded<Outcome>, Failure> {
    let (from, role) = may(tx, to)?;
    if rules::may_more(&from, &role)
        && let Some(asked) = (gate.ask)(tx, keys, &to, why)?
    {
        return Ok(asked.map(Outcome::Waits));
    }
    Ok(set_role(tx, keys, to, why)?.map(|()| Outcome::InForce))
}

/// Gives a member another role.
pub fn set_role(tx: &mut Tx<'_>, keys: &OrgKeys, to: TheirRole, why: Option<&str>) -> Result<Recorded<()>, Failure> {
    let (from, _) = may(tx, to)?;
    let details = put(tx, keys, from.reference, to, why)?;
    let sealed = keys.seal_audit(tx.ctx(), details.to_string().as_bytes());
    Ok(tx.record(Leaf::of("member.role").on(MemberId::PREFIX, to.member.bytes()).with(sealed), ()))
}

/// A service says by somebody's groups which role they have: a consequence of their coming. Owners stay what they are.
pub(crate) fn follow_group(tx: &mut Tx<'_>, keys: &OrgKeys, id: MemberId, to: RoleRef) -> Result<(), Failure> {
    let row = store::find(tx, id)?.filter(|row| row.role != RoleRef::Standard(Standard::Owner) && row.role != to);
    let (Some(row), Some(_)) = (row, roles::find(tx, to)?) else { return Ok(()) };
    let details = put(tx, keys, row.role, TheirRole { member: id, role: to }, None)?;
    let sealed = keys.seal_audit(tx.ctx(), details.to_string().as_bytes());
    tx.note(Leaf::of("member.role").on(MemberId::PREFIX, id.bytes()).because("group").with(sealed));
    Ok(())
}

/// What the role of a member says, and how often it has changed since there are revisions of it; nothing of somebody who is no member.
pub fn standing(tx: &mut Tx<'_>, id: MemberId) -> Result<Option<(Role, u32)>, StoreError> {
    let row = store::find(tx, id)?.filter(|row| row.state != super::MemberState::Removed);
    let Some(row) = row else { return Ok(None) };
    let number = revisions::number(tx, &TheirRole { member: id, role: row.role }.subject())?;
    Ok(roles::find(tx, row.role)?.map(|role| (role, number.unwrap_or_default())))
}

/// Whether whoever acts may give a member this role; answers the roles they have and would have.
fn may(tx: &mut Tx<'_>, to: TheirRole) -> Result<(Role, Role), Failure> {
    let acting = acting(tx)?;
    let (_, from) = present(tx, to.member)?;
    let role = roles::find(tx, to.role)?.ok_or(MemberRefused::RoleUnknown)?;
    let owners = store::owners(tx)?;
    rules::may_change_role(&acting, to.member, (&from, &role), &owners)?;
    Ok((from, role))
}

/// They have it, everywhere and at once, with a revision; answers what its leaf says.
fn put(tx: &mut Tx<'_>, keys: &OrgKeys, from: RoleRef, to: TheirRole, why: Option<&str>) -> Result<Value, Failure> {
    store::set_role(tx, to.member, to.role)?;
    sessions::end_all_of(tx, to.member, Ended::RoleChanged)?;
    let whole = |role| serde_json::to_value(TheirRole { role, ..to }).map_err(Fault::new);
    let change = Change { of: to.subject(), number: None, before: Some(whole(from)?), after: whole(to.role)?, why };
    let digest: String = revisions::keep(tx, keys, change)?.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(json!({ "from": from.to_string(), "to": to.role.to_string(), "digest": digest, "reason": why }))
}
