//! `GET` and `POST /app/{env}/workflows/{id}/triggers/event`

use schemars::JsonSchema;
use sealpost_access::permissions::WORKFLOWS_WRITE;
use sealpost_store::WorkflowId;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind, Tone};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::mapping;
use crate::workflows::Workflows;
use crate::workflows::codes::TRIGGER_INVALID;
use crate::workflows::triggers::{self, NewTrigger, Source};

/// Events to choose from.
const EVENTS: u32 = 250;

/// Which event, and what runs are started with.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkflowEventTriggerForm")]
struct Form {
    event: Option<String>,
    /// A line for each field: its name, `=`, and a field of what came (`/data/…`) or a value.
    data: Option<String>,
}

impl Form {
    fn wanted(&self) -> Result<NewTrigger, Refusal> {
        let event = self.event.clone().filter(|event| !event.is_empty());
        let event = event.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/event", "field_missing"))?;
        Ok(NewTrigger { source: Source::Event(event), data: mapping::read(self.data.as_deref().unwrap_or_default())? })
    }
}

pub(super) fn ask(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/app/{env}/workflows/{id}/triggers/event")
        .needs(WORKFLOWS_WRITE)
        .page()
        .class(Class::Read)
        .summary("Ask which event begins runs of a workflow")
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move {
                let id = call.id("id")?;
                workflows.find(&call.ctx, id).await?;
                question(&workflows, &call, id, &Form::default()).await?.show(&call)
            }
        })
}

pub(super) fn add(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/app/{env}/workflows/{id}/triggers/event")
        .needs(WORKFLOWS_WRITE)
        .session()
        .class(Class::Write)
        .acts("workflow.add_trigger")
        .done("The event begins runs from now on")
        .summary("Have an event begin runs of a workflow")
        .takes_form::<Form>()
        .example(json!({ "event": "otp.login", "data": "code = /data/code" }))
        .answers_with(303, "")
        .refuses(&[&TRIGGER_INVALID])
        .to(move |call: Call<Form>| handle(workflows.clone(), call))
}

async fn handle(workflows: Workflows, call: Call<Form>) -> Result<Reply, Failure> {
    let id: WorkflowId = call.id("id")?;
    let added = async {
        let (new, done) = (call.body.wanted()?, call.done(&format!("/workflows/{id}")));
        call.write(workflows.store(), move |tx| Ok(triggers::create(tx, id, new)?.map(|_| done))).await
    };
    match added.await {
        Ok(reply) => {
            workflows.changed(&call.ctx);
            Ok(reply)
        }
        Err(failure) => question(&workflows, &call, id, &call.body).await?.again(&call, failure),
    }
}

async fn question<B, Q>(workflows: &Workflows, call: &Call<B, Q>, id: WorkflowId, form: &Form) -> Result<Ask, Failure> {
    let events = workflows.on.events.list(&call.ctx, None, EVENTS).await?;
    let says = "Whenever it is fired in this environment, a run begins for the same contact.";
    let ask = Ask::new(call, "Begin it by an event", says, &format!("/workflows/{id}")).submit("Add the event");
    let ask = match events.is_empty() {
        true => ask.note(Tone::Idle, "There is no event in this environment yet."),
        false => ask,
    };
    Ok(ask
        .field(
            Field::new("event", "Event")
                .kind(Kind::Choice(events.iter().map(|event| Choice::new(&event.name, &event.name)).collect()))
                .value(form.event.clone().unwrap_or_default())
                .required(),
        )
        .field(mapping::field(form.data.as_deref())))
}
