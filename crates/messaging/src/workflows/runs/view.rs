//! How runs are shown: masked, unless the viewer has leave to see.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use sealpost_govern::masking::structure;
use sealpost_seal::View;
use sealpost_seal::viewer::Viewer;
use sealpost_store::{ContactId, Ctx, MessageId, StoreError, Time, WorkflowId, WorkflowRunId};
use serde::Serialize;
use serde_json::{Map, Value};

use super::store;
use crate::events::Class;
use crate::storage::Mode;
use crate::workflows::definition::Definition;
use crate::workflows::model::{Run, RunState, Step, StepState};
use crate::workflows::{Workflows, rules, store as workflows};

/// The rule by which nothing of a run is there.
const ERASED: &str = "erased";

/// A run.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkflowRunView")]
pub(in crate::workflows) struct RunView {
    /// Its id.
    pub(in crate::workflows) id: WorkflowRunId,
    /// `test` or `live`.
    environment: &'static str,
    /// Where it stands.
    pub(in crate::workflows) state: RunState,
    /// Why, as a code; of a run that is done, what it came to.
    pub(in crate::workflows) reason: Option<String>,
    /// Of what.
    pub(in crate::workflows) workflow_id: WorkflowId,
    /// The version it began with, and ends with.
    pub(in crate::workflows) version: u32,
    /// For whom.
    pub(in crate::workflows) contact_id: ContactId,
    /// The node it is at.
    pub(in crate::workflows) node: String,
    /// Until when it rests.
    pub(in crate::workflows) wakes_at: Option<Time>,
    /// `otp`, `transactional` or `marketing`.
    pub(in crate::workflows) class: Class,
    /// What of it is stored for how long, as it was decided when it began.
    pub(in crate::workflows) storage: Mode,
    /// What it was started with: its keys, with masked values. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::workflows) data: Option<Value>,
    /// What became of its nodes so far, in order. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::workflows) steps: Option<Vec<StepView>>,
    /// When it began.
    pub(in crate::workflows) created_at: Time,
    /// When it came to its state.
    pub(in crate::workflows) updated_at: Time,
}

/// What became of a node.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkflowStepView")]
pub(crate) struct StepView {
    /// Which.
    pub(crate) node: String,
    /// `send`, `call`, `condition`, `delay`, `wait` or `end`.
    pub(crate) kind: String,
    /// What became of it.
    pub(crate) state: StepState,
    /// How often it was tried.
    pub(crate) attempt: u32,
    /// A code that says more.
    pub(crate) detail: Option<String>,
    /// What an endpoint answered.
    pub(crate) status: Option<u16>,
    /// What was sent.
    pub(crate) message_id: Option<MessageId>,
    /// What an endpoint answered, if another node asks for it: its keys, with masked values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<Value>,
    /// When the run came to it.
    pub(crate) started_at: Time,
    /// When that became of it.
    pub(crate) updated_at: Time,
}

/// Makes views of runs.
pub(in crate::workflows) struct Views<'v>(pub(in crate::workflows) &'v Workflows);

impl Views<'_> {
    /// The run in a list: nothing personal is in it.
    pub(in crate::workflows) fn brief(&self, ctx: &Ctx, run: &Run) -> RunView {
        view(ctx, run, None, None)
    }

    /// The whole run, as `ctx`'s viewer may see it.
    pub(in crate::workflows) async fn full(&self, ctx: &Ctx, run: &Run) -> Result<RunView, StoreError> {
        let opened = self.opened(ctx, run).await?;
        self.of(ctx, &ctx.viewer, run, opened).await
    }

    /// The whole run with what was opened of it, as `viewer` may see it.
    pub(in crate::workflows) async fn of(
        &self,
        ctx: &Ctx,
        viewer: &Viewer,
        run: &Run,
        opened: Known,
    ) -> Result<RunView, StoreError> {
        let (data, answers) = match opened {
            Ok((data, answers)) => (clear(viewer, data), answers),
            Err(rule) => (not_stored(rule), Map::new()),
        };
        let steps = self.steps(ctx, run).await?.into_iter().map(|step| {
            let answer = answers.get(&step.node).and_then(|answer| answer.get("body"));
            StepView::of(step, answer.map(|body| structure(viewer, body.clone())))
        });
        Ok(view(ctx, run, Some(data), Some(steps.collect())))
    }

    /// What became of its nodes, in order.
    pub(super) async fn steps(&self, ctx: &Ctx, run: &Run) -> Result<Vec<Step>, StoreError> {
        let (id, workflow, version) = (run.id, run.workflow, run.version);
        let found = self.0.store().read::<_, StoreError>(ctx, move |tx| {
            let version = workflows::version(tx, workflow, version)?;
            let definition = version.ok_or(StoreError::Missing("workflow_version"))?.definition;
            Ok((store::steps(tx, id)?, definition))
        });
        let (steps, definition) = found.await?;
        Ok(in_order(steps, &definition))
    }

    /// What it was started with and what was answered, or the rule by which that isn't there.
    pub(super) async fn opened(&self, ctx: &Ctx, run: &Run) -> Result<Known, StoreError> {
        if let Some(gone) = run.gone {
            return Ok(Err(gone.rule()));
        }
        if run.payload.is_none() {
            return Ok(Err(ERASED));
        }
        match self.0.key_of(ctx, run).await? {
            Some(key) => key.open_both(ctx.org, run).map(Ok),
            None => Ok(Err(ERASED)),
        }
    }
}

/// What is opened of a run, or the rule by which that isn't there.
pub(in crate::workflows) type Known = Result<(Map<String, Value>, Map<String, Value>), &'static str>;

/// What a run knows, as `viewer` may see it.
pub(in crate::workflows) fn clear(viewer: &Viewer, known: Map<String, Value>) -> Value {
    structure(viewer, Value::Object(known))
}

/// In place of what isn't there, the rule by which it isn't.
pub(super) fn not_stored(rule: &'static str) -> Value {
    serde_json::to_value(View::NotStored(rule)).unwrap_or(Value::Null)
}

/// In the order in which the run came to them: two of the same moment stand as their nodes follow each other.
fn in_order(mut steps: Vec<Step>, definition: &Definition) -> Vec<Step> {
    let layers: BTreeMap<&str, usize> = rules::layers(definition).into_iter().collect();
    steps.sort_by_key(|step| layers.get(step.node.as_str()).copied());
    steps
}

impl StepView {
    pub(super) fn of(step: Step, answer: Option<Value>) -> Self {
        let Step { node, kind, state, attempt, detail, status, message, started_at, updated_at } = step;
        Self { node, kind, state, attempt, detail, status, message_id: message, answer, started_at, updated_at }
    }
}

fn view(ctx: &Ctx, run: &Run, data: Option<Value>, steps: Option<Vec<StepView>>) -> RunView {
    RunView {
        id: run.id,
        environment: ctx.org.environment.as_str(),
        state: run.state,
        reason: run.reason.clone(),
        workflow_id: run.workflow,
        version: run.version,
        contact_id: run.contact,
        node: run.node.clone(),
        wakes_at: run.wakes_at,
        class: run.class,
        storage: run.storage,
        data,
        steps,
        created_at: run.created_at,
        updated_at: run.updated_at,
    }
}
