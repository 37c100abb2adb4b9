//! Roles that say more than they did, as something that takes an approval, and everything that roles have said.
//!
//! What a role is and who may change it is in [`sealpost_access::roles`]; here stands who is asked first.

#[cfg(test)]
mod tests;

use sealpost_access::permissions::APPROVALS_VOTE;
use sealpost_access::revisions::{self, Subject};
use sealpost_access::roles::{self, NewRole, Outcome, RoleRef, SETTING, Whole, Wish};
use sealpost_access::{Asked, members};
use sealpost_seal::Purpose;
use sealpost_store::{OrgKeys, Recorded, RoleId, StoreError, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Failure, Fault, Refusal, not_found};
use serde_json::Value;

use crate::approvals::{self, Apply, Approvable, Line, Module, Prepared, Tied};
use crate::reason::Reason;
use crate::revisions::Revisable;
use crate::security::{Turned, typed};

/// A role of an organisation's own that says more than it did.
pub(crate) const APPROVABLE: Approvable = Approvable {
    module: Module::Role,
    says: "A role whose members may or see more than before, prove themselves less, or work from more places or for longer. To take away \
           takes nobody else.",
    wide: true,
    of: Some(RoleId::PREFIX),
    prepare,
    apply: Apply::Here(apply),
};

/// Everything that roles have said.
pub(crate) const REVISABLE: Revisable = Revisable {
    setting: SETTING,
    title: "Role",
    of: Some(RoleId::PREFIX),
    page: "/roles",
    lines: |before, after| Ok(between(Some(&typed(before.clone())?), &typed(after.clone())?)),
    roll_back,
};

/// Asks others before a role says more, where that takes an approval.
pub fn gate(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    wish: &Wish<'_>,
    why: Option<&str>,
) -> Result<Option<Recorded<Asked>>, Failure> {
    if !approvals::is_needed(tx, Module::Role)? {
        return Ok(None);
    }
    let wanted = serde_json::to_value(Whole::of(wish.id, wish.role)).map_err(Fault::new)?;
    let why = why.map(|why| Reason::parse(why.to_owned())).transpose().map_err(Fault::new)?;
    let asked = approvals::ask(tx, keys, &APPROVABLE, wish.id.map(RoleId::bytes), wanted, why.as_ref())?;
    let reply = approvals::accepted(asked.value())?;
    Ok(Some(asked.map(|approval| Asked { approval: approval.id, reply })))
}

fn read(value: Value) -> Result<(Whole, Option<RoleId>, NewRole), Failure> {
    let whole: Whole = typed(value)?;
    let (id, new) = whole.read().map_err(|_| Refusal::of(&BODY_INVALID).at("", "field_invalid"))?;
    Ok((whole, id, new))
}

fn prepare(tx: &mut Tx<'_>, _: &OrgKeys, target: Option<[u8; 16]>, value: Value) -> Result<Prepared, Failure> {
    let (whole, id, _) = read(value)?;
    if id.map(RoleId::bytes) != target {
        return Err(Refusal::of(&BODY_INVALID).at("/id", "field_invalid").into());
    }
    let (before, version) = match id {
        Some(id) => {
            let found = roles::find(tx, RoleRef::Custom(id))?.ok_or_else(not_found)?;
            let of = Subject { setting: SETTING, target: Some(id.bytes()), environment: None };
            (Some(Whole::of(Some(id), &found)), revisions::number(tx, &of)?.unwrap_or_default())
        }
        None => (None, 0),
    };
    let lines = between(before.as_ref(), &whole);
    let tied = whoever_has(tx, id)?;
    Ok(Prepared { wanted: serde_json::to_value(&whole).map_err(Fault::new)?, lines, version: version.into(), tied })
}

/// Nobody votes on what their own role shall say.
fn whoever_has(tx: &mut Tx<'_>, id: Option<RoleId>) -> Result<Vec<Tied>, StoreError> {
    let Some(role) = id.map(RoleRef::Custom) else { return Ok(Vec::new()) };
    let holders = members::holders(tx, APPROVALS_VOTE)?;
    Ok(holders.iter().filter(|holder| holder.role == role).map(|holder| Tied::beneficiary(holder.id)).collect())
}

fn apply(tx: &mut Tx<'_>, keys: &OrgKeys, value: Value, reason: Option<&Reason>) -> Result<(), Failure> {
    let (_, id, new) = read(value)?;
    let done = match id {
        Some(id) => roles::update(tx, keys, id, &new, said(reason)),
        None => roles::create(tx, keys, &new, said(reason)),
    };
    done.map(drop)
}

fn roll_back(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    value: Value,
    reason: Option<&Reason>,
) -> Result<Recorded<Turned>, Failure> {
    let (_, id, new) = read(value)?;
    Ok(roles::decide(tx, keys, gate, (id, &new), said(reason))?.map(|outcome| match outcome {
        Outcome::InForce(_) => Turned::Done,
        Outcome::Waits(asked) => Turned::Waits(asked.approval),
    }))
}

fn said(reason: Option<&Reason>) -> Option<&str> {
    reason.map(|reason| reason.text().expose(Purpose::Seal).as_str())
}

/// What differs, and what doesn't: everything either of them says.
pub(crate) fn between(from: Option<&Whole>, to: &Whole) -> Vec<Line> {
    let (from, to) = (from.map(Whole::facts).unwrap_or_default(), to.facts());
    let of = |all: &[(String, String)], what: &str| all.iter().find(|(name, _)| name == what).map(|(_, is)| is.clone());
    let gone = from.iter().filter(|(what, _)| of(&to, what).is_none());
    let whats = to.iter().chain(gone).map(|(what, _)| what);
    whats.map(|what| Line::new(what.clone(), of(&from, what), of(&to, what))).collect()
}
