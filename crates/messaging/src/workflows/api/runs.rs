//! `/v1/workflow-runs`

use schemars::JsonSchema;
use sealpost_access::permissions::{WORKFLOWS_READ, WORKFLOWS_RUN};
use sealpost_store::{WorkflowId, WorkflowRunId};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Call, Class, Endpoint, Failure, Page, Refusal, Reply, get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::reveal::reveal;
use crate::cursor;
use crate::messages::codes as sending;
use crate::workflows::Workflows;
use crate::workflows::codes::{RUN_NOT_FAILED, RUN_OVER, RUN_PAYLOAD_GONE, SIGNAL_UNKNOWN, WORKFLOW_UNKNOWN};
use crate::workflows::runs::{self, BegunView, NewRun, RunView, Views};

pub(super) fn routes(workflows: &Workflows) -> Vec<Endpoint> {
    vec![
        begin(workflows),
        list(workflows),
        show(workflows),
        signal(workflows),
        cancel(workflows),
        retry(workflows),
        reveal(workflows),
    ]
}

/// Which runs.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkflowRunQuery")]
struct Query {
    /// Of this workflow only.
    workflow_id: Option<WorkflowId>,
    /// How many at most: 1 to 250.
    #[schemars(range(min = 1, max = 250))]
    limit: Option<u16>,
    /// Where the page before ended.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

/// What a run is told.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkflowSignal")]
struct SignalBody {
    /// The signal that one of its nodes waits for.
    #[schemars(length(min = 1, max = 32))]
    name: String,
}

fn begin(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/v1/workflow-runs")
        .needs(WORKFLOWS_RUN)
        .class(Class::Send)
        .acts("workflow_run.begin")
        .summary("Run a workflow for somebody")
        .describe("Answered once the run is durable, or, where payloads are stored never, once what it was started with is in memory (`\"durability\": \"volatile\"`). It begins with the version in force, and ends with it. Nothing personal comes back.")
        .takes::<NewRun>()
        .answers::<BegunView>(202)
        .refuses(&[
            &WORKFLOW_UNKNOWN,
            &sending::CARD_NUMBER,
            &sending::RECIPIENT_UNKNOWN,
            &sending::RECIPIENT_AMBIGUOUS,
            &sending::ADDRESS_MISSING,
            &sending::VOLATILE_MEMORY_FULL,
            &sending::CONTACT_RACED,
        ])
        .example(json!({
            "workflow": "visit.follow-up",
            "to": { "phone": "+15550100123" },
            "data": { "code": "417233", "plan": "gold" },
        }))
        .to(move |call: Call<NewRun>| {
            let workflows = workflows.clone();
            async move { workflows.begin(&call).await }
        })
}

fn list(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/v1/workflow-runs")
        .needs(WORKFLOWS_READ)
        .class(Class::Read)
        .summary("List runs, newest first")
        .queries::<Query>()
        .answers::<Page<RunView>>(200)
        .to(move |call: Call<(), Query>| handle_list(workflows.clone(), call))
}

async fn handle_list(workflows: Workflows, call: Call<(), Query>) -> Result<Reply, Failure> {
    let listing = call.listing(workflows.store().keys(), &call.query.workflow_id, call.query.limit)?;
    let before = cursor::behind(&listing, call.query.cursor.as_deref(), WorkflowRunId::from_bytes)?;
    let rows = workflows.list_runs(&call.ctx, call.query.workflow_id, before, listing.fetch()).await?;
    let views = Views(&workflows);
    let page = listing.page(rows, |row| row.id.bytes().to_vec(), |row| views.brief(&call.ctx, &row));
    Ok(Reply::ok(&page)?)
}

fn show(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/v1/workflow-runs/{id}")
        .needs(WORKFLOWS_READ)
        .class(Class::Read)
        .summary("Read a run with its steps, masked")
        .answers::<RunView>(200)
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move {
                let run = workflows.find_run(&call.ctx, call.id("id")?).await?;
                Ok(Reply::ok(&Views(&workflows).full(&call.ctx, &run).await?)?)
            }
        })
}

fn signal(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/v1/workflow-runs/{id}/signals")
        .needs(WORKFLOWS_RUN)
        .class(Class::Write)
        .acts("workflow_run.signal")
        .summary("Tell a run what it waits for")
        .describe("It may come before the run does: a run remembers. Told twice, it was told once.")
        .takes::<SignalBody>()
        .answers_with(204, "")
        .refuses(&[&SIGNAL_UNKNOWN, &RUN_OVER])
        .example(json!({ "name": "confirmed" }))
        .to(move |call: Call<SignalBody>| {
            let workflows = workflows.clone();
            async move {
                let id = call.id("id")?;
                let (call, SignalBody { name }) = call.take_body();
                if !(1..=32).contains(&name.len()) {
                    return Err(Refusal::of(&BODY_INVALID).at("/name", "out_of_range").into());
                }
                let told =
                    move |tx: &mut sealpost_store::Tx<'_>| Ok(runs::signal(tx, id, &name)?.map(|()| Reply::empty()));
                call.write(workflows.store(), told).await
            }
        })
}

fn cancel(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/v1/workflow-runs/{id}/cancel")
        .needs(WORKFLOWS_RUN)
        .class(Class::Write)
        .acts("workflow_run.cancel")
        .summary("End a run where it is")
        .describe("What it sent and asked before is not taken back.")
        .answers_with(204, "")
        .refuses(&[&RUN_OVER])
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move {
                let id = call.id("id")?;
                call.write(workflows.store(), move |tx| Ok(runs::cancel(tx, id)?.map(|()| Reply::empty()))).await
            }
        })
}

fn retry(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/v1/workflow-runs/{id}/retry")
        .needs(WORKFLOWS_RUN)
        .class(Class::Write)
        .acts("workflow_run.retry")
        .summary("Try the node once more at which a run failed")
        .describe("A call of which nobody knows whether it was heard is made again, with the same id.")
        .answers_with(204, "")
        .refuses(&[&RUN_NOT_FAILED, &RUN_PAYLOAD_GONE])
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move {
                let id = call.id("id")?;
                call.write(workflows.store(), move |tx| Ok(runs::retry(tx, id)?.map(|()| Reply::empty()))).await
            }
        })
}
