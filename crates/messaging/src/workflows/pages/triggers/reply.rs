//! `GET` and `POST /app/{env}/workflows/{id}/triggers/reply`

use schemars::JsonSchema;
use sealpost_access::permissions::WORKFLOWS_WRITE;
use sealpost_store::WorkflowId;
use sealpost_web::shell::Ask;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::mapping;
use crate::workflows::Workflows;
use crate::workflows::codes::TRIGGER_INVALID;
use crate::workflows::triggers::{self, NewTrigger, Source};

/// What runs are started with.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkflowReplyTriggerForm")]
struct Form {
    /// A line for each field: its name, `=`, and a field of what came (`/data/…`) or a value.
    data: Option<String>,
}

pub(super) fn ask(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/app/{env}/workflows/{id}/triggers/reply")
        .needs(WORKFLOWS_WRITE)
        .page()
        .class(Class::Read)
        .summary("Ask whether replies begin runs of a workflow")
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move {
                let id = call.id("id")?;
                workflows.find(&call.ctx, id).await?;
                question(&call, id, &Form::default()).show(&call)
            }
        })
}

pub(super) fn add(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/app/{env}/workflows/{id}/triggers/reply")
        .needs(WORKFLOWS_WRITE)
        .session()
        .class(Class::Write)
        .acts("workflow.add_trigger")
        .done("Replies begin runs from now on")
        .summary("Have replies begin runs of a workflow")
        .takes_form::<Form>()
        .example(json!({ "data": "said = /data/text" }))
        .answers_with(303, "")
        .refuses(&[&TRIGGER_INVALID])
        .to(move |call: Call<Form>| handle(workflows.clone(), call))
}

async fn handle(workflows: Workflows, call: Call<Form>) -> Result<Reply, Failure> {
    let id: WorkflowId = call.id("id")?;
    let added = async {
        let data = mapping::read(call.body.data.as_deref().unwrap_or_default())?;
        let (new, done) = (NewTrigger { source: Source::Reply, data }, call.done(&format!("/workflows/{id}")));
        call.write(workflows.store(), move |tx| Ok(triggers::create(tx, id, new)?.map(|_| done))).await
    };
    match added.await {
        Ok(reply) => {
            workflows.changed(&call.ctx);
            Ok(reply)
        }
        Err(failure) => question(&call, id, &call.body).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, id: WorkflowId, form: &Form) -> Ask {
    let says =
        "Whenever somebody replies and no run waits for that, one begins for them. What they said is /data/text.";
    Ask::new(call, "Begin it by a reply", says, &format!("/workflows/{id}"))
        .field(mapping::field(form.data.as_deref()))
        .submit("Add replies")
}
