//! `GET` and `POST /app/{env}/workflow-runs/{id}/cancel`, and the same for `retry`

use sealpost_access::permissions::WORKFLOWS_RUN;
use sealpost_store::WorkflowRunId;
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, get, post};
use serde_json::json;

use crate::workflows::codes::{RUN_NOT_FAILED, RUN_OVER, RUN_PAYLOAD_GONE};
use crate::workflows::{Workflows, runs};

pub(super) fn ask_cancel(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/app/{env}/workflow-runs/{id}/cancel")
        .needs(WORKFLOWS_RUN)
        .page()
        .class(Class::Read)
        .summary("Ask whether to end a run")
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move {
                let id = call.id("id")?;
                workflows.find_run(&call.ctx, id).await?;
                whether_to_cancel(&call, id).show(&call)
            }
        })
}

pub(super) fn cancel(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/app/{env}/workflow-runs/{id}/cancel")
        .needs(WORKFLOWS_RUN)
        .session()
        .class(Class::Write)
        .acts("workflow_run.cancel")
        .done("Run ended")
        .summary("End a run where it is")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&RUN_OVER])
        .to(move |call: Call<Yes>| {
            let workflows = workflows.clone();
            async move {
                let id: WorkflowRunId = call.id("id")?;
                let reply = call.done(&format!("/workflow-runs/{id}"));
                let done = call.write(workflows.store(), move |tx| Ok(runs::cancel(tx, id)?.map(|()| reply))).await;
                match done {
                    Ok(reply) => Ok(reply),
                    Err(failure) => whether_to_cancel(&call, id).again(&call, failure),
                }
            }
        })
}

pub(super) fn ask_retry(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/app/{env}/workflow-runs/{id}/retry")
        .needs(WORKFLOWS_RUN)
        .page()
        .class(Class::Read)
        .summary("Ask whether to try a failed node once more")
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move {
                let id = call.id("id")?;
                workflows.find_run(&call.ctx, id).await?;
                whether_to_retry(&call, id).show(&call)
            }
        })
}

pub(super) fn retry(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/app/{env}/workflow-runs/{id}/retry")
        .needs(WORKFLOWS_RUN)
        .session()
        .class(Class::Write)
        .acts("workflow_run.retry")
        .done("Under way again")
        .summary("Try the node once more at which a run failed")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&RUN_NOT_FAILED, &RUN_PAYLOAD_GONE])
        .to(move |call: Call<Yes>| {
            let workflows = workflows.clone();
            async move {
                let id: WorkflowRunId = call.id("id")?;
                let reply = call.done(&format!("/workflow-runs/{id}"));
                let done = call.write(workflows.store(), move |tx| Ok(runs::retry(tx, id)?.map(|()| reply))).await;
                match done {
                    Ok(reply) => Ok(reply),
                    Err(failure) => whether_to_retry(&call, id).again(&call, failure),
                }
            }
        })
}

fn whether_to_cancel<B, Q>(call: &Call<B, Q>, id: WorkflowRunId) -> Ask {
    Ask::new(
        call,
        "End this run?",
        "It ends where it is. What it sent and asked before is not taken back.",
        &format!("/workflow-runs/{id}"),
    )
    .submit("End the run")
    .danger()
}

fn whether_to_retry<B, Q>(call: &Call<B, Q>, id: WorkflowRunId) -> Ask {
    Ask::new(
        call,
        "Try it again?",
        "The node at which it failed is done once more. A call of which nobody knows whether it was heard is made again, with the same id.",
        &format!("/workflow-runs/{id}"),
    )
    .submit("Try again")
}
