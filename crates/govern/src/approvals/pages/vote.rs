//! `GET` and `POST /app/{env}/approvals/{id}/approve`, `…/reject`, `…/emergency`

use schemars::JsonSchema;
use sealpost_store::ApprovalId;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::Field;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::approvals::api::{Api, Ballot, EMERGENCY, OF_DECISIONS, REJECT, ToSign, Voting};
use crate::approvals::digest::Digest;
use crate::approvals::service;
use crate::reason::Reason;

/// What is voted on, and what is said.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalVoteForm")]
struct Form {
    /// The digest of what was looked at.
    digest: Digest,
    /// For whoever reads it later.
    comment: Option<String>,
    /// What a passkey has signed of it: JSON, as the script that asked for it sends it.
    signature: Option<String>,
}

pub(super) fn ask(api: &Api, voting: Voting) -> Endpoint {
    let api = api.clone();
    get(voting.page)
        .needs(voting.needs)
        .page()
        .class(Class::Read)
        .summary("Ask what somebody says about what was looked at")
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let id: ApprovalId = call.id("id")?;
                let keys = api.house.keys().organisation(call.ctx.org.id).await?;
                let found = api.house.read::<_, Failure>(&call.ctx, move |tx| service::show(tx, &keys, id)).await?;
                question(&call, voting, id, found.digest(), "").show(&call)
            }
        })
}

pub(super) fn route(api: &Api, voting: Voting) -> Endpoint {
    let api = api.clone();
    post(voting.page)
        .needs(voting.needs)
        .session()
        .step_up()
        .class(Class::Write)
        .acts(voting.action)
        .done(voting.done)
        .summary(voting.summary)
        .takes_form::<Form>()
        .example(json!({ "digest": "0".repeat(64), "comment": "Checked with the privacy officer" }))
        .answers_with(303, "")
        .refuses(&OF_DECISIONS)
        .to(move |call: Call<Form>| handle(api.clone(), voting, call))
}

async fn handle(api: Api, voting: Voting, call: Call<Form>) -> Result<Reply, Failure> {
    let id: ApprovalId = call.id("id")?;
    let said = call.body.comment.clone().unwrap_or_default();
    let voted = async {
        let comment = Some(said.clone()).filter(|text| !text.trim().is_empty()).map(Reason::parse).transpose();
        let comment = comment.map_err(|bad| Refusal::of(&BODY_INVALID).at("/comment", bad.to_string()))?;
        let signature = call.body.signature.as_ref().filter(|text| !text.is_empty());
        let signature = signature.map(|text| serde_json::from_str(text)).transpose();
        let signature = signature.map_err(|_| Refusal::of(&BODY_INVALID).at("/signature", "field_invalid"))?;
        let mut ballot = Ballot { digest: call.body.digest, comment, signature };
        let signature = voting.signature(&api, &call, id, &mut ballot).await?;
        let (keys, done) =
            (api.house.keys().organisation(call.ctx.org.id).await?, call.done(&format!("/approvals/{id}")));
        let all = api.all.clone();
        call.write(&api.house, move |tx| {
            Ok(voting.vote(tx, &keys, &all, id, (&ballot, signature.as_ref()))?.map(|_| done))
        })
        .await
    };
    match voted.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, voting, id, call.body.digest, &said).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, voting: Voting, id: ApprovalId, digest: Digest, said: &str) -> Ask {
    let (title, says, submit) = if voting.action == REJECT.action {
        ("Reject it?", "One no is enough. Whoever asked reads why.", "Reject")
    } else if voting.action == EMERGENCY.action {
        (
            "Is this an emergency?",
            "With the second person who says so it goes live, without the others. It is on record as what it is, endpoints hear of it, and \
             somebody has to look at it afterwards.",
            "It can’t wait",
        )
    } else {
        (
            "Approve it?",
            "You agree with exactly what you looked at: with this digest. If it was changed meanwhile, your vote is refused.",
            "Approve",
        )
    };
    let comment = Field::new("comment", "Comment").value(said).hint("For whoever reads it later, sealed.");
    let comment = if voting.explains { comment.required() } else { comment };
    let ask = Ask::new(call, title, says, &format!("/approvals/{id}"))
        .hidden("digest", digest.to_string())
        .field(comment)
        .sensitive()
        .submit(submit);
    let ask = match voting.signs {
        Some(says) => {
            let what = serde_json::to_string(&ToSign { says, digest }).unwrap_or_default();
            ask.signed(format!("/v1/approvals/{id}/signature/options"), what)
        }
        None => ask,
    };
    if voting.explains { ask.danger() } else { ask }
}
