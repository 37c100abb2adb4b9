//! Use cases of revisions.

use sealpost_access::revisions::{self, Revision};
use sealpost_store::{Leaf, OrgKeys, Recorded, RevisionId, StoreError, Tx};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Failure, Refusal, not_found};

use super::codes::{REVISION_IN_FORCE, REVISION_UNKNOWN};
use super::setting::Revisables;
use crate::approvals::Line;
use crate::reason::Reason;
use crate::security::Turned;

/// A revision, what it changed, and what going back to it would.
pub(super) struct Seen {
    pub(super) revision: Revision,
    /// What it changed; nothing of the first there is.
    pub(super) changed: Vec<Line>,
    /// What going back would change; nothing, if it is in force.
    pub(super) back: Vec<Line>,
}

/// Up to `limit` of them, each with what it changed.
pub(super) fn list(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    all: &Revisables,
    setting: Option<&str>,
    (before, limit): (RevisionId, u32),
) -> Result<Vec<(Revision, Vec<Line>)>, Failure> {
    let found = revisions::page(tx, keys, setting, before, limit)?;
    let mut seen = Vec::with_capacity(found.len());
    for (place, one) in found.iter().enumerate() {
        let same = |other: &&Revision| (&other.setting, other.target) == (&one.setting, one.target);
        // What came before is mostly on the same page.
        let earlier = match found.iter().skip(place + 1).find(same) {
            Some(earlier) => Some(earlier.clone()),
            None => revisions::before(tx, keys, one)?,
        };
        seen.push((one.clone(), between(all, earlier.as_ref(), one)?));
    }
    Ok(seen)
}

/// One of them.
pub(super) fn show(tx: &mut Tx<'_>, keys: &OrgKeys, all: &Revisables, id: RevisionId) -> Result<Seen, Failure> {
    let revision = revisions::find(tx, keys, id)?.ok_or_else(not_found)?;
    let earlier = revisions::before(tx, keys, &revision)?;
    let newest = revisions::newest(tx, keys, &revision)?.ok_or(StoreError::Missing("revision"))?;
    let back = if revision.is_in_force() { Vec::new() } else { between(all, Some(&newest), &revision)? };
    Ok(Seen { changed: between(all, earlier.as_ref(), &revision)?, back, revision })
}

/// What differs, and nothing that doesn't.
fn between(all: &Revisables, from: Option<&Revision>, to: &Revision) -> Result<Vec<Line>, Failure> {
    let (Some(from), Some(setting)) = (from, all.find(&to.setting)) else { return Ok(Vec::new()) };
    let mut lines = (setting.lines)(&from.says, &to.says)?;
    lines.retain(|line| !line.is_same());
    Ok(lines)
}

/// Changes the setting to what it said, by the setting's own function: at once, or when others have agreed. A change that another is
/// faster than is refused there.
pub(super) fn roll_back(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    all: &Revisables,
    id: RevisionId,
    reason: &Reason,
) -> Result<Recorded<Turned>, Failure> {
    let revision = revisions::find(tx, keys, id)?.ok_or_else(not_found)?;
    let setting = all.find(&revision.setting).ok_or_else(|| Refusal::of(&REVISION_UNKNOWN))?;
    let newest = revisions::newest(tx, keys, &revision)?.ok_or(StoreError::Missing("revision"))?;
    if newest.says == revision.says {
        return Err(Refusal::of(&REVISION_IN_FORCE).into());
    }
    let turned = (setting.roll_back)(tx, keys, revision.says.clone(), Some(reason))?;
    // Between the two looks another may have changed it (PostgreSQL reads what is committed, statement by statement).
    if matches!(turned.value(), Turned::Done) {
        let after = revisions::newest(tx, keys, &revision)?.ok_or(StoreError::Missing("revision"))?;
        if after.number != newest.number.saturating_add(1) {
            return Err(Refusal::of(&CHANGED_MEANWHILE).into());
        }
    }
    tx.note(Leaf::of("revision.roll_back").on(RevisionId::PREFIX, id.bytes()).because(setting.setting.word()));
    Ok(turned)
}
