//! Another role for a member, that may more than theirs, as something that takes an approval, and every role they had.
//!
//! Which role a member has and who may change that is in [`sealpost_access::members`]; here stands who is asked first. Others agree to what
//! the role says then: if it says something else meanwhile, it is asked for again.

#[cfg(test)]
mod tests;

use sealpost_access::Asked;
use sealpost_access::members::{self, Gate, MemberRefused, Outcome, SETTING, TheirRole};
use sealpost_access::roles::{self, Role, RoleRef};
use sealpost_seal::Purpose;
use sealpost_store::{MemberId, OrgKeys, Recorded, Tx};
use sealpost_web::problem::{BODY_INVALID, CHANGED_MEANWHILE};
use sealpost_web::{Failure, Fault, Refusal, not_found};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::approvals::{self, Apply, Approvable, Line, Module, Prepared, Tied};
use crate::reason::Reason;
use crate::revisions::Revisable;
use crate::roles::between;
use crate::security::{Turned, typed};

/// Another role for a member, that may more than theirs.
pub(crate) const APPROVABLE: Approvable = Approvable {
    module: Module::Member,
    says: "A member gets a role that may or sees more than theirs, or proves itself less. Whoever puts it into force may and sees no less \
           than it says. To take away takes nobody else.",
    wide: true,
    of: Some(MemberId::PREFIX),
    prepare,
    apply: Apply::Here(apply),
};

/// Every role that members had.
pub(crate) const REVISABLE: Revisable = Revisable {
    setting: SETTING,
    title: "Role of a member",
    of: Some(MemberId::PREFIX),
    page: "/people",
    lines: changed,
    roll_back,
};

/// Asks others before a member gets a role that may more than theirs, where that takes an approval.
pub const GATE: Gate = Gate { ask, waiting: |tx, member| approvals::waiting(tx, Module::Member, member) };

/// What is wanted, and what the role says that they would have.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    member: MemberId,
    role: RoleRef,
    /// Nothing where it is asked for: then it is what the role says.
    #[serde(default)]
    says: Option<Value>,
}

impl Wanted {
    const fn to(&self) -> TheirRole {
        TheirRole { member: self.member, role: self.role }
    }
}

fn ask(tx: &mut Tx<'_>, keys: &OrgKeys, to: &TheirRole, why: Option<&str>) -> Result<Option<Recorded<Asked>>, Failure> {
    if !approvals::is_needed(tx, Module::Member)? {
        return Ok(None);
    }
    let wanted = serde_json::to_value(to).map_err(Fault::new)?;
    let why = why.map(|why| Reason::parse(why.to_owned())).transpose().map_err(Fault::new)?;
    let asked = approvals::ask(tx, keys, &APPROVABLE, Some(to.member.bytes()), wanted, why.as_ref())?;
    let reply = approvals::accepted(asked.value())?;
    Ok(Some(asked.map(|approval| Asked { approval: approval.id, reply })))
}

fn prepare(tx: &mut Tx<'_>, _: &OrgKeys, target: Option<[u8; 16]>, value: Value) -> Result<Prepared, Failure> {
    let wanted: Wanted = typed(value)?;
    if target != Some(wanted.member.bytes()) {
        return Err(Refusal::of(&BODY_INVALID).at("/member", "field_invalid").into());
    }
    let (before, version) = members::standing(tx, wanted.member)?.ok_or_else(not_found)?;
    let after = roles::find(tx, wanted.role)?.ok_or(MemberRefused::RoleUnknown)?;
    let says = serde_json::to_value(whole(&after)).map_err(Fault::new)?;
    if wanted.says.as_ref().is_some_and(|seen| *seen != says) {
        return Err(Refusal::of(&CHANGED_MEANWHILE).into());
    }
    let wanted = Wanted { says: Some(says), ..wanted };
    Ok(Prepared {
        lines: lines(&before, &after),
        version: version.into(),
        tied: vec![Tied::beneficiary(wanted.member)],
        wanted: serde_json::to_value(wanted).map_err(Fault::new)?,
    })
}

/// The rules about who gives what to whom hold for whoever puts it into force, too.
fn apply(tx: &mut Tx<'_>, keys: &OrgKeys, value: Value, reason: Option<&Reason>) -> Result<(), Failure> {
    members::set_role(tx, keys, typed::<Wanted>(value)?.to(), said(reason)).map(drop)
}

fn roll_back(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    value: Value,
    reason: Option<&Reason>,
) -> Result<Recorded<Turned>, Failure> {
    Ok(members::give(tx, keys, GATE, typed(value)?, said(reason))?.map(|outcome| match outcome {
        Outcome::InForce => Turned::Done,
        Outcome::Waits(asked) => Turned::Waits(asked.approval),
    }))
}

fn said(reason: Option<&Reason>) -> Option<&str> {
    reason.map(|reason| reason.text().expose(Purpose::Seal).as_str())
}

fn whole(role: &Role) -> roles::Whole {
    let id = match role.reference {
        RoleRef::Custom(id) => Some(id),
        RoleRef::Standard(_) => None,
    };
    roles::Whole::of(id, role)
}

/// The role, and whatever differs between what the two say.
fn lines(from: &Role, to: &Role) -> Vec<Line> {
    let named = Line::new("Role", from.name.clone(), to.name.clone());
    let said = between(Some(&whole(from)), &whole(to)).into_iter().filter(|line| line.what != "Name");
    [named].into_iter().chain(said).collect()
}

fn changed(before: &Value, after: &Value) -> Result<Vec<Line>, Failure> {
    let (before, after): (TheirRole, TheirRole) = (typed(before.clone())?, typed(after.clone())?);
    Ok(vec![Line::new("Role", before.role.to_string(), after.role.to_string())])
}
