//! `POST` and `GET /v1/workflows/{id}/triggers`, `DELETE /v1/workflow-triggers/{id}`

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_access::permissions::{WORKFLOWS_READ, WORKFLOWS_WRITE};
use sealpost_access::secrets::{self, SecretRef};
use sealpost_store::{Ctx, SecretId, Time, WorkflowId, WorkflowTriggerId};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Call, Caller, Class, Endpoint, Refusal, Reply, delete, get, post};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use crate::workflows::Workflows;
use crate::workflows::codes::TRIGGER_INVALID;
use crate::workflows::definition::{Path, To};
use crate::workflows::triggers::{self, Check, Mapping, NewTrigger, Source, Trigger, Webhook};

pub(super) fn routes(workflows: &Workflows) -> Vec<Endpoint> {
    vec![create(workflows), list(workflows), remove(workflows)]
}

/// A trigger: one of `event`, `webhook` and `reply`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewWorkflowTrigger")]
pub(in crate::workflows) struct Body {
    /// An event, by name: whenever it is fired in this environment a run begins for the same contact.
    event: Option<String>,
    /// Whoever calls an address of its own.
    webhook: Option<WebhookBody>,
    /// `true`: a contact's reply that no run waits for.
    #[serde(default)]
    reply: bool,
    /// What runs are started with, of what came (`/data/…`); all of it unless said otherwise.
    data: Mapping,
}

/// How a webhook is believed and read.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewWorkflowWebhook")]
struct WebhookBody {
    /// How it is known who calls.
    check: CheckName,
    /// By which stored secret: what signs, or the key.
    secret: StoredSecret,
    /// Where in the body (`/data/…`) it says for whom.
    to: To,
    /// Where in the body (`/data/…`) it says what its sender calls it: one run for each.
    id: Option<Path>,
}

/// A secret by reference: no value is taken here.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StoredSecretRef")]
struct StoredSecret {
    /// Its name or its id.
    secret: SecretRef,
}

/// A check as it is written.
struct CheckName(Check);

impl<'de> Deserialize<'de> for CheckName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Check::by_name(&name).map(Self).ok_or_else(|| serde::de::Error::custom("check_unknown"))
    }
}

impl JsonSchema for CheckName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "WorkflowWebhookCheck".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "enum": Check::names().collect::<Vec<_>>(),
            "description": "A way of signing, or `key`: the secret itself in the header `Sealpost-Trigger-Key`.",
        })
    }
}

/// What begins runs of a workflow.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkflowTrigger")]
pub(in crate::workflows) struct TriggerView {
    /// Its id.
    pub(in crate::workflows) id: WorkflowTriggerId,
    /// Of what.
    workflow_id: WorkflowId,
    /// The event, if it is one.
    pub(in crate::workflows) event: Option<String>,
    /// The webhook, if it is one.
    pub(in crate::workflows) webhook: Option<WebhookView>,
    /// Whether it is a contact's reply.
    reply: bool,
    /// What runs are started with; all of what came if absent.
    data: Mapping,
    /// When it was made.
    created_at: Time,
}

/// A webhook.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkflowWebhook")]
pub(in crate::workflows) struct WebhookView {
    /// Where it is sent to.
    pub(in crate::workflows) url: String,
    /// How it is known who calls.
    pub(in crate::workflows) check: &'static str,
    /// By which stored secret.
    secret_id: SecretId,
    /// Where in the body it says for whom.
    to: To,
    /// Where in the body it says what its sender calls it.
    id: Option<Path>,
}

/// Everything that begins runs of a workflow.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkflowTriggers")]
struct List {
    /// All of it.
    data: Vec<TriggerView>,
}

impl TriggerView {
    pub(in crate::workflows) fn of(workflows: &Workflows, ctx: &Ctx, trigger: Trigger) -> Self {
        let Trigger { id, workflow, source, data, created_at } = trigger;
        let reply = matches!(source, Source::Reply);
        let (event, webhook) = match source {
            Source::Reply => (None, None),
            Source::Event(event) => (Some(event), None),
            Source::Webhook(Webhook { check, secret, to, id: path }) => {
                let url = workflows.links.of(ctx, id);
                (None, Some(WebhookView { url, check: check.name(), secret_id: secret, to, id: path }))
            }
        };
        Self { id, workflow_id: workflow, event, webhook, reply, data, created_at }
    }
}

impl Body {
    /// What is wanted, of somebody who may want it.
    fn wanted(self, caller: &Caller) -> Result<NewTrigger, Refusal> {
        let Self { event, webhook, reply, data } = self;
        let source = match (event, webhook, reply) {
            (Some(event), None, false) => Source::Event(event),
            (None, Some(WebhookBody { check: CheckName(check), secret, to, id }), false) => {
                secrets::may_refer(caller)?;
                Source::Webhook(Webhook { check, secret: secret.secret, to, id })
            }
            (None, None, true) => Source::Reply,
            _ => return Err(Refusal::of(&BODY_INVALID).at("/event", "either_event_or_webhook_or_reply")),
        };
        Ok(NewTrigger { source, data })
    }
}

fn create(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/v1/workflows/{id}/triggers")
        .needs(WORKFLOWS_WRITE)
        .class(Class::Write)
        .acts("workflow.add_trigger")
        .summary("Have something begin runs of a workflow")
        .describe(
            "An event begins a run whenever it is fired in this environment, in the transaction that accepts its message. A webhook has \
             an address of its own, and begins one run for each thing that comes in signed, however often that comes. A \
             reply begins a run if no run of the contact waits for it. Who names a stored secret needs `secrets:manage`, too.",
        )
        .takes::<Body>()
        .answers::<TriggerView>(201)
        .refuses(&[&TRIGGER_INVALID])
        .example(json!({ "event": "otp.login", "data": { "code": { "field": "/data/code" } } }))
        .to(move |call: Call<Body>| {
            let workflows = workflows.clone();
            async move {
                let id = call.id("id")?;
                let (call, body) = call.take_body();
                let new = body.wanted(&call.caller)?;
                let (views, ctx) = (workflows.clone(), call.ctx.clone());
                let written = call.write(workflows.store(), move |tx| {
                    let created = triggers::create(tx, id, new)?;
                    let reply = Reply::json(201, &TriggerView::of(&views, &ctx, created.value().clone()))?;
                    Ok(created.map(|_| reply))
                });
                let reply = written.await?;
                workflows.changed(&call.ctx);
                Ok(reply)
            }
        })
}

fn list(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/v1/workflows/{id}/triggers")
        .needs(WORKFLOWS_READ)
        .class(Class::Read)
        .summary("List what begins runs of a workflow")
        .answers::<List>(200)
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move {
                let found = workflows.triggers(&call.ctx, call.id("id")?).await?;
                let view = |trigger| TriggerView::of(&workflows, &call.ctx, trigger);
                Ok(Reply::ok(&List { data: found.into_iter().map(view).collect() })?)
            }
        })
}

fn remove(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    delete("/v1/workflow-triggers/{id}")
        .needs(WORKFLOWS_WRITE)
        .class(Class::Write)
        .acts("workflow.remove_trigger")
        .summary("Take away what begins runs of a workflow")
        .describe("What it began goes on. A webhook's address answers 404 from now on.")
        .answers_with(204, "")
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move {
                let id = call.id("id")?;
                let remove =
                    call.write(workflows.store(), move |tx| Ok(triggers::remove(tx, id)?.map(|()| Reply::empty())));
                let reply = remove.await?;
                workflows.changed(&call.ctx);
                Ok(reply)
            }
        })
}
