//! How a run begins, whoever wants it: the API, an event that is fired, a webhook.

use std::sync::Arc;

use sealpost_seal::Key;
use sealpost_store::{Ctx, Leaf, NewJob, Recorded, SlotId, Store, StoreError, Tx, WorkflowRunId};
use sealpost_web::{Failure, Fault, Refusal};
use serde_json::{Map, Value};

use super::call::KEPT;
use super::service::BegunView;
use super::volatile::{Held, REPLIES, RUNS};
use super::{JOB, store};
use crate::contacts::{self, Contacts, NewContact, Recipient, Resolved, Subject};
use crate::messages::codes::{CONTACT_RACED, RECIPIENT_UNKNOWN, VOLATILE_MEMORY_FULL};
use crate::messages::{Room, Vault, check_card_numbers, unresolved};
use crate::storage::{Gone, Mode, Policies};
use crate::workflows::codes::WORKFLOW_UNKNOWN;
use crate::workflows::definition::Definition;
use crate::workflows::model::{InForce, Run, RunState};
use crate::workflows::sealing::RunKey;
use crate::workflows::store as workflows;

/// Begins runs; cheap to clone.
#[derive(Clone)]
pub struct Starter {
    /// Keys, and where everything ends up.
    pub store: Store,
    /// For whom they run.
    pub contacts: Contacts,
    /// How long what is stored.
    pub policies: Arc<Policies>,
    /// Where what may never be written is.
    pub vault: Vault,
}

/// A run ready for its transaction. No clear value is in it.
pub(in crate::workflows) struct Prepared {
    run: Run,
    fresh: Option<Box<NewContact>>,
    /// Where what it knows will be, if it may not be written.
    memory: Option<(Room, Held)>,
    /// What began it, if not the API.
    because: Option<&'static str>,
}

/// What a run is begun with.
pub(in crate::workflows) struct Wanted<'w> {
    /// What is run.
    pub(in crate::workflows) what: &'w InForce,
    /// What its nodes look at.
    pub(in crate::workflows) data: &'w Map<String, Value>,
    /// It is stored no longer than this allows, whatever its class says.
    pub(in crate::workflows) at_most: Mode,
    /// What began it, if not the API.
    pub(in crate::workflows) because: Option<&'static str>,
}

impl Starter {
    /// The version in force of the workflow of this name.
    pub(in crate::workflows) async fn in_force(&self, ctx: &Ctx, name: &str) -> Result<InForce, Failure> {
        let name = name.to_owned();
        let found = self.store.peek::<_, StoreError>(ctx, move |tx| {
            let workflow = workflows::named(tx, &name)?;
            workflow.map(|workflow| workflows::in_force(tx, &workflow)).transpose()
        });
        let unknown = || Refusal::of(&WORKFLOW_UNKNOWN).at("/workflow", "unknown");
        Ok(found.await?.flatten().ok_or_else(unknown)?)
    }

    /// Makes a run ready for whoever this is.
    pub(in crate::workflows) async fn prepare(
        &self,
        ctx: &Ctx,
        to: &Recipient,
        wanted: Wanted<'_>,
    ) -> Result<Prepared, Failure> {
        check_card_numbers(wanted.data)?;
        let Resolved { subject, fresh } = self.contacts.resolve(ctx, to).await.map_err(unresolved)?;
        Ok(Prepared { fresh, ..self.prepare_for(ctx, &subject, wanted).await? })
    }

