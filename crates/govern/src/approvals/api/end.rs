//! `POST /v1/approvals/{id}/cancel`, `…/apply`, `…/follow-up`

use schemars::JsonSchema;
use sealpost_access::permissions::{APPROVALS_MANAGE, APPROVALS_VOTE};
use sealpost_store::ApprovalId;
use sealpost_web::{Call, Class, Endpoint, post};
use serde::Deserialize;
use serde_json::json;

use super::view::ApprovalView;
use super::{Api, OF_DECISIONS, answer};
use crate::approvals::codes::{
    APPROVAL_BY_ASKER, APPROVAL_NO_EMERGENCY, APPROVAL_NOT_YOURS, APPROVAL_OVER, APPROVAL_OWN, APPROVAL_PERSON_UNKNOWN,
    APPROVAL_RACED,
};
use crate::approvals::service;
use crate::reason::Reason;

pub(super) fn cancel(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/v1/approvals/{id}/cancel")
        .needs(APPROVALS_VOTE)
        .class(Class::Write)
        .acts("approval.cancel")
        .summary("Take back what you asked for")
        .answers::<ApprovalView>(200)
        .refuses(&[&APPROVAL_NOT_YOURS, &APPROVAL_OVER, &APPROVAL_PERSON_UNKNOWN, &APPROVAL_RACED])
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let id: ApprovalId = call.id("id")?;
                let keys = api.house.keys().organisation(call.ctx.org.id).await?;
                let within = api.clone();
                call.write(&api.house, move |tx| {
                    let ended = service::cancel(tx, &keys, id)?;
                    let reply = answer(&within, ended.value(), tx.ctx().now())?;
                    Ok(ended.map(|_| reply))
                })
                .await
            }
        })
}

pub(super) fn apply(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/v1/approvals/{id}/apply")
        .needs(APPROVALS_VOTE)
        .step_up()
        .class(Class::Write)
        .acts("approval.apply")
        .summary("Put into force what was approved")
        .describe(
            "Exactly what was voted on, or `conflict` if what it changes, or the rules, have moved. Votes of members who may not vote any \
             more don't count any more. Besides `approval.apply` it leaves the leaf of what was done.",
        )
        .answers::<ApprovalView>(200)
        .refuses(&OF_DECISIONS)
        .refuses(&[&APPROVAL_BY_ASKER])
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let id: ApprovalId = call.id("id")?;
                let keys = api.house.keys().organisation(call.ctx.org.id).await?;
                let within = api.clone();
                call.write(&api.house, move |tx| {
                    let ended = service::apply(tx, &keys, &within.all, id)?;
                    let reply = answer(&within, ended.value(), tx.ctx().now())?;
                    Ok(ended.map(|_| reply))
                })
                .await
            }
        })
}

/// What came of an emergency.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalFollowUp")]
struct Body {
    /// For whoever reads it later.
    comment: Reason,
}

pub(super) fn follow_up(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/v1/approvals/{id}/follow-up")
        .needs(APPROVALS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("approval.follow_up")
        .summary("Say what came of an emergency")
        .describe("Not for whoever asked. Until somebody has, there is no other emergency.")
        .takes::<Body>()
        .answers::<ApprovalView>(200)
        .refuses(&[&APPROVAL_NO_EMERGENCY, &APPROVAL_OWN, &APPROVAL_PERSON_UNKNOWN])
        .example(json!({ "comment": "Masking is on again since Monday" }))
        .to(move |call: Call<Body>| {
            let api = api.clone();
            async move {
                let id: ApprovalId = call.id("id")?;
                let (call, Body { comment }) = call.take_body();
                let keys = api.house.keys().organisation(call.ctx.org.id).await?;
                let within = api.clone();
                call.write(&api.house, move |tx| {
                    let looked = service::follow_up(tx, &keys, id, &comment)?;
                    let reply = answer(&within, looked.value(), tx.ctx().now())?;
                    Ok(looked.map(|_| reply))
                })
                .await
            }
        })
}
