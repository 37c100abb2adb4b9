//! `POST /v1/approvals/{id}/approve`, `…/reject`, `…/emergency`: each says what it is about.

use schemars::JsonSchema;
use sealpost_access::passkeys::{AssertionBody, JudgedSignature};
use sealpost_access::permissions::{APPROVALS_MANAGE, APPROVALS_VOTE};
use sealpost_store::{ApprovalId, OrgKeys, Recorded, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Call, Class, Endpoint, Failure, Permission, Refusal, Reply, post};
use serde::Deserialize;
use serde_json::json;

use super::signature::{Signed, judge};
use super::view::ApprovalView;
use super::{Api, OF_DECISIONS, answer};
use crate::approvals::digest::Digest;
use crate::approvals::model::Approval;
use crate::approvals::module::Approvables;
use crate::approvals::service::{self, Word};
use crate::reason::Reason;

/// What is voted on, and what is said.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalVoteBody")]
pub(in crate::approvals) struct Ballot {
    /// The digest of what was looked at; the vote is refused if that isn't what would go live.
    pub(in crate::approvals) digest: Digest,
    /// For whoever reads it later; needed to reject, and in an emergency.
    pub(in crate::approvals) comment: Option<Reason>,
    /// What a passkey has signed of it, after `…/signature/options`; needed where the rules say so.
    pub(in crate::approvals) signature: Option<AssertionBody>,
}

/// A way to vote.
#[derive(Clone, Copy)]
pub(in crate::approvals) struct Voting {
    pub(in crate::approvals) path: &'static str,
    /// The same as a page.
    pub(in crate::approvals) page: &'static str,
    pub(in crate::approvals) needs: Permission,
    pub(in crate::approvals) action: &'static str,
    pub(in crate::approvals) summary: &'static str,
    describe: &'static str,
    /// What the page says once it is done.
    pub(in crate::approvals) done: &'static str,
    /// Whether something has to be said.
    pub(in crate::approvals) explains: bool,
    /// What a passkey signs of it.
    pub(in crate::approvals) signs: Option<Signed>,
    by: fn(&mut Tx<'_>, &OrgKeys, &Approvables, &Word<'_>) -> Result<Recorded<Approval>, Failure>,
}

/// Yes.
pub(in crate::approvals) const APPROVE: Voting = Voting {
    path: "/v1/approvals/{id}/approve",
    page: "/app/{env}/approvals/{id}/approve",
    needs: APPROVALS_VOTE,
    action: "approval.approve",
    summary: "Agree with what was looked at",
    describe: "Not for whoever asked, by whatever account or key. With the last vote it needs, it goes live in the same transaction if the \
               rules say so. Where nobody else could agree, whoever asked may after 24 hours, signed in, with a fresh passkey. What has \
               moved meanwhile ends in `conflict`.",
    done: "Your vote counts",
    explains: false,
    signs: Some(Signed::Approve),
    by: service::approve,
};

/// No.
pub(in crate::approvals) const REJECT: Voting = Voting {
    path: "/v1/approvals/{id}/reject",
    page: "/app/{env}/approvals/{id}/reject",
    needs: APPROVALS_VOTE,
    action: "approval.reject",
    summary: "Say no to what was looked at, and why",
    describe: "One is enough.",
    done: "Rejected",
    explains: true,
    signs: None,
    by: service::reject,
};

/// It can't wait.
pub(in crate::approvals) const EMERGENCY: Voting = Voting {
    path: "/v1/approvals/{id}/emergency",
    page: "/app/{env}/approvals/{id}/emergency",
    needs: APPROVALS_MANAGE,
    action: "approval.emergency",
    summary: "Put it into force with a second person, without waiting for others",
    describe: "With the second person who says so, it goes live; whoever asked may be one of them. It is on record as what it is, endpoints \
               hear `approval.emergency`, and until somebody has looked at it there is no other.",
    done: "On record as an emergency",
    explains: true,
    signs: Some(Signed::Emergency),
    by: service::emergency,
};

impl Voting {
    /// Judges what was signed of it, where anything is.
    pub(in crate::approvals) async fn signature<B, Q>(
        &self,
        api: &Api,
        call: &Call<B, Q>,
        id: ApprovalId,
        ballot: &mut Ballot,
    ) -> Result<Option<JudgedSignature>, Failure> {
        let (signature, digest) = (ballot.signature.take(), ballot.digest);
        match self.signs {
            Some(signs) => judge(api, call, (signs.says(), id, digest), signature).await,
            None => Ok(None),
        }
    }

    /// Says so.
    pub(in crate::approvals) fn vote(
        &self,
        tx: &mut Tx<'_>,
        keys: &OrgKeys,
        all: &Approvables,
        id: ApprovalId,
        (ballot, signature): (&Ballot, Option<&JudgedSignature>),
    ) -> Result<Recorded<Approval>, Failure> {
        if self.explains && ballot.comment.is_none() {
            return Err(Refusal::of(&BODY_INVALID).at("/comment", "field_missing").into());
        }
        (self.by)(tx, keys, all, &Word { id, digest: ballot.digest, comment: ballot.comment.as_ref(), signature })
    }
}

pub(super) fn route(api: &Api, voting: Voting) -> Endpoint {
    let api = api.clone();
    let route = post(voting.path).needs(voting.needs);
    // Two people in one room: no key can be one of them.
    let route = if voting.needs == APPROVALS_MANAGE { route.session() } else { route };
    route
        .step_up()
        .class(Class::Write)
        .acts(voting.action)
        .summary(voting.summary)
        .describe(voting.describe)
        .takes::<Ballot>()
        .answers::<ApprovalView>(200)
        .refuses(&OF_DECISIONS)
        .example(json!({ "digest": "0".repeat(64), "comment": "Checked with the privacy officer" }))
        .to(move |call: Call<Ballot>| handle(api.clone(), voting, call))
}

async fn handle(api: Api, voting: Voting, call: Call<Ballot>) -> Result<Reply, Failure> {
    let id: ApprovalId = call.id("id")?;
    let (call, mut ballot) = call.take_body();
    let signature = voting.signature(&api, &call, id, &mut ballot).await?;
    let keys = api.house.keys().organisation(call.ctx.org.id).await?;
    let within = api.clone();
    call.write(&api.house, move |tx| {
        let voted = voting.vote(tx, &keys, &within.all, id, (&ballot, signature.as_ref()))?;
        let reply = answer(&within, voted.value(), tx.ctx().now())?;
        Ok(voted.map(|_| reply))
    })
    .await
}