    /// The same for somebody who is known, or is being made known in the same transaction, with data that was looked at.
    pub(in crate::workflows) async fn prepare_for(
        &self,
        ctx: &Ctx,
        subject: &Subject,
        wanted: Wanted<'_>,
    ) -> Result<Prepared, Failure> {
        let Wanted { what: InForce { id: workflow, version, definition }, data, at_most, because } = wanted;
        let own = self.policies.of(ctx.org.id).await?.rule(ctx.org.environment, definition.class).mode;
        let storage = own.stricter(at_most);
        let (slot, slot_key) = self.slot(ctx, storage).await?;
        let key = RunKey::new(&subject.key, &slot_key, slot);
        let (id, now) = (WorkflowRunId::new(&ctx.world), ctx.now());
        let payload = key.seal(ctx, id, subject.id, "payload", data).map_err(Fault::new)?;
        let (payload, memory) = match storage {
            Mode::Never => {
                let room = self.room(ctx, definition, payload.len())?;
                (None, Some((room, Held::new(slot_key, payload))))
            }
            Mode::Keep | Mode::UntilDelivered => (Some(payload), None),
        };
        let run = Run {
            id,
            workflow: *workflow,
            version: *version,
            contact: subject.id,
            class: definition.class,
            storage,
            gone: (storage == Mode::Never).then_some(Gone::Never),
            slot,
            payload,
            answers: None,
            node: definition.start.clone(),
            state: RunState::Running,
            reason: None,
            wakes_at: None,
            created_at: now,
            updated_at: now,
        };
        Ok(Prepared { run, fresh: None, memory, because })
    }

    /// A slot of the key store for what will be written; for what will not, a key that is nowhere else.
    async fn slot(&self, ctx: &Ctx, mode: Mode) -> Result<(SlotId, Arc<Key>), StoreError> {
        match mode {
            Mode::Never => Ok((SlotId::new(&ctx.world), Arc::new(Key::generate(ctx.rng())))),
            Mode::Keep | Mode::UntilDelivered => {
                let slot = self.store.keys().mint(ctx.org.id).await?;
                Ok((slot.id, slot.key))
            }
        }
    }

    /// Room for what it is started with, for every answer that may come, and for replies that come early.
    fn room(&self, ctx: &Ctx, definition: &Definition, payload: usize) -> Result<Room, Failure> {
        let answers = definition.nodes.keys().filter(|node| definition.asks_for_answer_of(node)).count();
        let answers = if definition.asks_for_replies() { answers + REPLIES } else { answers };
        let full = || Refusal::of(&VOLATILE_MEMORY_FULL).retry_after(1);
        let room = self.vault.reserve(ctx.org.id, payload + answers * KEPT);
        room.ok_or_else(full).map_err(Failure::from)
    }
}

/// The one commit.
pub(in crate::workflows) fn begin(tx: &mut Tx<'_>, prepared: Prepared) -> Result<Recorded<BegunView>, Failure> {
    match &prepared.fresh {
        Some(fresh) if !contacts::insert_if_absent(tx, fresh)? => return Err(Refusal::of(&CONTACT_RACED).into()),
        Some(_) => {}
        // Erased since they were found: whoever has their addresses from now on is somebody new.
        None if contacts::is_erased(tx, prepared.run.contact)? => return Err(Refusal::of(&CONTACT_RACED).into()),
        None if !contacts::is_there(tx, prepared.run.contact)? => {
            return Err(Refusal::of(&RECIPIENT_UNKNOWN).into());
        }
        None => {}
    }
    let (leaf, view) = begin_unasked(tx, prepared)?;
    Ok(tx.record(leaf, view))
}

/// The same in a transaction that has made sure of the contact.
pub(in crate::workflows) fn begin_unasked(
    tx: &mut Tx<'_>,
    prepared: Prepared,
) -> Result<(Leaf, BegunView), StoreError> {
    let Prepared { run, memory, because, .. } = prepared;
    store::insert(tx, &run)?;
    let durability = if memory.is_some() { "volatile" } else { "durable" };
    if let Some((room, held)) = memory {
        room.take(tx, &RUNS, run.id.bytes(), Arc::new(held))?;
    }
    tx.enqueue(NewJob::now(JOB, run.id.bytes()))?;
    let Run { id, workflow, version, state, created_at, .. } = run;
    let leaf = Leaf::of("workflow_run.begin").on(WorkflowRunId::PREFIX, id.bytes());
    let leaf = match because {
        Some(because) => leaf.because(because),
        None => leaf,
    };
    Ok((leaf, BegunView { id, workflow_id: workflow, version, state, durability, created_at }))
}

impl Prepared {
    /// The run it will be.
    pub(in crate::workflows) fn id(&self) -> WorkflowRunId {
        self.run.id
    }
}
