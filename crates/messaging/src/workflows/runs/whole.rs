//! Everything held about runs, for whoever may have all of it: the person's own copy.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use sealpost_seal::viewer::Viewer;
use sealpost_store::{ContactId, Ctx, StoreError, Time, Tx, WorkflowId, WorkflowRunId};
use serde::Serialize;
use serde_json::Value;

use super::store;
use super::view::{StepView, Views, clear, not_stored};
use crate::events::Class;
use crate::workflows::Workflows;
use crate::workflows::model::{Run, RunState};

/// The rule by which something can't be shown: what is stored isn't what was sealed.
const DAMAGED: &str = "damaged";

/// A run with everything that is held about it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HeldWorkflowRun")]
pub(crate) struct WholeRun {
    /// Its id.
    pub(crate) id: WorkflowRunId,
    /// Of what.
    pub(crate) workflow_id: WorkflowId,
    /// What that is called.
    pub(crate) workflow: Option<String>,
    /// The version it began with.
    pub(crate) version: u32,
    /// Where it stands.
    pub(crate) state: RunState,
    /// Why, as a code; of a run that is done, what it came to.
    pub(crate) reason: Option<String>,
    /// `otp`, `transactional` or `marketing`.
    pub(crate) class: Class,
    /// The node it is at.
    pub(crate) node: String,
    /// What it was started with, or by which rule that isn't stored.
    pub(crate) data: Value,
    /// What its calls were answered, by node, as far as that was kept; or by which rule it isn't stored.
    pub(crate) answers: Value,
    /// By which rule data and answers are not stored; nothing if they are.
    pub(crate) not_stored: Option<&'static str>,
    /// What became of its nodes, in order.
    pub(crate) steps: Vec<StepView>,
    /// When it began.
    pub(crate) created_at: Time,
    /// When it came to its state.
    pub(crate) updated_at: Time,
}

impl Workflows {
    /// Everything held about up to `limit` runs before `before` for somebody who is all of these contacts, newest first, as `viewer` may
    /// see it.
    pub(crate) async fn whole(
        &self,
        ctx: &Ctx,
        viewer: &Viewer,
        person: &[ContactId],
        before: WorkflowRunId,
        limit: u32,
    ) -> Result<Vec<WholeRun>, StoreError> {
        let person = person.to_vec();
        let runs =
            self.store().read::<_, StoreError>(ctx, move |tx| store::page_for(tx, &person, before, limit)).await?;
        let names = self.names(ctx, runs.iter().map(|run| run.workflow).collect::<BTreeSet<_>>()).await?;
        let mut all = Vec::with_capacity(runs.len());
        for run in runs {
            let name = names.get(&run.workflow).cloned();
            all.push(self.one(ctx, viewer, run, name).await?);
        }
        Ok(all)
    }

    async fn one(
        &self,
        ctx: &Ctx,
        viewer: &Viewer,
        run: Run,
        workflow: Option<String>,
    ) -> Result<WholeRun, StoreError> {
        let views = Views(self);
        let steps = views.steps(ctx, &run).await?;
        let opened = match views.opened(ctx, &run).await {
            // Whatever else there is goes out all the same.
            Err(StoreError::Unopenable) => {
                tracing::error!(run = %run.id, "workflow_run.unopenable");
                Err(DAMAGED)
            }
            opened => opened?,
        };
        let rule = opened.as_ref().err().copied();
        let (data, answers) = match opened {
            Ok((data, answers)) => (clear(viewer, data), clear(viewer, answers)),
            Err(rule) => (not_stored(rule), not_stored(rule)),
        };
        Ok(WholeRun {
            id: run.id,
            workflow_id: run.workflow,
            workflow,
            version: run.version,
            state: run.state,
            reason: run.reason,
            class: run.class,
            node: run.node,
            data,
            answers,
            not_stored: rule,
            steps: steps.into_iter().map(|step| StepView::of(step, None)).collect(),
            created_at: run.created_at,
            updated_at: run.updated_at,
        })
    }

    /// For whom a run is, if it is one of this environment.
    pub(crate) async fn contact_of(&self, ctx: &Ctx, id: WorkflowRunId) -> Result<Option<ContactId>, StoreError> {
        self.store().read(ctx, move |tx: &mut Tx<'_>| Ok(store::find(tx, id)?.map(|run| run.contact))).await
    }
}
