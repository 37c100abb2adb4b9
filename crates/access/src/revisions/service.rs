//! Keeping what settings say.

use sealpost_seal::rng::array;
use sealpost_store::{Actor, ApprovalId, OrgKeys, RevisionId, StoreError, Tx};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Failure, Fault, Refusal};
use serde_json::Value;

use super::model::{Change, Content, Revision, Subject, digest};
use super::store::{self, Row};

/// Keeps what a setting says from now on, in the transaction that puts it into force; answers its digest, for the leaf. With the first
/// of a setting it keeps what stood there before, as nobody's: so there is a way back to that, too.
pub fn keep(tx: &mut Tx<'_>, keys: &OrgKeys, change: Change<'_>) -> Result<[u8; 32], Failure> {
    let Change { of, number, before, after, why } = change;
    let newest = store::newest(tx, of.setting.word(), of.target)?;
    let first = if before.is_some() { 2 } else { 1 };
    let number = number.unwrap_or_else(|| newest.map_or(first, |(newest, _)| newest.saturating_add(1)));
    let earlier = RevisionId::new(&tx.ctx().world);
    let id = behind(RevisionId::new(&tx.ctx().world), newest.map_or(earlier, |(_, id)| id));
    if let (None, Some(before)) = (newest, before) {
        let row = row(tx, of, (earlier, number.saturating_sub(1)), (before, None), Actor::SYSTEM)?;
        store::insert(tx, keys, &row)?;
    }
    let actor = tx.ctx().actor;
    let row = row(tx, of, (id, number), (after, why), actor)?;
    if store::insert(tx, keys, &row)? { Ok(row.digest) } else { Err(Refusal::of(&CHANGED_MEANWHILE).into()) }
}

/// This id, or the one behind the other: of one millisecond ids are in no order, and what was said later is listed later.
fn behind(id: RevisionId, other: RevisionId) -> RevisionId {
    let next = u128::from_be_bytes(other.bytes()).saturating_add(1);
    id.max(RevisionId::from_bytes(next.to_be_bytes()))
}

fn row(
    tx: &Tx<'_>,
    of: Subject,
    (id, number): (RevisionId, u32),
    (says, why): (Value, Option<&str>),
    actor: Actor,
) -> Result<Row, Fault> {
    let salt = array::<16>(tx.ctx().rng()).iter().map(|byte| format!("{byte:02x}")).collect();
    let content = serde_json::to_vec(&Content { salt, says, why: why.map(str::to_owned) }).map_err(Fault::new)?;
    let digest = digest(of.setting.word(), of.target, number, &content);
    Ok(Row { of, id, number, content, digest, actor })
}

/// Says by which approval the newest of a setting went live, in the transaction that put it there.
pub fn mark_approved(
    tx: &mut Tx<'_>,
    setting: &str,
    target: Option<[u8; 16]>,
    by: ApprovalId,
) -> Result<(), StoreError> {
    store::mark_approved(tx, setting, target, by)
}

/// The newest number of a setting; nothing, if it was never changed since there are revisions.
pub fn number(tx: &mut Tx<'_>, of: &Subject) -> Result<Option<u32>, StoreError> {
    Ok(store::newest(tx, of.setting.word(), of.target)?.map(|(number, _)| number))
}

/// The revision of this id, if this environment sees it.
pub fn find(tx: &mut Tx<'_>, keys: &OrgKeys, id: RevisionId) -> Result<Option<Revision>, StoreError> {
    store::find(tx, keys, id)
}

/// The one before it of the same setting.
pub fn before(tx: &mut Tx<'_>, keys: &OrgKeys, revision: &Revision) -> Result<Option<Revision>, StoreError> {
    store::below(tx, keys, (&revision.setting, revision.target), revision.number)
}

/// The newest revisions of one subject, newest first.
pub fn of_subject(tx: &mut Tx<'_>, keys: &OrgKeys, of: &Subject, limit: usize) -> Result<Vec<Revision>, StoreError> {
    let (mut found, mut below) = (Vec::new(), u32::MAX);
    while found.len() < limit
        && let Some(next) = store::below(tx, keys, (of.setting.word(), of.target), below)?
    {
        below = next.number;
        found.push(next);
    }
    Ok(found)
}

/// The newest of the same setting: what is in force.
pub fn newest(tx: &mut Tx<'_>, keys: &OrgKeys, revision: &Revision) -> Result<Option<Revision>, StoreError> {
    store::below(tx, keys, (&revision.setting, revision.target), u32::MAX)
}
