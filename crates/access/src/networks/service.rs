//! Deciding about the lists.

use std::net::IpAddr;

use sealpost_store::{Leaf, OrgId, OrgKeys, Recorded, StoreError, Time, Tx};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Failure, Fault, Refusal};
use serde_json::json;

use super::codes::NETWORKS_NOT_PENDING;
use super::model::{GUARD_MS, Lists, Pending, Standing, Whole};
use super::rules::Known;
use super::{rules, store};
use crate::Asked;
use crate::revisions::{self, Change, Setting, Subject};

/// Its name among the settings that leave revisions.
pub const SETTING: Setting = Setting::new("network");

/// How it stands.
pub fn standing(tx: &mut Tx<'_>) -> Result<Standing, StoreError> {
    store::standing(tx)
}

/// Who is asked before lists let more in than those that hold.
pub type Gate = crate::Gate<Lists>;

/// What became of a wish.
pub enum Outcome {
    /// It holds, for ten minutes unless it is confirmed.
    InForce(Standing),
    /// Others have to agree first.
    Waits(Asked),
}

/// Decides for somebody who asks from `peer`: they must be admitted by the lists they want, and know how it stands if they say so.
pub fn decide_from(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    gate: Gate,
    lists: Lists,
    (peer, known): (IpAddr, &Known),
) -> Result<Recorded<Outcome>, Failure> {
    let before = store::standing(tx)?;
    rules::expect(&before, known, tx.ctx().now())?;
    rules::keeps_in(&lists, peer)?;
    decide(tx, keys, gate, lists, None)
}

/// Puts lists into force, or asks for that, if they let more in and that takes an approval.
pub fn decide(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    gate: Gate,
    lists: Lists,
    why: Option<&str>,
) -> Result<Recorded<Outcome>, Failure> {
    let (before, now) = (store::standing(tx)?, tx.ctx().now());
    if rules::widens(before.in_force(now), &lists)
        && let Some(asked) = (gate.ask)(tx, keys, &lists, why)?
    {
        return Ok(asked.map(Outcome::Waits));
    }
    Ok(change(tx, keys, lists, why)?.map(Outcome::InForce))
}

/// Puts lists into force until they are confirmed, but for ten minutes at most, whoever asked for them and from wherever.
pub fn change(tx: &mut Tx<'_>, keys: &OrgKeys, lists: Lists, why: Option<&str>) -> Result<Recorded<Standing>, Failure> {
    let before = store::standing(tx)?;
    let before = settled(tx, keys, before)?;
    let now = tx.ctx().now();
    let pending = Some(Pending { lists, until: now.plus_ms(GUARD_MS) });
    let after = Standing { pending, confirmed: before.confirmed.clone(), ..next(&before, now) };
    put(tx, &after)?;
    let leaf = kept(tx, keys, "networks.change", (&before, &after), why)?;
    Ok(tx.record(leaf, after))
}

/// Lets the change that is in force stay. Asked from an address that it shuts out, it doesn't.
pub fn confirm(tx: &mut Tx<'_>, keys: &OrgKeys, peer: IpAddr, known: &Known) -> Result<Recorded<Standing>, Failure> {
    let (before, now) = (store::standing(tx)?, tx.ctx().now());
    rules::expect(&before, known, now)?;
    let lists = before.open(now).ok_or(Refusal::of(&NETWORKS_NOT_PENDING))?.lists.clone();
    rules::keeps_in(&lists, peer)?;
    let after = Standing { confirmed: lists, ..next(&before, now) };
    put(tx, &after)?;
    let leaf = leaf(tx, keys, "networks.confirm", (&before, &after), None);
    Ok(tx.record(leaf, after))
}

/// Takes the change that is in force back.
pub fn revert(tx: &mut Tx<'_>, keys: &OrgKeys, known: &Known) -> Result<Recorded<Standing>, Failure> {
    let (before, now) = (store::standing(tx)?, tx.ctx().now());
    rules::expect(&before, known, now)?;
    before.open(now).ok_or(Refusal::of(&NETWORKS_NOT_PENDING))?;
    let after = Standing { confirmed: before.confirmed.clone(), ..next(&before, now) };
    put(tx, &after)?;
    let leaf = kept(tx, keys, "networks.revert", (&before, &after), None)?.because("taken_back");
    Ok(tx.record(leaf, after))
}

