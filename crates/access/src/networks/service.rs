//! Deciding about the lists.

use std::net::IpAddr;

use sealpost_store::{Leaf, OrgId, OrgKeys, Recorded, StoreError, Time, Tx};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Failure, Refusal};
use serde_json::{Value, json};

use super::codes::NETWORKS_NOT_PENDING;
use super::model::{GUARD_MS, Lists, Pending, Standing};
use super::{rules, store};

/// How it stands.
pub fn standing(tx: &mut Tx<'_>) -> Result<Standing, StoreError> {
    store::standing(tx)
}

/// Puts lists into force until they are confirmed, but for ten minutes at most. Whoever asks, from `peer`, must be admitted by
/// them, and knows of this version if they say so.
pub fn change(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    lists: Lists,
    peer: IpAddr,
    known: Option<u32>,
) -> Result<Recorded<Standing>, Failure> {
    let before = store::standing(tx)?;
    expect(&before, known)?;
    rules::keeps_in(&lists, peer)?;
    let before = settled(tx, keys, before)?;
    let now = tx.ctx().now();
    let pending = Some(Pending { lists, until: now.plus_ms(GUARD_MS) });
    let after = Standing { pending, confirmed: before.confirmed.clone(), ..next(&before, now) };
    put(tx, &after)?;
    let leaf = leaf(tx, keys, "networks.change", &before, &after);
    Ok(tx.record(leaf, after))
}

/// Lets the change that is in force stay. Asked from an address that it shuts out, it doesn't.
pub fn confirm(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    peer: IpAddr,
    known: Option<u32>,
) -> Result<Recorded<Standing>, Failure> {
    let before = store::standing(tx)?;
    expect(&before, known)?;
    let now = tx.ctx().now();
    let lists = before.open(now).ok_or(Refusal::of(&NETWORKS_NOT_PENDING))?.lists.clone();
    rules::keeps_in(&lists, peer)?;
    let after = Standing { confirmed: lists, ..next(&before, now) };
    put(tx, &after)?;
    let leaf = leaf(tx, keys, "networks.confirm", &before, &after);
    Ok(tx.record(leaf, after))
}

/// Takes the change that is in force back.
pub fn revert(tx: &mut Tx<'_>, keys: &OrgKeys, known: Option<u32>) -> Result<Recorded<Standing>, Failure> {
    let before = store::standing(tx)?;
    expect(&before, known)?;
    let now = tx.ctx().now();
    before.open(now).ok_or(Refusal::of(&NETWORKS_NOT_PENDING))?;
    let after = Standing { confirmed: before.confirmed.clone(), ..next(&before, now) };
    put(tx, &after)?;
    let leaf = leaf(tx, keys, "networks.revert", &before, &after).because("taken_back");
    Ok(tx.record(leaf, after))
}

/// Admits everybody from everywhere, at once and for good: for the operator on the host, when nobody gets in any more.
pub fn reset(tx: &mut Tx<'_>, keys: &OrgKeys) -> Result<Recorded<Standing>, Failure> {
    let before = store::standing(tx)?;
    let before = settled(tx, keys, before)?;
    let after = next(&before, tx.ctx().now());
    put(tx, &after)?;
    let leaf = leaf(tx, keys, "networks.reset", &before, &after);
    Ok(tx.record(leaf, after))
}

/// Writes down that a change has undone itself, if one has and nobody did before.
pub(super) fn lapse(tx: &mut Tx<'_>, keys: &OrgKeys) -> Result<(), StoreError> {
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
fn lapsed(tx: &mut Tx<'_>, keys: &OrgKeys, before: &Standing) -> Result<Option<Option<Standing>>, StoreError> {
    let now = tx.ctx().now();
    let Some(pending) = before.lapsed(now) else { return Ok(None) };
    // As of when it did: until then the pending lists were in force.
    let then = Standing { pending: Some(Pending { until: now.plus_ms(1), ..pending.clone() }), ..before.clone() };
    let after = Standing { confirmed: before.confirmed.clone(), ..next(before, now) };
    if !store::put_into_force(tx, after.version, &after.confirmed, None)? {
        return Ok(Some(None));
    }
    let leaf = leaf(tx, keys, "networks.revert", &then, &after).because("not_confirmed");
    tx.note(leaf);
    Ok(Some(Some(after)))
}

/// Refuses somebody who decided on what isn't so any more.
fn expect(standing: &Standing, known: Option<u32>) -> Result<(), Refusal> {
    match known {
        Some(version) if version != standing.version => Err(Refusal::of(&CHANGED_MEANWHILE)),
        _ => Ok(()),
    }
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

/// A leaf that keeps the lists before and after, sealed.
fn leaf(tx: &Tx<'_>, keys: &OrgKeys, action: &'static str, before: &Standing, after: &Standing) -> Leaf {
    let ctx = tx.ctx();
    let now = ctx.now();
    let details = json!({
        "version": after.version,
        "from": in_words(before.in_force(now)),
        "to": in_words(after.in_force(now)),
        "reverts_at": after.pending.as_ref().map(|pending| pending.until),
    });
    let sealed = keys.seal_audit(ctx, details.to_string().as_bytes());
    Leaf::of(action).on(OrgId::PREFIX, ctx.org.id.bytes()).with(sealed)
}

fn in_words(lists: &Lists) -> Value {
    json!({ "dashboard": lists.dashboard.as_slice(), "admin": lists.admin.as_slice(), "keys": lists.keys.as_slice() })
}
