//! `POST /v1/workflow-runs/{id}/reveal`

use schemars::JsonSchema;
use sealpost_access::permissions::DATA_REVEAL;
use sealpost_govern::Reason;
use sealpost_govern::masking::codes::REVEAL_BUDGET_EXHAUSTED;
use sealpost_store::WorkflowRunId;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::workflows::Workflows;
use crate::workflows::codes::RUN_PAYLOAD_GONE;
use crate::workflows::runs::clear;

/// Why somebody looks.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkflowRunLook")]
struct Body {
    /// For whoever reads the ledger later.
    reason: Reason,
}

/// A run in clear.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RevealedWorkflowRun")]
struct Revealed {
    /// The run.
    run_id: WorkflowRunId,
    /// What it was started with.
    data: Value,
    /// What its calls were answered, by node, as far as another node asks for it.
    answers: Value,
}

pub(super) fn reveal(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/v1/workflow-runs/{id}/reveal")
        .needs(DATA_REVEAL)
        .step_up()
        .class(Class::Reveal)
        .acts("workflow_run.reveal")
        .reveals()
        .summary("See a run in clear")
        .describe(
            "What it was started with and what its calls were answered. The look is in the ledger, with its reason, before the first \
             clear byte leaves. A key has as many looks in a day (UTC) as the masking policy says.",
        )
        .takes::<Body>()
        .answers::<Revealed>(200)
        .refuses(&[&REVEAL_BUDGET_EXHAUSTED, &RUN_PAYLOAD_GONE])
        .example(json!({ "reason": "Customer called back, ticket 4512" }))
        .to(move |call: Call<Body>| handle(workflows.clone(), call))
}

async fn handle(workflows: Workflows, call: Call<Body>) -> Result<Reply, Failure> {
    let run = workflows.find_run(&call.ctx, call.id("id")?).await?;
    let (viewer, opened) = workflows.reveal(&call.ctx, &run, &call.body.reason).await?;
    let (data, answers) = (clear(&viewer, opened.data), clear(&viewer, opened.answers));
    Ok(Reply::ok(&Revealed { run_id: run.id, data, answers })?)
}
