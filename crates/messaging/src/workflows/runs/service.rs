//! What can be done with runs.

use schemars::JsonSchema;
use sealpost_store::{Ctx, Leaf, NewJob, Recorded, StoreError, Tx, WorkflowId, WorkflowRunId, outbox};
use sealpost_web::{Call, Failure, IdempotencyKey, Refusal, Reply, not_found};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::begin::{Prepared, Wanted, begin};
use super::{JOB, store};
use crate::contacts::Recipient;
use crate::messages::codes::CONTACT_RACED;
use crate::storage::Mode;
use crate::workflows::codes::{RUN_NOT_FAILED, RUN_OVER, RUN_PAYLOAD_GONE, SIGNAL_UNKNOWN};
use crate::workflows::model::{Run, RunState, StepState};
use crate::workflows::{Workflows, store as workflows};

/// How often a run whose new contact somebody else was faster to make is prepared again.
const RACES: usize = 4;

/// A run to be begun.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewWorkflowRun")]
pub(in crate::workflows) struct NewRun {
    /// The workflow, by name.
    #[schemars(length(min = 1, max = 64))]
    workflow: String,
    /// For whom.
    to: Recipient,
    /// What its nodes look at as `/data/…`.
    #[serde(default)]
    #[schemars(with = "Map<String, Value>")]
    data: Map<String, Value>,
    /// Makes a retry safe; the `Idempotency-Key` header means the same.
    #[expect(dead_code, reason = "web finds it in the body; here it is only declared")]
    idempotency_key: Option<IdempotencyKey>,
}

/// A run that has begun.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BegunWorkflowRun")]
pub(in crate::workflows) struct BegunView {
    /// Its id.
    pub(in crate::workflows) id: WorkflowRunId,
    /// Of what.
    pub(super) workflow_id: WorkflowId,
    /// The version it began with, and ends with.
    pub(super) version: u32,
    /// `running`.
    pub(super) state: RunState,
    /// `durable`: what it was started with is on disk, and it outlives a crash. `volatile`: by policy that is in memory only; if the
    /// process dies before its end, it fails with `payload_lost`.
    pub(in crate::workflows) durability: &'static str,
    /// When it began.
    pub(super) created_at: sealpost_store::Time,
}

impl Workflows {
    /// Begins a run, and answers it.
    pub(in crate::workflows) async fn begin(&self, call: &Call<NewRun>) -> Result<Reply, Failure> {
        for _ in 0..RACES {
            let prepared = self.prepare(&call.ctx, &call.body).await?;
            let written = call.write(self.store(), move |tx| {
                let begun = begin(tx, prepared)?;
                let reply =
                    Reply::json(202, begun.value())?.location(&format!("/v1/workflow-runs/{}", begun.value().id));
                Ok(begun.map(|_| reply))
            });
            match written.await {
                Err(Failure::Refused(refusal)) if refusal.code().code == CONTACT_RACED.code => {}
                settled => return settled,
            }
        }
        Err(Refusal::of(&CONTACT_RACED).retry_after(1).into())
    }

    pub(in crate::workflows) async fn prepare(&self, ctx: &Ctx, new: &NewRun) -> Result<Prepared, Failure> {
        let what = self.on.starter.in_force(ctx, &new.workflow).await?;
        let wanted = Wanted { what: &what, data: &new.data, at_most: Mode::Keep, because: None };
        self.on.starter.prepare(ctx, &new.to, wanted).await
    }

    /// The run of this id.
    pub(in crate::workflows) async fn find_run(&self, ctx: &Ctx, id: WorkflowRunId) -> Result<Run, Failure> {
        Ok(self.store().peek(ctx, move |tx| store::find(tx, id)).await?.ok_or_else(not_found)?)
    }