/// Admits everybody from everywhere, at once and for good: for the operator on the host, when nobody gets in any more.
pub fn reset(tx: &mut Tx<'_>, keys: &OrgKeys) -> Result<Recorded<Standing>, Failure> {
    let before = store::standing(tx)?;
    let before = settled(tx, keys, before)?;
    let after = next(&before, tx.ctx().now());
    put(tx, &after)?;
    let leaf = kept(tx, keys, "networks.reset", (&before, &after), None)?;
    Ok(tx.record(leaf, after))
}

/// Writes down that a change has undone itself, if one has and nobody did before.
pub(super) fn lapse(tx: &mut Tx<'_>, keys: &OrgKeys) -> Result<(), Failure> {
    let before = store::standing(tx)?;
    lapsed(tx, keys, &before).map(drop)
}

/// The same, where somebody is about to decide anew.
fn settled(tx: &mut Tx<'_>, keys: &OrgKeys, before: Standing) -> Result<Standing, Failure> {
    match lapsed(tx, keys, &before)? {
        Some(Some(after)) => Ok(after),
        Some(None) => Err(Refusal::of(&CHANGED_MEANWHILE).into()),
        None => Ok(before),
    }
}

/// What a change that has undone itself left, if there is one; nothing in that, if another node was faster.
fn lapsed(tx: &mut Tx<'_>, keys: &OrgKeys, before: &Standing) -> Result<Option<Option<Standing>>, Failure> {
    let now = tx.ctx().now();
    let Some(pending) = before.lapsed(now) else { return Ok(None) };
    // As of when it did: until then the pending lists were in force.
    let then = Standing { pending: Some(Pending { until: now.plus_ms(1), ..pending.clone() }), ..before.clone() };
    let after = Standing { confirmed: before.confirmed.clone(), ..next(before, now) };
    if !store::put_into_force(tx, after.version, &after.confirmed, None)? {
        return Ok(Some(None));
    }
    let leaf =
        kept(tx, keys, "networks.revert", (&then, &after), Some("Not confirmed in time"))?.because("not_confirmed");
    tx.note(leaf);
    Ok(Some(Some(after)))
}

fn next(before: &Standing, now: Time) -> Standing {
    Standing { version: before.version + 1, since: Some(now), ..Standing::default() }
}

fn put(tx: &mut Tx<'_>, after: &Standing) -> Result<(), Failure> {
    let (lists, until) = match &after.pending {
        Some(pending) => (&pending.lists, Some(pending.until)),
        None => (&after.confirmed, None),
    };
    match store::put_into_force(tx, after.version, lists, until)? {
        true => Ok(()),
        false => Err(Refusal::of(&CHANGED_MEANWHILE).into()),
    }
}

/// A revision of the lists that hold from now on, and its leaf.
fn kept(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    action: &'static str,
    (before, after): (&Standing, &Standing),
    why: Option<&str>,
) -> Result<Leaf, Failure> {
    let now = tx.ctx().now();
    let whole = |standing: &Standing| serde_json::to_value(Whole::of(standing.in_force(now))).map_err(Fault::new);
    let change =
        Change { of: Subject::only(SETTING), number: None, before: Some(whole(before)?), after: whole(after)?, why };
    let digest = revisions::keep(tx, keys, change)?;
    Ok(leaf(tx, keys, action, (before, after), Some((digest, why))))
}

/// A leaf that keeps the lists before and after, sealed; with the digest of their revision, if there is one, and why.
fn leaf(
    tx: &Tx<'_>,
    keys: &OrgKeys,
    action: &'static str,
    (before, after): (&Standing, &Standing),
    revision: Option<([u8; 32], Option<&str>)>,
) -> Leaf {
    let ctx = tx.ctx();
    let now = ctx.now();
    let details = json!({
        "version": after.version,
        "from": Whole::of(before.in_force(now)),
        "to": Whole::of(after.in_force(now)),
        "reverts_at": after.pending.as_ref().map(|pending| pending.until),
        "digest": revision.map(|(digest, _)| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        "reason": revision.and_then(|(_, why)| why),
    });
    let sealed = keys.seal_audit(ctx, details.to_string().as_bytes());
    Leaf::of(action).on(OrgId::PREFIX, ctx.org.id.bytes()).with(sealed)
}
