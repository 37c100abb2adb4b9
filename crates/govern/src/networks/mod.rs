//! Lists of networks that let more in, as something that takes an approval, and all lists there were.
//!
//! What the lists are and who may change them is in [`sealpost_access::networks`]; here stands who is asked first. What others agreed to
//! holds for ten minutes like any other change: nobody's vote says that somebody who is let in has looked.

#[cfg(test)]
mod tests;

use sealpost_access::Asked;
use sealpost_access::networks::{self, Gate, Lists, Outcome, SETTING, Whole};
use sealpost_seal::Purpose;
use sealpost_store::{OrgKeys, Recorded, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Cidrs, Failure, Fault, Refusal};
use serde_json::Value;

use crate::approvals::{self, Apply, Approvable, Line, Module, Prepared};
use crate::reason::Reason;
use crate::revisions::Revisable;
use crate::security::{Turned, typed};

/// Lists that let in whom those before didn't.
pub(crate) const APPROVABLE: Approvable = Approvable {
    module: Module::Network,
    says: "Members, administrators or keys are let in from where they weren’t. To let fewer in takes nobody else. It undoes itself after ten \
           minutes unless somebody confirms it from an address it admits.",
    wide: true,
    of: None,
    prepare,
    apply: Apply::Here(apply),
};

/// All lists there were.
pub(crate) const REVISABLE: Revisable = Revisable {
    setting: SETTING,
    title: "Networks",
    of: None,
    page: "/networks",
    lines: |before, after| Ok(lines(&read(before.clone())?, &read(after.clone())?)),
    roll_back,
};

/// Asks others before lists let more in, where that takes an approval.
pub const GATE: Gate = Gate { ask, waiting: |tx, _| approvals::waiting(tx, Module::Network, None) };

fn ask(tx: &mut Tx<'_>, keys: &OrgKeys, wanted: &Lists, why: Option<&str>) -> Result<Option<Recorded<Asked>>, Failure> {
    if !approvals::is_needed(tx, Module::Network)? {
        return Ok(None);
    }
    let why = why.map(|why| Reason::parse(why.to_owned())).transpose().map_err(Fault::new)?;
    let asked = approvals::ask(tx, keys, &APPROVABLE, None, whole(wanted)?, why.as_ref())?;
    let reply = approvals::accepted(asked.value())?;
    Ok(Some(asked.map(|approval| Asked { approval: approval.id, reply })))
}

fn whole(lists: &Lists) -> Result<Value, Fault> {
    serde_json::to_value(Whole::of(lists)).map_err(Fault::new)
}

fn read(value: Value) -> Result<Lists, Failure> {
    let invalid = |_| Refusal::of(&BODY_INVALID).at("", "field_invalid");
    Ok(typed::<Whole>(value)?.read().map_err(invalid)?)
}

fn prepare(tx: &mut Tx<'_>, _: &OrgKeys, _: Option<[u8; 16]>, value: Value) -> Result<Prepared, Failure> {
    let wanted = read(value)?;
    let (before, now) = (networks::standing(tx)?, tx.ctx().now());
    Ok(Prepared {
        wanted: whole(&wanted)?,
        lines: lines(before.in_force(now), &wanted),
        // A change that has undone itself moves it on, whether or not anybody has written that down.
        version: before.decided(now).into(),
        tied: vec![],
    })
}

fn apply(tx: &mut Tx<'_>, keys: &OrgKeys, value: Value, reason: Option<&Reason>) -> Result<(), Failure> {
    networks::change(tx, keys, read(value)?, said(reason)).map(drop)
}

fn roll_back(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    value: Value,
    reason: Option<&Reason>,
) -> Result<Recorded<Turned>, Failure> {
    Ok(networks::decide(tx, keys, GATE, read(value)?, said(reason))?.map(|outcome| match outcome {
        Outcome::InForce(_) => Turned::Done,
        Outcome::Waits(asked) => Turned::Waits(asked.approval),
    }))
}

fn said(reason: Option<&Reason>) -> Option<&str> {
    reason.map(|reason| reason.text().expose(Purpose::Seal).as_str())
}

/// Each list, as it is and as it would be.
fn lines(from: &Lists, to: &Lists) -> Vec<Line> {
    let text = |list: &Cidrs| if list.as_slice().is_empty() { "Anywhere".to_owned() } else { list.to_text() };
    let line = |what: &str, list: fn(&Lists) -> &Cidrs| Line::new(what, text(list(from)), text(list(to)));
    vec![
        line("Members", |lists| &lists.dashboard),
        line("Administrators", |lists| &lists.admin),
        line("Keys", |lists| &lists.keys),
    ]
}
