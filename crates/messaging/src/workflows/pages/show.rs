//! `GET /app/{env}/workflows/{id}`

use sealpost_access::permissions::{WORKFLOWS_READ, WORKFLOWS_WRITE};
use sealpost_store::WorkflowId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Ident, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::graph::Graph;
use super::run::{RunRow, row};
use super::triggers::Begun;
use crate::versions::{By, authors_of};
use crate::workflows::Workflows;

/// Runs that are shown with their workflow.
const RUNS: u32 = 10;

/// One workflow.
#[derive(askama::Template)]
#[template(path = "workflows/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) list: String,
    pub(super) name: String,
    pub(super) id: Ident,
    /// The version in the picture, and whether that one is in force.
    pub(super) shown: (u32, bool),
    pub(super) graph: Graph,
    pub(super) class: &'static str,
    pub(super) versions: Vec<VersionLine>,
    pub(super) draft: Option<String>,
    pub(super) promote: Option<String>,
    pub(super) runs: Vec<RunRow>,
    pub(super) all_runs: String,
    pub(super) begun: Begun,
}

/// One version.
pub(super) struct VersionLine {
    pub(super) number: u32,
    pub(super) live: bool,
    /// Whether it was never in force.
    pub(super) is_draft: bool,
    pub(super) class: &'static str,
    pub(super) nodes: usize,
    pub(super) made: When,
    pub(super) by: By,
}

pub(super) fn show(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/app/{env}/workflows/{id}")
        .needs(WORKFLOWS_READ)
        .page()
        .class(Class::Read)
        .summary("A workflow with its picture, versions and newest runs")
        .to(move |call: Call| handle(workflows.clone(), call))
}

async fn handle(workflows: Workflows, call: Call) -> Result<Reply, Failure> {
    let id: WorkflowId = call.id("id")?;
    let workflow = workflows.find(&call.ctx, id).await?;
    let versions = workflows.versions(&call.ctx, id).await?;
    let authors = authors_of(workflows.store(), &call.ctx, id.bytes()).await?;
    let number = if workflow.live_version > 0 { workflow.live_version } else { workflow.version };
    let shown = workflows.version(&call.ctx, id, number).await?.definition;
    let runs = workflows.newest_runs(&call.ctx, id, RUNS).await?;
    let line = |version: &crate::workflows::WorkflowVersion| VersionLine {
        number: version.version,
        live: version.version == workflow.live_version,
        is_draft: version.released_at.is_none(),
        class: version.definition.class.as_str(),
        nodes: version.definition.nodes.len(),
        made: When::new(version.created_at, call.ctx.now()),
        by: By::of(&call, authors.get(&version.version)),
    };
    let begun = Begun::of(&workflows, &call, &workflow).await?;
    let may_write = call.caller.permissions.contains(WORKFLOWS_WRITE);
    let page = ShowPage {
        list: call.at("/workflows"),
        id: Ident::new(id),
        shown: (number, number == workflow.live_version),
        graph: Graph::of(&shown, &[]),
        class: shown.class.as_str(),
        versions: versions.iter().map(line).collect(),
        draft: may_write.then(|| call.at(&format!("/workflows/{id}/draft"))),
        promote: may_write.then(|| call.at(&format!("/workflows/{id}/promote"))),
        runs: runs.iter().map(|run| row(&call, run, &workflow.name)).collect(),
        all_runs: call.at(&format!("/workflow-runs?workflow_id={id}")),
        begun,
        name: workflow.name,
    };
    call.show(&page.name, &page)
}
