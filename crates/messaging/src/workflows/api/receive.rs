//! `POST /hooks/{token}`

use std::collections::BTreeMap;

use bytes::Bytes;
use schemars::JsonSchema;
use sealpost_seal::viewer::Viewer;
use sealpost_store::{Actor, Ctx, WorkflowRunId, WorkflowTriggerId};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Call, Endpoint, Failure, Reply, not_found, post};
use serde::Serialize;

use crate::messages::codes as sending;
use crate::workflows::Workflows;
use crate::workflows::codes::{TRIGGER_NOT_BELIEVED, TRIGGER_UNREADABLE, WORKFLOW_UNKNOWN};
use crate::workflows::triggers::{Received, rules};

/// A webhook that was taken.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReceivedWorkflowWebhook")]
struct Taken {
    /// The run it began, now or when it came before.
    run_id: WorkflowRunId,
}

pub(super) fn receive(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/hooks/{token}")
        .open_to_all("whoever sends it signs it by a secret of the organisation's; the link is theirs")
        .acts("workflow_run.begin")
        .summary("Begin a run by a webhook")
        .describe(
            "Signed in the way its trigger says, and not more than five minutes ago where that way signs the time. What is signed wrongly, \
             too old or not signed at all is answered alike, with 401, and nothing of it is kept. Whoever repeats a webhook is answered \
             with the run that it began.",
        )
        .takes_bytes(&["application/json"])
        .answers::<Taken>(202)
        .refuses(&[
            &BODY_INVALID,
            &TRIGGER_NOT_BELIEVED,
            &TRIGGER_UNREADABLE,
            &WORKFLOW_UNKNOWN,
            &sending::CARD_NUMBER,
            &sending::RECIPIENT_UNKNOWN,
            &sending::RECIPIENT_AMBIGUOUS,
            &sending::ADDRESS_MISSING,
            &sending::VOLATILE_MEMORY_FULL,
            &sending::CONTACT_RACED,
        ])
        .to(move |call: Call<Bytes>| handle(workflows.clone(), call))
}

async fn handle(workflows: Workflows, call: Call<Bytes>) -> Result<Reply, Failure> {
    let link = workflows.links.open(call.param("token")).ok_or_else(not_found)?;
    // Whoever signs is nobody known, and sees what the least trusted may.
    let ctx = Ctx { org: link.org, actor: Actor::ANONYMOUS, viewer: Viewer::masked(), ..call.ctx.clone() };
    let named = rules::all_headers().filter_map(|name| Some((name, call.header(name)?)));
    let received = Received { headers: named.collect::<BTreeMap<_, _>>(), body: &call.body };
    let run_id = workflows.receive(&ctx, WorkflowTriggerId::from_bytes(link.id), received).await?;
    Ok(Reply::json(202, &Taken { run_id })?)
}
