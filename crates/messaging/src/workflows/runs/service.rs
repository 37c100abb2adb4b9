//! What can be done with runs.

use schemars::JsonSchema;
use sealpost_store::{Ctx, Leaf, NewJob, Recorded, StoreError, Tx, WorkflowId, WorkflowRunId, outbox};
use sealpost_web::{Call, Failure, Fault, IdempotencyKey, Refusal, Reply, not_found};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{JOB, store};
use crate::contacts::{self, NewContact, Recipient};
use crate::messages::codes::{CONTACT_RACED, RECIPIENT_UNKNOWN};
use crate::messages::{check_card_numbers, unresolved};
use crate::storage::Mode;
use crate::workflows::codes::{
    RUN_NOT_FAILED, RUN_OVER, RUN_PAYLOAD_GONE, SIGNAL_UNKNOWN, WORKFLOW_NOT_STORABLE, WORKFLOW_UNKNOWN,
};
use crate::workflows::model::{Run, RunState, StepState};
use crate::workflows::sealing::RunKey;
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
    workflow_id: WorkflowId,
    /// The version it began with, and ends with.
    version: u32,
    /// `running`.
    state: RunState,
    /// When it began.
    created_at: sealpost_store::Time,
}

/// A run ready for its transaction. No clear value is in it.
pub(in crate::workflows) struct Prepared {
    run: Run,
    fresh: Option<Box<NewContact>>,
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
        let unknown = || Refusal::of(&WORKFLOW_UNKNOWN).at("/workflow", "unknown");
        let name = new.workflow.clone();
        let workflow = self.store().peek::<_, StoreError>(ctx, move |tx| workflows::named(tx, &name)).await?;
        let workflow = workflow.filter(|workflow| workflow.live_version > 0).ok_or_else(unknown)?;
        let (id, version) = (workflow.id, workflow.live_version);
        let definition = self.version(ctx, id, version).await?.definition;
        check_card_numbers(&new.data)?;
        let storage = self.on.policies.of(ctx.org.id).await?.rule(ctx.org.environment, definition.class).mode;
        if storage == Mode::Never {
            return Err(Refusal::of(&WORKFLOW_NOT_STORABLE).at("/workflow", "never_stored").into());
        }
        let resolved = self.on.contacts.resolve(ctx, &new.to).await.map_err(unresolved)?;
        let slot = self.store().keys().mint(ctx.org.id).await?;
        let key = RunKey::new(&resolved.subject.key, &slot.key, slot.id);
        let (run, contact, now) = (WorkflowRunId::new(&ctx.world), resolved.subject.id, ctx.now());
        let payload = key.seal(ctx, run, contact, "payload", &new.data).map_err(Fault::new)?;
        let run = Run {
            id: run,
            workflow: id,
            version,
            contact,
            class: definition.class,
            storage,
            gone: None,
            slot: slot.id,
            payload: Some(payload),
            answers: None,
            node: definition.start,
            state: RunState::Running,
            reason: None,
            wakes_at: None,
            created_at: now,
            updated_at: now,
        };
        Ok(Prepared { run, fresh: resolved.fresh })
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

/// The one commit.
pub(in crate::workflows) fn begin(tx: &mut Tx<'_>, prepared: Prepared) -> Result<Recorded<BegunView>, Failure> {
    let Prepared { run, fresh } = prepared;
    match fresh {
        Some(fresh) if !contacts::insert_if_absent(tx, &fresh)? => return Err(Refusal::of(&CONTACT_RACED).into()),
        Some(_) => {}
        // Erased since they were found: whoever has their addresses from now on is somebody new.
        None if contacts::is_erased(tx, run.contact)? => return Err(Refusal::of(&CONTACT_RACED).into()),
        None if !contacts::is_there(tx, run.contact)? => return Err(Refusal::of(&RECIPIENT_UNKNOWN).into()),
        None => {}
    }
    store::insert(tx, &run)?;
    tx.enqueue(NewJob::now(JOB, run.id.bytes()))?;
    let Run { id, workflow, version, state, created_at, .. } = run;
    let view = BegunView { id, workflow_id: workflow, version, state, created_at };
    Ok(tx.record(Leaf::of("workflow_run.begin").on(WorkflowRunId::PREFIX, id.bytes()), view))
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
fn wake(tx: &mut Tx<'_>, id: WorkflowRunId) -> Result<(), StoreError> {
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
    store::lose_call(tx, id)?;
    outbox::cancel(tx, JOB, id.bytes())?;
    super::upkeep::is_over(tx, id);
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
