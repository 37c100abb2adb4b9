//! `GET` and `POST /app/{env}/workflows/{id}/promote`

use schemars::JsonSchema;
use sealpost_access::permissions::WORKFLOWS_WRITE;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_store::WorkflowId;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::edit::spelled_out;
use crate::versions::Promoted;
use crate::workflows::codes::{WORKFLOW_MOVED, WORKFLOW_NOT_READY, WORKFLOW_VERSION_UNKNOWN};
use crate::workflows::model::{Workflow, WorkflowVersion};
use crate::workflows::{Workflows, promotion};

/// Which version is to be in force, where which is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkflowPromotionForm")]
struct Form {
    version: u32,
    expected: u32,
}

pub(super) fn ask(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/app/{env}/workflows/{id}/promote")
        .needs(WORKFLOWS_WRITE)
        .page()
        .class(Limit::Read)
        .summary("Ask which version of a workflow is to be in force")
        .to(move |call: Call| {
            let workflows = workflows.clone();
            async move { question(&workflows, &call, call.id("id")?, None).await?.show(&call) }
        })
}

pub(super) fn promote(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    post("/app/{env}/workflows/{id}/promote")
        .needs(WORKFLOWS_WRITE)
        .session()
        .class(Limit::Write)
        .acts("workflow.promote")
        .done("Version in force")
        .summary("Put a version of a workflow in force")
        .takes_form::<Form>()
        .example(json!({ "version": 1, "expected": 0 }))
        .answers_with(303, "")
        .refuses(&[&WORKFLOW_MOVED, &WORKFLOW_NOT_READY, &WORKFLOW_VERSION_UNKNOWN, &APPROVAL_PERSON_UNKNOWN])
        .to(move |call: Call<Form>| handle(workflows.clone(), call))
}

async fn handle(workflows: Workflows, call: Call<Form>) -> Result<Reply, Failure> {
    let id: WorkflowId = call.id("id")?;
    let Form { version, expected } = call.body;
    let promoted = async {
        workflows.expect_ready(&call.ctx, id, version).await?;
        let keys = workflows.store().keys().organisation(call.ctx.org.id).await?;
        let (done, approvals) = (call.done(&format!("/workflows/{id}")), call.at("/approvals"));
        let promote = move |tx: &mut sealpost_store::Tx<'_>| {
            let promoted = promotion::promote(tx, &keys, id, version, expected)?;
            Ok(promoted.map(|promoted| match promoted {
                Promoted::InForce(_) => done,
                Promoted::Waits(approval) => Reply::see_other(&format!("{approvals}/{}", approval.id)),
            }))
        };
        call.write(workflows.store(), promote).await
    };
    match promoted.await {
        Ok(reply) => {
            workflows.changed(&call.ctx);
            Ok(reply)
        }
        Err(failure) => question(&workflows, &call, id, Some(version)).await?.again(&call, spelled_out(failure)),
    }
}

async fn question<B, Q>(
    workflows: &Workflows,
    call: &Call<B, Q>,
    id: WorkflowId,
    chosen: Option<u32>,
) -> Result<Ask, Failure> {
    let Workflow { live_version, .. } = workflows.find(&call.ctx, id).await?;
    let versions = workflows.versions(&call.ctx, id).await?;
    let choice = |version: &WorkflowVersion| {
        let live = if version.version == live_version { " (in force)" } else { "" };
        Choice::new(version.version, format!("Version {}{live}", version.version))
    };
    let chosen = chosen.or(versions.first().map(|version| version.version)).unwrap_or_default();
    let says = "New runs begin with it: a newer one, or an older one to go back. Runs that are under way keep theirs.";
    Ok(Ask::new(call, "Put a version in force", says, &format!("/workflows/{id}"))
        .field(
            Field::new("version", "Version")
                .kind(Kind::Choice(versions.iter().map(choice).collect()))
                .value(chosen.to_string()),
        )
        .hidden("expected", live_version.to_string())
        .submit("Put it in force"))
}
