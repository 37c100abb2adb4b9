//! The card on a workflow's page that says what begins its runs.

use askama::Template;
use askama::filters::HtmlSafe;
use sealpost_access::permissions::WORKFLOWS_WRITE;
use sealpost_access::secrets::may_refer;
use sealpost_store::WorkflowTriggerId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Line, When};
use sealpost_web::{Call, Failure};

use super::mapping;
use super::webhook::kind;
use crate::workflows::Workflows;
use crate::workflows::model::Workflow;
use crate::workflows::triggers::{Known, Source};

/// What begins runs of a workflow.
#[derive(Clone, Debug, Template)]
#[template(path = "workflows/pages/triggers/card.html")]
pub(in crate::workflows::pages) struct Begun {
    /// The body of a request that does.
    pub(in crate::workflows::pages) start: Line,
    pub(in crate::workflows::pages) triggers: Vec<TriggerLine>,
    /// Where an event is added.
    pub(in crate::workflows::pages) event: Option<String>,
    /// Where replies are added.
    pub(in crate::workflows::pages) reply: Option<String>,
    /// Where a webhook is added.
    pub(in crate::workflows::pages) webhook: Option<String>,
}

impl HtmlSafe for Begun {}

/// An event, a webhook, or a reply.
#[derive(Clone, Debug)]
pub(in crate::workflows::pages) struct TriggerLine {
    pub(in crate::workflows::pages) id: WorkflowTriggerId,
    /// The event; nothing if it is a webhook or a reply.
    pub(in crate::workflows::pages) event: Option<String>,
    pub(in crate::workflows::pages) webhook: Option<WebhookLine>,
    /// What runs are started with; all of what came if there is no line.
    pub(in crate::workflows::pages) data: Vec<String>,
    pub(in crate::workflows::pages) made: When,
    pub(in crate::workflows::pages) remove: Option<String>,
}

/// How a webhook is reached, believed and read.
#[derive(Clone, Debug)]
pub(in crate::workflows::pages) struct WebhookLine {
    pub(in crate::workflows::pages) url: Line,
    pub(in crate::workflows::pages) check: &'static str,
    /// The stored secret's name, and where its page is for whoever may see it.
    pub(in crate::workflows::pages) secret: Option<(String, Option<String>)>,
    /// What says for whom, and where.
    pub(in crate::workflows::pages) to: (&'static str, String),
    /// Where it says what its sender calls it.
    pub(in crate::workflows::pages) id: Option<String>,
}

impl Begun {
    /// Of a workflow, as whoever looks may see it.
    pub(in crate::workflows::pages) async fn of(
        workflows: &Workflows,
        call: &Call,
        workflow: &Workflow,
    ) -> Result<Self, Failure> {
        let may_write = call.caller.permissions.contains(WORKFLOWS_WRITE);
        let may_name = may_write && may_refer(&call.caller).is_ok();
        let known = workflows.known_triggers(&call.ctx, workflow.id).await?;
        let add = |what: &str| call.at(&format!("/workflows/{}/triggers/{what}", workflow.id));
        Ok(Self {
            start: Line::new(format!(
                r#"{{ "workflow": "{}", "to": {{ "phone": "+15550100124" }}, "data": {{}} }}"#,
                workflow.name
            )),
            triggers: known.into_iter().map(|known| line(workflows, call, known, may_write)).collect(),
            reply: may_write.then(|| add("reply")),
            event: may_write.then(|| add("event")),
            webhook: may_name.then(|| add("webhook")),
        })
    }
}

fn line(workflows: &Workflows, call: &Call, Known { trigger, secret }: Known, may_write: bool) -> TriggerLine {
    let id = trigger.id;
    let (event, webhook) = match trigger.source {
        Source::Event(event) => (Some(event), None),
        Source::Reply => (None, None),
        Source::Webhook(webhook) => {
            let (part, path) = webhook.to.parts();
            let line = WebhookLine {
                url: Line::new(workflows.links.of(&call.ctx, id)),
                check: webhook.check.name(),
                secret: secret.map(|name| (name, call.page_of(&webhook.secret.to_string()))),
                to: (kind(part), path.as_str().to_owned()),
                id: webhook.id.map(|path| path.as_str().to_owned()),
            };
            (None, Some(line))
        }
    };
    TriggerLine {
        id,
        event,
        webhook,
        data: mapping::written(&trigger.data),
        made: When::new(trigger.created_at, call.ctx.now()),
        remove: may_write.then(|| call.at(&format!("/workflow-triggers/{id}/remove"))),
    }
}
