//! `GET` and `POST /app/{env}/workflows/new`, `GET` and `POST /app/{env}/workflows/{id}/draft`

use schemars::JsonSchema;
use sealpost_access::permissions::WORKFLOWS_WRITE;
use sealpost_store::WorkflowId;
use sealpost_web::problem::{BODY_INVALID, Place};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Field, Kind};
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::words::spaced;
use crate::label::Label;
use crate::workflows::codes::{WORKFLOW_EXISTS, WORKFLOW_INVALID};
use crate::workflows::definition::Definition;
use crate::workflows::model::NewWorkflow;
use crate::workflows::{Workflows, service};

/// What is seen of a definition while it is written, in lines.
const LINES: u8 = 24;
/// Places of what is wrong that are named at most.
const NAMED: usize = 10;
/// What a new one begins as.
const BLANK: &str = r#"{
  "class": "transactional",
  "start": "greet",
  "nodes": {
    "greet": { "type": "send", "event": "otp.login", "data": { "code": { "field": "/data/code" } }, "next": "end" },
    "end": { "type": "end" }
  }
}"#;

/// What a workflow says; the name of a new one.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkflowForm")]
struct Form {
    name: Option<String>,
    definition: Option<String>,
}

impl Form {
    fn definition(&self) -> Result<Definition, Refusal> {
        serde_json::from_str(self.definition.as_deref().unwrap_or_default()).map_err(|error| {
            // Where, and never what stands there.
            let place = format!("It can’t be read from line {}, column {} on.", error.line(), error.column());
            Refusal::of(&BODY_INVALID).at("/definition", "not_a_definition").detail(place)
        })
    }
}

pub(super) fn ask_new() -> Endpoint {
    get("/app/{env}/workflows/new")
        .needs(WORKFLOWS_WRITE)
        .page()
        .class(Limit::Read)
        .summary("Ask what a new workflow says")
        .to(move |call: Call| async move { question(&call, &Form::default(), None).show(&call) })
}

pub(super) fn create(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/app/{env}/workflows/new")
        .needs(WORKFLOWS_WRITE)
        .session()
        .class(Limit::Write)
        .acts("workflow.create")
        .done("Workflow made")
        .summary("Make a workflow with its first version")
        .takes_form::<Form>()
        .example(json!({ "name": "visit.follow-up", "definition": BLANK }))
        .answers_with(303, "")
        .refuses(&[&WORKFLOW_EXISTS, &WORKFLOW_INVALID])
        .to(move |call: Call<Form>| {
            let workflows = workflows.clone();
            async move {
                let made = async {
                    let name = Label::parse(call.body.name.as_deref().unwrap_or_default());
                    let name = name.map_err(|_| Refusal::of(&BODY_INVALID).at("/name", "label_invalid"))?;
                    let new = NewWorkflow { name, definition: call.body.definition()? };
                    let done = call.done("/workflows");
                    let written = call.write(workflows.store(), move |tx| {
                        let created = service::create(tx, new)?;
                        let reply = done.leads_to(&created.value().id.to_string());
                        Ok(created.map(|_| reply))
                    });
                    written.await
                };
                settle(made.await, &call, None)
            }
        })
}

pub(super) fn ask(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/app/{env}/workflows/{id}/draft")
        .needs(WORKFLOWS_WRITE)
        .page()
        .class(Limit::Read)
        .summary("Ask what a new version of a workflow says")
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move {
                let id: WorkflowId = call.id("id")?;
                let versions = workflows.versions(&call.ctx, id).await?;
                let newest =
                    versions.first().and_then(|version| serde_json::to_string_pretty(&version.definition).ok());
                question(&call, &Form { name: None, definition: newest }, Some(id)).show(&call)
            }
        })
}

pub(super) fn draft(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/app/{env}/workflows/{id}/draft")
        .needs(WORKFLOWS_WRITE)
        .session()
        .class(Limit::Write)
        .acts("workflow.draft")
        .done("Version made")
        .summary("Add a version to a workflow")
        .takes_form::<Form>()
        .example(json!({ "definition": BLANK }))
        .answers_with(303, "")
        .refuses(&[&WORKFLOW_INVALID])
        .to(move |call: Call<Form>| {
            let workflows = workflows.clone();
            async move {
                let id: WorkflowId = call.id("id")?;
                let made = async {
                    let definition = call.body.definition()?;
                    let reply = call.done(&format!("/workflows/{id}"));
                    let written =
                        move |tx: &mut sealpost_store::Tx<'_>| Ok(service::draft(tx, id, definition)?.map(|_| reply));
                    call.write(workflows.store(), written).await
                };
                settle(made.await, &call, Some(id))
            }
        })
}

/// What became of it; asks again where another answer could mend it.
fn settle(made: Result<Reply, Failure>, call: &Call<Form>, id: Option<WorkflowId>) -> Result<Reply, Failure> {
    match made {
        Ok(reply) => Ok(reply),
        Err(failure) => question(call, &call.body, id).again(call, spelled_out(failure)),
    }
}

/// A form has one field for all nodes: which of them is meant stands beside it.
pub(super) fn spelled_out(failure: Failure) -> Failure {
    let Failure::Refused(refusal) = failure else { return failure };
    let named = refusal.errors().iter().filter_map(|wrong| match &wrong.place {
        Place::Pointer(place) => {
            let place = place.strip_prefix("/definition/")?;
            Some(format!("{place}: {}", spaced(&wrong.code)))
        }
        _ => None,
    });
    let named: Vec<String> = named.take(NAMED).collect();
    Failure::Refused(if named.is_empty() { refusal } else { refusal.detail(format!("{}.", named.join("; "))) })
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form, id: Option<WorkflowId>) -> Ask {
    let ask = match id {
        None => Ask::new(
            call,
            "New workflow",
            "Your program runs it by its name, once a version is in force.",
            "/workflows",
        )
        .field(
            Field::new("name", "Name")
                .value(form.name.clone().unwrap_or_default())
                .placeholder("visit.follow-up")
                .hint("a–z, 0–9, dot, dash, underscore")
                .required(),
        ),
        Some(id) => {
            let says = "It is not in force until you say so. Runs that are under way keep their version.";
            Ask::new(call, "New version", says, &format!("/workflows/{id}"))
        }
    };
    ask.field(
        Field::new("definition", "Definition")
            .kind(Kind::Lines(LINES, true))
            .value(form.definition.clone().unwrap_or_else(|| BLANK.to_owned()))
            .hint("JSON: class, start and nodes. Every way has to lead to an end, and none back.")
            .required(),
    )
    .submit(if id.is_some() { "Make the version" } else { "Make the workflow" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::definition::check;

    #[test]
    fn what_a_new_one_begins_as_can_be_run() {
        let form = Form { name: None, definition: Some(BLANK.to_owned()) };
        assert_eq!(check(&form.definition().unwrap()), vec![]);
    }

    #[test]
    fn what_cannot_be_read_is_said_without_its_text() {
        let form = Form { name: None, definition: Some("{ \"class\": \"marker-okapi\"".to_owned()) };
        let refusal = form.definition().unwrap_err();
        assert!(!refusal.explanation().unwrap().contains("okapi"));
    }
}
