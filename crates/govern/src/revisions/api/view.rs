//! Revisions as answers say them.

use schemars::JsonSchema;
use sealpost_access::revisions::Revision;
use sealpost_store::{ApprovalId, RevisionId, Time};
use serde::Serialize;
use serde_json::Value;

use crate::approvals::{Digest, Line};
use crate::audit::TypedId;
use crate::revisions::service::Seen;
use crate::revisions::setting::Revisables;

/// What a setting said after one change.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RevisionSummary")]
pub(super) struct RevisionView {
    id: RevisionId,
    /// Of which setting.
    setting: String,
    /// What people call that.
    title: &'static str,
    /// Of which object, if it is about one.
    target: Option<TypedId>,
    /// Which it is of those of this setting.
    number: u32,
    /// Whether it is what is in force.
    in_force: bool,
    /// Who put it into force; nothing, if it stood there before.
    by: Option<TypedId>,
    /// Since when.
    at: Time,
    /// Why.
    reason: Option<String>,
    /// What it went live by, if that took an approval.
    approval_id: Option<ApprovalId>,
    /// SHA-256 of what it said and where it stands; the leaf of the change has it, too.
    digest: Digest,
    /// What it changed.
    changes: Vec<Line>,
}

impl RevisionView {
    pub(super) fn of(one: &Revision, all: &Revisables, changes: Vec<Line>) -> Self {
        let setting = all.find(&one.setting);
        let of = setting.and_then(|setting| setting.of);
        Self {
            id: one.id,
            setting: one.setting.clone(),
            title: setting.map_or("A setting of another version", |setting| setting.title),
            target: one.target.zip(of).map(|(id, kind)| TypedId { kind: kind.to_owned(), id }),
            number: one.number,
            in_force: one.is_in_force(),
            by: crate::audit::who(one.actor),
            at: one.at,
            reason: one.why.clone(),
            approval_id: one.approval,
            digest: Digest::from(one.digest),
            changes,
        }
    }
}

/// A revision with the whole of what it said.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Revision")]
pub(super) struct ShownRevision {
    #[serde(flatten)]
    summary: RevisionView,
    /// The whole of it, as it is put into force.
    says: Value,
    /// What going back to it would change.
    back: Vec<Line>,
}

impl ShownRevision {
    pub(super) fn of(seen: Seen, all: &Revisables) -> Self {
        let Seen { revision, changed, back } = seen;
        Self { summary: RevisionView::of(&revision, all, changed), says: revision.says, back }
    }
}
