//! Brings runs on: node by node, until one rests or it is over.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;

use sealpost_egress::client::Client;
use sealpost_seal::Key;
use sealpost_store::{Claim, Ctx, Leaf, MessageId, StoreError, Time, Tx, WorkflowRunId, outbox};
use serde_json::{Map, Value, json};

use super::store::{self, Moved};
use super::upkeep;
use super::volatile::{Held, Memory, PAYLOAD_LOST};
use crate::contacts::ContactRefusal;
use crate::dispatcher::{Handler, Went};
use crate::messages::{ELSEWHERE_MS, State};
use crate::storage::Mode;
use crate::workflows::definition::{Definition, Node};
use crate::workflows::model::{Replied, Run, RunState, Step, StepState};
use crate::workflows::rules::{self, Became, Known, Then, Todo};
use crate::workflows::sealing::RunKey;
use crate::workflows::{Workflows, replies, store as workflows};

/// How long a node may take, with some air: what is under way longer is treated as lost.
pub(super) const NODE_MS: i64 = 60_000;

/// Brings on what the outbox promises.
pub struct Runner {
    pub(super) workflows: Workflows,
    pub(super) client: Client,
}

/// A run at a node, opened.
pub(super) struct At {
    pub(super) run: Run,
    pub(super) definition: Definition,
    pub(super) steps: BTreeMap<String, Step>,
    signals: BTreeSet<String>,
    /// Those that satisfied no wait yet.
    pub(super) replies: Vec<Replied>,
    messages: BTreeMap<String, State>,
    /// When it was looked at.
    looked_at: Time,
    pub(super) key: RunKey,
    /// Where what it knows is, if that may not be written.
    pub(super) held: Option<Arc<Held>>,
    /// `{ "data": …, "answers": … }`.
    pub(super) fields: Value,
}

/// Whether there is more to do at once.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Onward {
    /// The next node.
    Again,
    /// It rests, is over, or is somebody else's.
    Rest,
}

/// What is found of a run.
enum Loaded {
    At(Box<At>),
    /// It can't go on: what it knows can't be opened by anybody.
    Ended(Box<Run>, End),
    /// Another process has what it knows, in memory.
    Elsewhere,
    /// It is over, or was never there.
    Over,
}

/// Why a run ends that nobody can open any more.
#[derive(Clone, Copy)]
enum End {
    /// Whoever it was for has been erased.
    Erased,
    /// The process that had it in memory is dead.
    Lost,
}

/// What is to be written of a node.
pub(super) struct Written {
    pub(super) state: StepState,
    pub(super) attempt: u32,
    pub(super) detail: Option<&'static str>,
    pub(super) status: Option<u16>,
    pub(super) message: Option<MessageId>,
    /// All answers there are, sealed anew.
    pub(super) answers: Option<Vec<u8>>,
    /// The reply that satisfied it.
    pub(super) spent: Option<String>,
    pub(super) on: On,
}

/// Where the run goes with it.
pub(super) enum On {
    /// To this node.
    Node(String),
    /// Nowhere: it is called right now.
    Here,
    /// It rests until then.
    Rest(Time),
    /// It is done, and came to this.
    Done(Option<String>),
    /// It has failed.
    Failed(&'static str),
}

impl Written {
    pub(super) fn of(became: &Became<'_>, attempt: u32) -> Self {
        let on = match &became.then {
            Then::Node(to) => On::Node((*to).to_owned()),
            Then::Done(outcome) => On::Done(outcome.map(str::to_owned)),
            Then::Failed(code) => On::Failed(code),
        };
        Self { on, ..Self::here(became.state, attempt, became.detail) }
    }

    pub(super) fn here(state: StepState, attempt: u32, detail: Option<&'static str>) -> Self {
        Self { state, attempt, detail, status: None, message: None, answers: None, spent: None, on: On::Here }
    }
}

impl Runner {
    /// Calls go out through `client`.
    pub(crate) fn new(workflows: Workflows, client: Client) -> Arc<Self> {
        Arc::new(Self { workflows, client })
    }

