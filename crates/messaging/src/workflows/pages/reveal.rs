//! `GET` and `POST /app/{env}/workflow-runs/{id}/reveal`

use sealpost_access::permissions::DATA_REVEAL;
use sealpost_govern::masking::codes::REVEAL_BUDGET_EXHAUSTED;
use sealpost_store::WorkflowRunId;
use sealpost_web::shell::Ask;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use super::run::{Shown, page};
use crate::looking::{self, Form, SHOWN_SECONDS};
use crate::workflows::Workflows;
use crate::workflows::codes::RUN_PAYLOAD_GONE;
use crate::workflows::runs::Views;

pub(super) fn ask(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/app/{env}/workflow-runs/{id}/reveal")
        .needs(DATA_REVEAL)
        .page()
        .class(Class::Read)
        .summary("Ask why a run is to be seen in clear")
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move {
                let id = call.id("id")?;
                workflows.find_run(&call.ctx, id).await?;
                question(&call, id).show(&call)
            }
        })
}

pub(super) fn reveal(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/app/{env}/workflow-runs/{id}/reveal")
        .needs(DATA_REVEAL)
        .session()
        .step_up()
        .class(Class::Reveal)
        .acts("workflow_run.reveal")
        .reveals()
        .summary("See a run in clear")
        .describe("The look is in the ledger, with its reason, before the first clear byte leaves. Nothing of it is in the URL.")
        .takes_form::<Form>()
        .example(json!({ "reason": "Customer called back, ticket 4512" }))
        .answers_with(200, "text/html")
        .refuses(&[&REVEAL_BUDGET_EXHAUSTED, &RUN_PAYLOAD_GONE])
        .to(move |call: Call<Form>| handle(workflows.clone(), call))
}

async fn handle(workflows: Workflows, mut call: Call<Form>) -> Result<Reply, Failure> {
    let id: WorkflowRunId = call.id("id")?;
    let run = workflows.find_run(&call.ctx, id).await?;
    let looked = match call.body.take() {
        Ok(reason) => workflows.reveal(&call.ctx, &run, &reason).await,
        Err(refusal) => Err(refusal.into()),
    };
    let (viewer, opened) = match looked {
        Ok(looked) => looked,
        Err(failure) => return question(&call, id).again(&call, failure),
    };
    let view = Views(&workflows).of(&call.ctx, &viewer, &run, Ok((opened.data, opened.answers))).await?;
    let shown = Shown { request: call.ctx.request.to_string(), seconds: SHOWN_SECONDS };
    let page = page(&workflows, &call, &run, view, Some(shown)).await?;
    call.show(&page.name, &page)
}

fn question<B, Q>(call: &Call<B, Q>, id: WorkflowRunId) -> Ask {
    let shown = "What it was started with and what was answered are shown";
    looking::question(call, "See this run in clear?", shown, &format!("/workflow-runs/{id}"))
}