    /// Runs before `before`, newest first: of one workflow, or of all.
    pub(in crate::workflows) async fn list_runs(
        &self,
        ctx: &Ctx,
        of: Option<WorkflowId>,
        before: Option<WorkflowRunId>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        let before = before.unwrap_or(WorkflowRunId::from_bytes([0xff; 16]));
        self.store()
            .read(ctx, move |tx| match of {
                Some(workflow) => store::of_workflow(tx, workflow, before, limit),
                None => store::before(tx, before, limit),
            })
            .await
    }
}

/// Tells a run something that one of its nodes waits for, or will. Told twice, it was told once.
pub(in crate::workflows) fn signal(tx: &mut Tx<'_>, id: WorkflowRunId, name: &str) -> Result<Recorded<()>, Failure> {
    let run = store::find(tx, id)?.ok_or_else(not_found)?;
    let version = workflows::version(tx, run.workflow, run.version)?.ok_or(StoreError::Missing("workflow_version"))?;
    if !version.definition.waits_for_signal(name) {
        return Err(Refusal::of(&SIGNAL_UNKNOWN).at("/name", "unknown").into());
    }
    // The run before its job, as whoever lets it rest does; and the signal before the look, so that one of both sees the other.
    store::signal(tx, id, name)?;
    match store::lock(tx, id)? {
        Some(RunState::Waiting) => wake(tx, id)?,
        // It will look when it comes there.
        Some(RunState::Running) => {}
        _ => return Err(Refusal::of(&RUN_OVER).into()),
    }
    Ok(tx.record(Leaf::of("workflow_run.signal").on(WorkflowRunId::PREFIX, id.bytes()), ()))
}

/// What rests is looked at now.
pub(super) fn wake(tx: &mut Tx<'_>, id: WorkflowRunId) -> Result<(), StoreError> {
    outbox::cancel(tx, JOB, id.bytes())?;
    tx.enqueue(NewJob::now(JOB, id.bytes())).map(drop)
}

/// Ends a run where it is. A call that is under way is not taken back: nobody will know what it came to.
pub(in crate::workflows) fn cancel(tx: &mut Tx<'_>, id: WorkflowRunId) -> Result<Recorded<()>, Failure> {
    end(tx, id, None)?;
    Ok(tx.record(Leaf::of("workflow_run.cancel").on(WorkflowRunId::PREFIX, id.bytes()), ()))
}

/// The same without a leaf, for whoever leaves one.
pub(super) fn end(tx: &mut Tx<'_>, id: WorkflowRunId, reason: Option<&str>) -> Result<(), Failure> {
    let run = store::find(tx, id)?.ok_or_else(not_found)?;
    let cancelled = store::Moved { node: &run.node, state: RunState::Cancelled, reason, wakes_at: None, answers: None };
    match store::go(tx, id, &cancelled) {
        Err(StoreError::Superseded) => return Err(Refusal::of(&RUN_OVER).into()),
        moved => moved?,
    }
    store::lose_call(tx, id, "cancelled")?;
    outbox::cancel(tx, JOB, id.bytes())?;
    super::upkeep::is_over(tx, id, run.storage)?;
    Ok(())
}

/// Tries the node once more at which a run failed.
pub(in crate::workflows) fn retry(tx: &mut Tx<'_>, id: WorkflowRunId) -> Result<Recorded<()>, Failure> {
    let run = store::find(tx, id)?.ok_or_else(not_found)?;
    if run.state != RunState::Failed {
        return Err(Refusal::of(&RUN_NOT_FAILED).into());
    }
    if run.payload.is_none() || run.gone.is_some() {
        return Err(Refusal::of(&RUN_PAYLOAD_GONE).into());
    }
    if !store::again(tx, id)? {
        return Err(Refusal::of(&RUN_NOT_FAILED).into());
    }
    store::step_became(tx, id, &run.node, StepState::Again, None)?;
    tx.enqueue(NewJob::now(JOB, id.bytes()))?;
    Ok(tx.record(Leaf::of("workflow_run.retry").on(WorkflowRunId::PREFIX, id.bytes()), ()))
}
