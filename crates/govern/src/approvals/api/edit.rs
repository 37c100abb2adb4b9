//! `PUT /v1/approvals/{id}`

use schemars::JsonSchema;
use sealpost_access::permissions::APPROVALS_VOTE;
use sealpost_store::ApprovalId;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, put};
use serde::Deserialize;
use serde_json::{Value, json};

use super::view::ApprovalView;
use super::{Api, answer};
use crate::approvals::codes::{
    APPROVAL_NOT_YOURS, APPROVAL_OVER, APPROVAL_PERSON_UNKNOWN, APPROVAL_RACED, APPROVERS_TOO_FEW,
};
use crate::approvals::service;
use crate::masking::codes::{LIVE_KEY_REQUIRED, MASKING_RULES_MISPLACED, TEST_LOOSER_THAN_LIVE};
use crate::reason::Reason;

/// What is wanted instead.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalEdit")]
struct Body {
    /// The whole of it, as the module reads it: a masking policy, rules about approvals, the form of an export.
    wanted: Value,
    /// Why.
    reason: Option<Reason>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    put("/v1/approvals/{id}")
        .needs(APPROVALS_VOTE)
        .class(Class::Write)
        .acts("approval.edit")
        .summary("Ask for something else instead")
        .describe(
            "For whoever asked. It is about what is live now, and about the rules there are now; every vote is void, and it waits three \
             days anew. A request in conflict waits again.",
        )
        .takes::<Body>()
        .answers::<ApprovalView>(200)
        .refuses(&[
            &APPROVAL_NOT_YOURS,
            &APPROVAL_OVER,
            &APPROVAL_PERSON_UNKNOWN,
            &APPROVAL_RACED,
            &APPROVERS_TOO_FEW,
            &LIVE_KEY_REQUIRED,
            &MASKING_RULES_MISPLACED,
            &TEST_LOOSER_THAN_LIVE,
        ])
        .example(json!({ "wanted": { "mode": "off", "reveals_per_day": 100 }, "reason": "Migration, until Friday" }))
        .to(move |call: Call<Body>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Body>) -> Result<Reply, Failure> {
    let id: ApprovalId = call.id("id")?;
    let (call, Body { wanted, reason }) = call.take_body();
    let keys = api.house.keys().organisation(call.ctx.org.id).await?;
    let within = api.clone();
    call.write(&api.house, move |tx| {
        let edited = service::edit(tx, &keys, &within.all, id, wanted, reason.as_ref())?;
        let reply = answer(&within, edited.value(), tx.ctx().now())?;
        Ok(edited.map(|_| reply))
    })
    .await
}