    async fn bring_on(&self, claim: Claim) -> Result<(), StoreError> {
        let house = self.workflows.store().clone();
        let ctx = Ctx::system(claim.org, house.world().clone());
        loop {
            let at = match self.load(&ctx, WorkflowRunId::from_bytes(claim.target)).await? {
                Loaded::At(at) => at,
                Loaded::Ended(run, end) => return self.let_go_of(&ctx, &claim, *run, end).await,
                Loaded::Elsewhere => {
                    let due = ctx.now().plus_ms(ELSEWHERE_MS);
                    let handed = house.maintain(&ctx, move |tx| outbox::postpone(tx, &claim, due));
                    return outbox::ours(handed.await).map(drop);
                }
                Loaded::Over => {
                    let finished = house.maintain(&ctx, move |tx| outbox::finish(tx, &claim));
                    return outbox::ours(finished.await).map(drop);
                }
            };
            match self.next(&ctx, &claim, &at).await {
                Ok(Onward::Again) => {}
                // Another has taken the job over, or somebody ended the run meanwhile.
                Ok(Onward::Rest) | Err(StoreError::Superseded) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    async fn load(&self, ctx: &Ctx, id: WorkflowRunId) -> Result<Loaded, StoreError> {
        let house = self.workflows.store();
        let found = house.peek::<_, StoreError>(ctx, move |tx| {
            let Some(run) = store::find(tx, id)?.filter(|run| !run.state.is_over()) else { return Ok(None) };
            let version = workflows::version(tx, run.workflow, run.version)?;
            let version = version.ok_or(StoreError::Missing("workflow_version"))?;
            let steps = store::steps(tx, id)?;
            let (signals, messages) = (store::signals(tx, id)?, store::sent(tx, &steps)?);
            let waits = version.definition.node(&run.node).is_some_and(Node::waits_for_reply);
            let replied = if waits { replies::of_run(tx, id)? } else { Vec::new() };
            Ok(Some((run, version.definition, steps, (signals, replied), messages)))
        });
        let Some((run, definition, steps, (signals, replies), messages)) = found.await? else {
            return Ok(Loaded::Over);
        };
        let (run, held) = match self.workflows.memory_of(ctx, &run).await? {
            Memory::Stored => (run, None),
            Memory::Here(held) => (held.remind(run), Some(held)),
            Memory::Elsewhere => return Ok(Loaded::Elsewhere),
            Memory::Lost => return Ok(Loaded::Ended(Box::new(run), End::Lost)),
        };
        let key = match &held {
            Some(held) => self.workflows.key_with(ctx, &run, held.key()).await?,
            None => self.workflows.key_of(ctx, &run).await?,
        };
        let Some(key) = key else { return Ok(Loaded::Ended(Box::new(run), End::Erased)) };
        let (data, answers) = key.open_both(ctx.org, &run)?;
        let fields = json!({ "data": data, "answers": answers });
        let steps = steps.into_iter().map(|step| (step.node.clone(), step)).collect();
        Ok(Loaded::At(Box::new(At {
            run,
            definition,
            steps,
            signals,
            replies,
            messages,
            looked_at: ctx.now(),
            key,
            held,
            fields,
        })))
    }

    async fn next(&self, ctx: &Ctx, claim: &Claim, at: &At) -> Result<Onward, StoreError> {
        let node = at.node()?;
        let reply = at.reply().filter(|_| node.waits_for_reply());
        let known = Known {
            fields: &at.fields,
            signals: &at.signals,
            messages: &at.messages,
            replied: reply.is_some(),
            now: ctx.now(),
        };
        match rules::todo(node, at.step(), &known) {
            Todo::Send => self.send(ctx, claim, at).await,
            Todo::Call { attempt } => self.call(ctx, claim, at, attempt).await,
            Todo::Became(became) => match reply {
                Some(reply) => self.replied(ctx, claim, at, (&became, reply)).await,
                None => {
                    let attempt = at.step().map_or(0, |step| step.attempt);
                    self.write(ctx, claim, at, Written::of(&became, attempt)).await
                }
            },
            Todo::Rest(until) => self.rest(ctx, claim, at, until).await,
        }
    }

    /// Lets the run rest. What rests already is not written again: only its job is put back.
    async fn rest(&self, ctx: &Ctx, claim: &Claim, at: &At, until: Time) -> Result<Onward, StoreError> {
        let rests = at.run.state == RunState::Waiting && at.step().is_some_and(|step| step.state == StepState::Waiting);
        if rests {
            let claim = claim.clone();
            self.workflows.store().maintain(ctx, move |tx| outbox::postpone(tx, &claim, until)).await?;
            return Ok(Onward::Rest);
        }
        let written = Written { on: On::Rest(until), ..Written::here(StepState::Waiting, 0, None) };
        self.write(ctx, claim, at, written).await
    }

    /// Writes down what became of the node, and where the run goes.
    pub(super) async fn write(
        &self,
        ctx: &Ctx,
        claim: &Claim,
        at: &At,
        written: Written,
    ) -> Result<Onward, StoreError> {
        let onward = match written.on {
            On::Node(_) | On::Here => Onward::Again,
            On::Rest(_) | On::Done(_) | On::Failed(_) => Onward::Rest,
        };
        let (claim, here) = (claim.clone(), at.here()?);
        // What may not be written is remembered once it is written that it was answered.
        let (learned, written) = match &at.held {
            Some(held) => (written.answers.zip(Some(held)), Written { answers: None, ..written }),
            None => (None, written),
        };
        let spent = at.held.as_ref().zip(written.spent.clone());
        self.workflows
            .store()
            .write(ctx, move |tx| {
                put(tx, &claim, &here, &written)?;
                let leaf = leaf(&here, &written);
                Ok::<_, StoreError>(tx.record(leaf, ()))
            })
            .await?;
        if let Some((answers, held)) = learned {
            held.learn(answers);
        }
        if let Some((held, reply)) = spent {
            held.spend(&reply);
        }
        Ok(onward)
    }

    /// Nothing of the run can be opened any more: it ends here.
    async fn let_go_of(&self, ctx: &Ctx, claim: &Claim, run: Run, end: End) -> Result<(), StoreError> {
        let claim = claim.clone();
        let ended = self.workflows.store().write(ctx, move |tx| {
            let on = |action| Leaf::of(action).on(WorkflowRunId::PREFIX, run.id.bytes());
            let (state, reason, leaf) = match end {
                End::Erased => (RunState::Cancelled, "erased", on("workflow_run.cancel").because("erased")),
                End::Lost => (RunState::Failed, PAYLOAD_LOST, on("workflow_run.fail").failed(PAYLOAD_LOST)),
            };
            let moved = Moved { node: &run.node, state, reason: Some(reason), wakes_at: None, answers: None };
            store::go(tx, run.id, &moved)?;
            store::lose_call(tx, run.id, reason)?;
            outbox::finish(tx, &claim)?;
            upkeep::is_over(tx, run.id, run.storage)?;
            Ok(tx.record(leaf, ()))
        });
        outbox::ours(ended.await).map(drop)
    }
}

impl Workflows {
    /// What opens a run; nothing if whoever it was for was erased, or it was let go.
    pub(in crate::workflows) async fn key_of(&self, ctx: &Ctx, run: &Run) -> Result<Option<RunKey>, StoreError> {
        match self.store().keys().slot(ctx.org.id, run.slot).await {
            Ok(slot) => self.key_with(ctx, run, &slot).await,
            Err(StoreError::KeyGone) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same where the key of its slot is at hand.
    pub(super) async fn key_with(&self, ctx: &Ctx, run: &Run, slot: &Key) -> Result<Option<RunKey>, StoreError> {
        match self.on.contacts.subject(ctx, run.contact).await {
            Ok(subject) => Ok(Some(RunKey::new(&subject.key, slot, run.slot))),
            Err(ContactRefusal::Store(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }
}

/// Where a run is, for whoever writes.
#[derive(Clone)]
pub(super) struct Here {
    pub(super) run: WorkflowRunId,
    node: String,
    kind: &'static str,
    started_at: Time,
    storage: Mode,
    /// What the run was told when it was looked at.
    told: BTreeSet<String>,
}

impl At {
    pub(super) fn node(&self) -> Result<&Node, StoreError> {
        self.definition.node(&self.run.node).ok_or_else(|| StoreError::Column("node".into()))
    }

    pub(super) fn step(&self) -> Option<&Step> {
        self.steps.get(&self.run.node)
    }

    pub(super) fn here(&self) -> Result<Here, StoreError> {
        // What is done once more begins anew.
        let begun = self.step().filter(|step| step.state != StepState::Again);
        let started_at = begun.map_or(self.looked_at, |step| step.started_at);
        Ok(Here {
            run: self.run.id,
            node: self.run.node.clone(),
            kind: self.node()?.kind(),
            started_at,
            storage: self.run.storage,
            told: self.signals.clone(),
        })
    }

    /// What calls were answered so far.
    pub(super) fn answers(&self) -> Map<String, Value> {
        self.fields["answers"].as_object().cloned().unwrap_or_default()
    }
}

/// Writes down what became of the node, where the run goes, and what that means for its job. The run's row is locked first: whoever
/// signals or ends it waits for the end of this transaction, and this one sees what they did before.
pub(super) fn put(tx: &mut Tx<'_>, claim: &Claim, here: &Here, written: &Written) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    let (node, state, reason, wakes_at) = match &written.on {
        On::Node(to) => (to.as_str(), RunState::Running, None, None),
        On::Here => (here.node.as_str(), RunState::Running, None, None),
        On::Rest(until) => (here.node.as_str(), RunState::Waiting, None, Some(*until)),
        On::Done(outcome) => (here.node.as_str(), RunState::Done, outcome.as_deref(), None),
        On::Failed(code) => (here.node.as_str(), RunState::Failed, Some(*code), None),
    };
    store::go(tx, here.run, &Moved { node, state, reason, wakes_at, answers: written.answers.as_deref() })?;
    let step = Step {
        node: here.node.clone(),
        kind: here.kind.to_owned(),
        state: written.state,
        attempt: written.attempt,
        detail: written.detail.map(str::to_owned),
        status: written.status,
        message: written.message,
        started_at: here.started_at,
        updated_at: now,
    };
    store::put_step(tx, here.run, &step)?;
    if let Some(reply) = &written.spent {
        replies::spend(tx, here.run, reply)?;
    }
    match &written.on {
        On::Node(_) | On::Here => outbox::hold(tx, claim, NODE_MS),
        On::Rest(until) => {
            // Told between the look and the lock: nobody will wake it for that.
            let told = store::signals(tx, here.run)? != here.told;
            outbox::postpone(tx, claim, if told { now } else { *until })
        }
        On::Done(_) | On::Failed(_) => {
            upkeep::is_over(tx, here.run, here.storage)?;
            outbox::finish(tx, claim)
        }
    }
}

/// What stands in the ledger of it.
pub(super) fn leaf(here: &Here, written: &Written) -> Leaf {
    let on = |action| Leaf::of(action).on(WorkflowRunId::PREFIX, here.run.bytes());
    match (&written.on, written.state) {
        (On::Failed(code), _) => on("workflow_run.fail").failed(code),
        (On::Done(_), _) => on("workflow_run.finish"),
        (On::Here, _) => on("workflow_run.call"),
        (On::Rest(_), _) => on("workflow_run.wait").because(here.kind),
        (On::Node(_), StepState::Failed | StepState::Unknown | StepState::Refused) => {
            on("workflow_run.step").failed(written.detail.unwrap_or(here.kind))
        }
        (On::Node(_), _) => on("workflow_run.step").because(here.kind),
    }
}

impl Handler for Runner {
    fn run(&self, claim: Claim) -> Pin<Box<dyn Future<Output = Went> + Send + '_>> {
        Box::pin(async move {
            if let Err(error) = self.bring_on(claim).await {
                tracing::warn!(error = %error, "workflow_run.not_brought_on");
            }
            Went::Moot
        })
    }
}
