//! `/v1/workflows`

use schemars::JsonSchema;
use sealpost_access::permissions::{WORKFLOWS_READ, WORKFLOWS_WRITE};
use sealpost_govern::approvals;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_govern::audit::TypedId;
use sealpost_store::{Ctx, Time, WorkflowId};
use sealpost_web::{Call, Class, Endpoint, Failure, Page, PageQuery, Reply, get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::example;
use crate::cursor;
use crate::label::Label;
use crate::versions::{Author, Authors, Promoted, authors_of};
use crate::workflows::codes::{
    WORKFLOW_EXISTS, WORKFLOW_INVALID, WORKFLOW_MOVED, WORKFLOW_NOT_READY, WORKFLOW_VERSION_UNKNOWN,
};
use crate::workflows::definition::Definition;
use crate::workflows::model::{NewWorkflow, Workflow, WorkflowVersion};
use crate::workflows::{Workflows, promotion, service};

pub(super) fn routes(workflows: &Workflows) -> Vec<Endpoint> {
    vec![create(workflows), list(workflows), show(workflows), draft(workflows), promote(workflows)]
}

/// A new workflow with its first version, which is not in force yet.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewWorkflow")]
struct NewBody {
    /// What it is called.
    name: Label,
    /// What its first version says.
    definition: Definition,
}

/// A new version of a workflow.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewWorkflowVersion")]
struct VersionBody {
    /// What it says.
    definition: Definition,
}

/// Which version is to be in force.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkflowPromotion")]
struct PromoteBody {
    /// That one: newer or older than the one that is.
    #[schemars(range(min = 1))]
    version: u32,
    /// The one that is in force now, as far as you know; 0: none. Another one is not replaced.
    expected: u32,
}

/// A workflow.
#[derive(Serialize, JsonSchema)]
struct WorkflowView {
    /// Its id.
    id: WorkflowId,
    /// `test` or `live`.
    environment: &'static str,
    /// What it is called.
    name: String,
    /// Its newest version.
    version: u32,
    /// The version that new runs begin with; 0: none.
    live_version: u32,
    /// When it was made.
    created_at: Time,
}

/// A version of a workflow.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkflowVersionView")]
struct VersionView {
    /// Its number, from 1.
    version: u32,
    /// What it says.
    definition: Definition,
    /// When it was made.
    created_at: Time,
    /// Who wrote it: a member, or a key. Nothing of versions from before this was kept.
    written_by: Option<TypedId>,
    /// Since when it has been in force for the first time, if it ever was.
    released_at: Option<Time>,
}

/// A workflow with its newest versions.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FullWorkflowView")]
struct FullView {
    #[serde(flatten)]
    workflow: WorkflowView,
    /// Versions, newest first: the newest hundred.
    versions: Vec<VersionView>,
}

impl WorkflowView {
    fn of(ctx: &Ctx, workflow: &Workflow) -> Self {
        let Workflow { id, name, version, live_version, promotions: _, created_at } = workflow.clone();
        Self { id, environment: ctx.org.environment.as_str(), name, version, live_version, created_at }
    }
}

impl From<&WorkflowVersion> for VersionView {
    fn from(version: &WorkflowVersion) -> Self {
        let WorkflowVersion { version, definition, created_at, released_at } = version.clone();
        Self { version, definition, created_at, released_at, written_by: None }
    }
}

impl VersionView {
    /// With who wrote it.
    fn by(self, authors: &Authors) -> Self {
        Self { written_by: authors.get(&self.version).and_then(Author::named), ..self }
    }
}

fn create(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/v1/workflows")
        .needs(WORKFLOWS_WRITE)
        .class(Class::Write)
        .acts("workflow.create")
        .summary("Create a workflow with its first version")
        .describe("Nothing of it is in force until a version is promoted. What can't be run is refused; every place names the node.")
        .takes::<NewBody>()
        .answers::<WorkflowView>(201)
        .refuses(&[&WORKFLOW_EXISTS, &WORKFLOW_INVALID])
        .example(json!({ "name": "visit.follow-up", "definition": example() }))
        .to(move |call: Call<NewBody>| {
            let workflows = workflows.clone();
            async move {
                let (call, NewBody { name, definition }) = call.take_body();
                let ctx = call.ctx.clone();
                let written = call.write(workflows.store(), move |tx| {
                    let created = service::create(tx, NewWorkflow { name, definition })?;
                    let view = WorkflowView::of(&ctx, created.value());
                    let reply = Reply::json(201, &view)?.location(&format!("/v1/workflows/{}", view.id));
                    Ok(created.map(|_| reply))
                });
                written.await
            }
        })
}

fn draft(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/v1/workflows/{id}/versions")
        .needs(WORKFLOWS_WRITE)
        .class(Class::Write)
        .acts("workflow.draft")
        .summary("Add a version to a workflow")
        .describe("The version in force stays in force until another is promoted.")
        .takes::<VersionBody>()
        .answers::<VersionView>(201)
        .refuses(&[&WORKFLOW_INVALID])
        .example(json!({ "definition": example() }))
        .to(move |call: Call<VersionBody>| {
            let workflows = workflows.clone();
            async move {
                let id = call.id("id")?;
                let (call, VersionBody { definition }) = call.take_body();
                let written = call.write(workflows.store(), move |tx| {
                    let drafted = service::draft(tx, id, definition)?;
                    let reply = Reply::json(201, &VersionView::from(drafted.value()))?;
                    Ok(drafted.map(|_| reply))
                });
                written.await
            }
        })
}

fn promote(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/v1/workflows/{id}/promote")
        .needs(WORKFLOWS_WRITE)
        .class(Class::Write)
        .acts("workflow.promote")
        .summary("Put a version of a workflow in force")
        .describe(
            "A newer one, or an older one to go back. New runs begin with it; runs that are under way keep theirs. In live, where workflows \
             take an approval, a version that was never in force waits for one: then the answer is `202` with what waits.",
        )
        .takes::<PromoteBody>()
        .answers::<WorkflowView>(200)
        .also_answers(202, "application/json")
        .refuses(&[&WORKFLOW_MOVED, &WORKFLOW_NOT_READY, &WORKFLOW_VERSION_UNKNOWN, &APPROVAL_PERSON_UNKNOWN])
        .example(json!({ "version": 1, "expected": 0 }))
        .to(move |call: Call<PromoteBody>| {
            let workflows = workflows.clone();
            async move {
                let id = call.id("id")?;
                let PromoteBody { version, expected } = call.body;
                workflows.expect_ready(&call.ctx, id, version).await?;
                let ctx = call.ctx.clone();
                let keys = workflows.store().keys().organisation(ctx.org.id).await?;
                let written = call.write(workflows.store(), move |tx| {
                    let promoted = promotion::promote(tx, &keys, id, version, expected)?;
                    let reply = match promoted.value() {
                        Promoted::Waits(approval) => approvals::accepted(approval)?,
                        Promoted::InForce(workflow) => Reply::json(200, &WorkflowView::of(&ctx, workflow))?,
                    };
                    Ok(promoted.map(|_| reply))
                });
                let reply = written.await?;
                workflows.changed(&call.ctx);
                Ok(reply)
            }
        })
}

fn list(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/v1/workflows")
        .needs(WORKFLOWS_READ)
        .class(Class::Read)
        .summary("List workflows, newest first")
        .queries::<PageQuery>()
        .answers::<Page<WorkflowView>>(200)
        .to(move |call: Call<(), PageQuery>| handle_list(workflows.clone(), call))
}

async fn handle_list(workflows: Workflows, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(workflows.store().keys(), &(), call.query.limit)?;
    let before = cursor::behind(&listing, call.query.cursor.as_deref(), WorkflowId::from_bytes)?;
    let rows = workflows.list(&call.ctx, before, listing.fetch()).await?;
    let page = listing.page(rows, |row| row.id.bytes().to_vec(), |row| WorkflowView::of(&call.ctx, &row));
    Ok(Reply::ok(&page)?)
}

fn show(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/v1/workflows/{id}")
        .needs(WORKFLOWS_READ)
        .class(Class::Read)
        .summary("Read a workflow with its newest versions")
        .answers::<FullView>(200)
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move {
                let id = call.id("id")?;
                let workflow = workflows.find(&call.ctx, id).await?;
                let versions = workflows.versions(&call.ctx, id).await?;
                let authors = authors_of(workflows.store(), &call.ctx, workflow.id.bytes()).await?;
                let workflow = WorkflowView::of(&call.ctx, &workflow);
                let versions = versions.iter().map(|version| VersionView::from(version).by(&authors)).collect();
                Ok(Reply::ok(&FullView { workflow, versions })?)
            }
        })
}
