//! `GET` and `POST /app/{env}/workflow-triggers/{id}/remove`

use sealpost_access::permissions::WORKFLOWS_WRITE;
use sealpost_store::WorkflowTriggerId;
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use crate::workflows::Workflows;
use crate::workflows::triggers::{self, Source, Trigger};

pub(super) fn ask(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/app/{env}/workflow-triggers/{id}/remove")
        .needs(WORKFLOWS_WRITE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to take away what begins runs of a workflow")
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move {
                let trigger = workflows.find_trigger(&call.ctx, call.id("id")?).await?;
                question(&call, &trigger).show(&call)
            }
        })
}

pub(super) fn remove(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/app/{env}/workflow-triggers/{id}/remove")
        .needs(WORKFLOWS_WRITE)
        .session()
        .class(Class::Write)
        .acts("workflow.remove_trigger")
        .done("It begins no more runs")
        .summary("Take away what begins runs of a workflow")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .to(move |call: Call<Yes>| handle(workflows.clone(), call))
}

async fn handle(workflows: Workflows, call: Call<Yes>) -> Result<Reply, Failure> {
    let id: WorkflowTriggerId = call.id("id")?;
    let trigger = workflows.find_trigger(&call.ctx, id).await?;
    let done = call.done(&format!("/workflows/{}", trigger.workflow));
    match call.write(workflows.store(), move |tx| Ok(triggers::remove(tx, id)?.map(|()| done))).await {
        Ok(reply) => {
            workflows.changed(&call.ctx);
            Ok(reply)
        }
        Err(failure) => question(&call, &trigger).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, trigger: &Trigger) -> Ask {
    let (title, says) = match trigger.source {
        Source::Event(_) => ("Take the event away?", "It begins no more runs. What it began goes on."),
        Source::Reply => ("Take it away that replies begin it?", "A reply begins no more runs. What it began goes on."),
        Source::Webhook(_) => (
            "Take the webhook away?",
            "Its address answers 404 from now on, and another webhook gets another one. What it began goes on.",
        ),
    };
    Ask::new(call, title, says, &format!("/workflows/{}", trigger.workflow)).submit("Take it away").danger()
}
