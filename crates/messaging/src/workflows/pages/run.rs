//! `GET /app/{env}/workflow-runs`, `GET /app/{env}/workflow-runs/{id}`

use schemars::JsonSchema;
use sealpost_access::permissions::{DATA_REVEAL, WORKFLOWS_READ, WORKFLOWS_RUN};
use sealpost_store::{WorkflowId, WorkflowRunId};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Ident, Masked, Pager, Shape, State as Badge, Tone, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::graph::Graph;
use super::words;
use crate::cursor;
use crate::workflows::Workflows;
use crate::workflows::model::{Run, RunState};
use crate::workflows::runs::{RunView, StepView, Views};

/// Which runs.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkflowRunPageQuery")]
pub(super) struct Query {
    /// Of this workflow only.
    workflow_id: Option<WorkflowId>,
    /// How many at most: 1 to 250.
    #[schemars(range(min = 1, max = 250))]
    limit: Option<u16>,
    /// Where the page before ended.
    cursor: Option<String>,
}

/// The list.
#[derive(askama::Template)]
#[template(path = "workflows/pages/runs.html")]
pub(super) struct RunsPage {
    pub(super) list: String,
    pub(super) rows: Vec<RunRow>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// A run in a list.
pub(super) struct RunRow {
    pub(super) href: String,
    pub(super) id: WorkflowRunId,
    pub(super) of: String,
    pub(super) state: Badge,
    pub(super) node: String,
    pub(super) began: When,
}

/// One run.
#[derive(askama::Template)]
#[template(path = "workflows/pages/run.html")]
pub(super) struct RunPage {
    pub(super) list: String,
    pub(super) name: String,
    pub(super) workflow: String,
    pub(super) state: Badge,
    pub(super) reason: Option<String>,
    pub(super) id: Ident,
    pub(super) steps: Vec<StepLine>,
    pub(super) graph: Graph,
    pub(super) data: Vec<(String, Masked)>,
    pub(super) not_stored: Option<Masked>,
    pub(super) answers: Vec<(String, Masked)>,
    pub(super) facts: Facts,
    pub(super) cancel: Option<String>,
    pub(super) retry: Option<String>,
    pub(super) reveal: Option<String>,
    pub(super) shown: Option<Shown>,
}

/// That clear values are on the page.
pub(super) struct Shown {
    /// The request on record.
    pub(super) request: String,
    /// For how long.
    pub(super) seconds: u32,
}

/// What became of a node.
pub(super) struct StepLine {
    pub(super) says: String,
    pub(super) adds: String,
    pub(super) message: Option<(String, Option<String>)>,
    pub(super) shape: Shape,
    pub(super) tone: Tone,
    pub(super) at: When,
}

/// What else is known of it.
pub(super) struct Facts {
    pub(super) contact: (String, Option<String>),
    pub(super) version: u32,
    pub(super) class: &'static str,
    pub(super) storage: &'static str,
    pub(super) wakes: Option<When>,
    pub(super) began: When,
}

pub(super) fn row<B, Q>(call: &Call<B, Q>, run: &Run, of: &str) -> RunRow {
    RunRow {
        href: call.at(&format!("/workflow-runs/{}", run.id)),
        id: run.id,
        of: of.to_owned(),
        state: words::badge(run.state),
        node: run.node.clone(),
        began: When::new(run.created_at, call.ctx.now()),
    }
}

pub(super) fn runs(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/app/{env}/workflow-runs")
        .needs(WORKFLOWS_READ)
        .page()
        .class(Class::Read)
        .summary("Runs of workflows, newest first")
        .queries::<Query>()
        .to(move |call: Call<(), Query>| handle_list(workflows.clone(), call))
}

async fn handle_list(workflows: Workflows, call: Call<(), Query>) -> Result<Reply, Failure> {
    let of = call.query.workflow_id;
    let listing = call.listing(workflows.store().keys(), &of, call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let before = cursor::behind(&listing, cursor, WorkflowRunId::from_bytes)?;
    let found = workflows.list_runs(&call.ctx, of, before, listing.fetch()).await?;
    let names = workflows.names(&call.ctx, found.iter().map(|run| run.workflow).collect()).await?;
    let page = listing.page(
        found,
        |run| run.id.bytes().to_vec(),
        |run| row(&call, &run, names.get(&run.workflow).map_or("", String::as_str)),
    );
    let kept = of.map(|of| format!("workflow_id={of}")).unwrap_or_default();
    let content = RunsPage {
        list: call.at("/workflows"),
        pager: Pager::new(&call.at("/workflow-runs"), &kept, cursor, page.next_cursor.as_deref()),
        rows: page.data,
        empty: empty(),
    };
    call.show("Runs", &content)
}

pub(super) fn empty() -> Empty {
    Empty::new(
        Icon::Flow,
        "No run yet",
        "A run is one workflow on its way for one contact. Your program begins it by name.",
    )
}

pub(super) fn show(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/app/{env}/workflow-runs/{id}")
        .needs(WORKFLOWS_READ)
        .page()
        .class(Class::Read)
        .summary("A run with its steps, masked")
        .to(move |call: Call| handle(workflows.clone(), call))
}

async fn handle(workflows: Workflows, call: Call) -> Result<Reply, Failure> {
    let run = workflows.find_run(&call.ctx, call.id("id")?).await?;
    let view = Views(&workflows).full(&call.ctx, &run).await?;
    let page = page(&workflows, &call, &run, view, None).await?;
    call.show(&page.name, &page)
}

/// The page of a run, with these of its values.
pub(super) async fn page<B, Q>(
    workflows: &Workflows,
    call: &Call<B, Q>,
    run: &Run,
    view: RunView,
    shown: Option<Shown>,
) -> Result<RunPage, Failure> {
    let (ctx, now) = (&call.ctx, call.ctx.now());
    let definition = workflows.version(ctx, run.workflow, run.version).await?.definition;
    let name = workflows.find(ctx, run.workflow).await?.name;
    let steps = view.steps.unwrap_or_default();
    let mut come_by: Vec<&str> = steps.iter().map(|step| step.node.as_str()).filter(|node| *node != run.node).collect();
    come_by.push(&run.node);
    let (mut data, mut answers) = (Vec::new(), Vec::new());
    let gone = view.data.as_ref().filter(|data| data.get("rule").is_some_and(Value::is_string)).cloned();
    if let (None, Some(Value::Object(map))) = (&gone, &view.data) {
        map.iter().for_each(|(name, value)| walk(name.clone(), value, &mut data));
    }
    for step in &steps {
        if let Some(answer) = &step.answer {
            walk(step.node.clone(), answer, &mut answers);
        }
    }
    let acts = call.caller.permissions.contains(WORKFLOWS_RUN);
    let looks = call.caller.permissions.contains(DATA_REVEAL);
    let at = |act: &str| call.at(&format!("/workflow-runs/{}/{act}", run.id));
    Ok(RunPage {
        list: call.at("/workflow-runs"),
        workflow: call.at(&format!("/workflows/{}", run.workflow)),
        state: words::badge(run.state),
        reason: run.reason.as_deref().map(words::spaced),
        id: Ident::new(run.id),
        graph: Graph::of(&definition, &come_by),
        steps: steps.iter().map(|step| line(call, step)).collect(),
        data,
        not_stored: gone.as_ref().map(Masked::from_json),
        answers,
        facts: Facts {
            contact: (run.contact.to_string(), call.page_of(&run.contact.to_string())),
            version: run.version,
            class: run.class.as_str(),
            storage: words::storage(run.storage),
            wakes: run.wakes_at.map(|at| When::new(at, now)),
            began: When::new(run.created_at, now),
        },
        cancel: (acts && !run.state.is_over()).then(|| at("cancel")),
        retry: (acts && run.state == RunState::Failed && run.payload.is_some()).then(|| at("retry")),
        reveal: (shown.is_none() && looks && run.gone.is_none() && run.payload.is_some()).then(|| at("reveal")),
        shown,
        name,
    })
}

fn line<B, Q>(call: &Call<B, Q>, step: &StepView) -> StepLine {
    let (word, shape, tone) = words::step(step.state);
    let parts = [
        step.detail.as_deref().map(words::spaced),
        step.status.map(|status| format!("answered with {status}")),
        (step.attempt > 1).then(|| format!("attempt {}", step.attempt)),
    ];
    StepLine {
        says: format!("{}: {} {word}", step.node, step.kind),
        adds: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        message: step.message_id.map(|id| (id.to_string(), call.page_of(&id.to_string()))),
        shape,
        tone,
        at: When::new(step.updated_at, call.ctx.now()),
    }
}

fn walk(path: String, value: &Value, into: &mut Vec<(String, Masked)>) {
    match value {
        Value::Object(view) if view.contains_key("display") => into.push((path, Masked::from_json(value))),
        Value::Object(map) => map.iter().for_each(|(name, value)| walk(format!("{path}.{name}"), value, into)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| walk(format!("{path}[{at}]"), value, into));
        }
        scalar => into.push((path, Masked::from_json(scalar))),
    }
}
