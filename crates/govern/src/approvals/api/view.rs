//! Requests as answers say them.

use schemars::JsonSchema;
use sealpost_access::passkeys::Signature;
use sealpost_store::{ApprovalId, MemberId, Time};
use sealpost_web::{Fault, Reply};
use serde::Serialize;

use crate::approvals::digest::Digest;
use crate::approvals::model::{Approval, Line, Module, Said, Says, State, Tied};
use crate::approvals::module::Approvable;
use crate::audit::TypedId;

/// Something waits for others.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WaitingForApproval")]
pub struct Waiting {
    /// What waits.
    approval_id: ApprovalId,
    /// What of.
    module: Module,
    /// `pending`.
    state: State,
    /// What is voted on.
    digest: Digest,
    /// Until when it waits.
    expires_at: Time,
}

/// The answer to whoever wanted something that takes an approval: it waits, and here it is.
pub fn accepted(approval: &Approval) -> Result<Reply, Fault> {
    let waiting = Waiting {
        approval_id: approval.id,
        module: approval.module,
        state: approval.request.state,
        digest: approval.digest(),
        expires_at: approval.expires_at(),
    };
    Ok(Reply::json(202, &waiting)?.location(&format!("/v1/approvals/{}", approval.id)))
}

/// A request, in a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApprovalSummary")]
pub(super) struct Summary {
    id: ApprovalId,
    /// What of.
    module: Module,
    /// What people call that.
    title: &'static str,
    /// On what object, if it is about one.
    target: Option<TypedId>,
    state: State,
    /// Who asked.
    asked_by: MemberId,
    asked_at: Time,
    /// Until when it waits.
    expires_at: Time,
    /// What is voted on: SHA-256 of the exact bytes of what would go live, its target, and the versions it was asked about.
    digest: Digest,
    /// Whether it went live in an emergency.
    emergency: bool,
    /// When somebody looked at that.
    followed_up_at: Option<Time>,
}

impl Summary {
    pub(super) fn of(approval: &Approval, of: &Approvable, now: Time) -> Self {
        let target = approval.target.zip(of.of).map(|(id, kind)| TypedId { kind: kind.to_owned(), id });
        Self {
            id: approval.id,
            module: approval.module,
            title: approval.module.title(),
            target,
            state: approval.state(now),
            asked_by: approval.asker(),
            asked_at: approval.asked_at,
            expires_at: approval.expires_at(),
            digest: approval.digest(),
            emergency: approval.emergency,
            followed_up_at: approval.followed_up_at,
        }
    }
}

/// A request with what would change and what was said.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Approval")]
pub(super) struct ApprovalView {
    #[serde(flatten)]
    summary: Summary,
    /// What would change: part of what the digest is of.
    changes: Vec<Line>,
    /// Why it was asked for.
    reason: Option<String>,
    /// Who never votes on it, because they wrote it or would have it.
    tied: Vec<Tied>,
    /// What was said about this digest. A change of the request takes all of it away.
    votes: Vec<VoteView>,
    /// The version of what it changes.
    live_version: u64,
    /// The version of the rules about approvals.
    policy_version: u64,
}

/// What somebody said.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApprovalVote")]
struct VoteView {
    member: MemberId,
    says: Says,
    at: Time,
    comment: Option<String>,
    /// What their passkey has signed: SHA-256 of its public key.
    signed_by: Option<String>,
}

impl ApprovalView {
    pub(super) fn of(approval: &Approval, of: &Approvable, now: Time) -> Self {
        let vote = |said: &Said| VoteView {
            member: said.vote.voter,
            says: said.vote.says,
            at: said.at,
            comment: said.comment.clone(),
            signed_by: said.signature.as_ref().map(Signature::key),
        };
        Self {
            summary: Summary::of(approval, of, now),
            changes: approval.content.lines.clone(),
            reason: approval.content.reason.clone(),
            tied: approval.content.tied.clone(),
            votes: approval.said.iter().map(vote).collect(),
            live_version: approval.pinned().live,
            policy_version: approval.pinned().policy,
        }
    }
}
