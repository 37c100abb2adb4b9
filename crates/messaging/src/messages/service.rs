//! Use cases of messages that are there already.

use sealpost_govern::Reason;
use sealpost_govern::looks::{self, Look};
use sealpost_seal::viewer::Viewer;
use sealpost_store::{
    Change, ContactId, Ctx, EndpointId, Leaf, MessageId, NoticeId, Recorded, Store, StoreError, Time, Tx, outbox,
};
use sealpost_web::{Failure, Fault, Refusal, not_found};
use serde_json::{Map, json};

use super::accept::{Accepting, compared};
use super::model::{Message, Standing, State, Step, Which};
use super::view::{Opened, Views};
use super::witness::Witness;
use super::{Ended, JOB, codes, dispatch, store, volatile};
use crate::channels::ChannelKind;
use crate::contacts::{self, Contacts};
use crate::deliveries::{self, Notice, Occurrence};
use crate::endpoints::Endpoints;
use crate::storage::{self, Gone, Mode};
use crate::suppressions;

/// Everything messages need; cheap to clone.
#[derive(Clone)]
pub struct Messages {
    pub(super) accepting: Accepting,
    store: Store,
    contacts: Contacts,
    endpoints: Endpoints,
}

/// Endpoints that hear of a cancelled message, and what they are told.
pub(super) struct HearingOfCancel {
    pub(super) occurrence: Occurrence,
    pub(super) endpoints: Vec<EndpointId>,
}

impl Messages {
    /// On the features it builds on.
    pub fn new(accepting: Accepting, store: Store, contacts: Contacts, endpoints: Endpoints) -> Self {
        Self { accepting, store, contacts, endpoints }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn views(&self) -> Views<'_> {
        Views { store: &self.store, contacts: &self.contacts }
    }

    /// By which channel messages of this event go; nothing if there is no such event.
    pub(crate) async fn channel_of(&self, ctx: &Ctx, event: &str) -> Result<Option<ChannelKind>, StoreError> {
        Ok(self.accepting.events.by_name(ctx, event).await?.map(|event| event.channel))
    }

    /// The message of this id.
    pub(crate) async fn find(&self, ctx: &Ctx, id: MessageId) -> Result<Message, Failure> {
        Ok(self.store.peek(ctx, move |tx| store::find(tx, id)).await?.ok_or_else(not_found)?)
    }

    /// Messages before `before`, newest first.
    pub(crate) async fn page(
        &self,
        ctx: &Ctx,
        which: Which,
        before: MessageId,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        self.store
            .read(ctx, move |tx| match which {
                Which::All => store::page(tx, before, limit),
                Which::To(contact) => {
                    let mut person = contacts::one_person(tx, contact)?;
                    if person.is_empty() {
                        // Of whoever was erased, ids and states are left.
                        person.push(contact);
                        person.extend(contacts::merged_into(tx, contact)?.into_iter().map(|(id, _)| id));
                    }
                    store::page_to(tx, &person, before, limit)
                }
                Which::Standing(Standing::UnderWay) => store::page_under_way(tx, before, limit),
                Which::Standing(Standing::NotDelivered) => store::page_undelivered(tx, before, limit),
            })
            .await
    }

    /// A message as its list shows it to the context's viewer.
    pub(crate) async fn row(&self, ctx: &Ctx, message: &Message) -> Result<serde_json::Value, Failure> {
        Ok(serde_json::to_value(self.views().brief(ctx, message).await?).map_err(Fault::new)?)
    }

    /// What is in the sandbox outbox before `before`, newest first.
    pub(super) async fn sandbox_page(
        &self,
        ctx: &Ctx,
        before: MessageId,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        self.store
            .read(ctx, move |tx| {
                let mut messages = Vec::new();
                for id in store::sandbox_page(tx, before, limit)? {
                    messages.extend(store::find(tx, id)?);
                }
                Ok(messages)
            })
            .await
    }

    /// What happened to the message, oldest first: its own steps, and what endpoints heard of it.
    pub(super) async fn timeline(&self, ctx: &Ctx, message: &Message) -> Result<Vec<Step>, StoreError> {
        let id = message.id;
        let (mut steps, reports) = self
            .store
            .read(ctx, move |tx| Ok::<_, StoreError>((store::steps(tx, id)?, deliveries::of_message(tx, id)?)))
            .await?;
        let held = (message.storage == Mode::Never).then(|| "in_memory_only".to_owned());
        steps.insert(0, Step { kind: "accepted".into(), at: message.created_at, attempt: 0, detail: held, leg: None });
        steps.extend(reports.into_iter().map(|report| Step {
            kind: format!("report_{}", report.state.word()),
            at: report.updated_at,
            attempt: report.attempts,
            detail: Some(format!("{} {}", report.kind, report.id)),
            leg: None,
        }));
        steps.sort_by_key(|step| step.at);
        Ok(steps)
    }

    /// Opens a message for somebody with a reason. The leaf is durable before the seal is opened.
    pub(super) async fn reveal(
        &self,
        ctx: &Ctx,
        message: &Message,
        reason: &Reason,
    ) -> Result<(Viewer, Opened), Failure> {
        if message.gone.is_some() {
            return Err(Refusal::of(&codes::PAYLOAD_NOT_STORED).into());
        }
        let wanted =
            Look { action: "message.reveal", kind: MessageId::PREFIX, id: message.id.bytes(), details: Map::new() };
        let viewer = looks::look(&self.store, ctx, wanted, reason).await?;
        match self.views().open(ctx, message).await {
            Ok(opened) => Ok((viewer, opened)),
            Err(StoreError::KeyGone) => Err(not_found().into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Suppresses the address a message went to, because the person said so.
    pub(crate) async fn unsubscribe(&self, ctx: &Ctx, id: MessageId) -> Result<(), Failure> {
        let message = self.find(ctx, id).await?;
        let channel = message.channel;
        let Some(value) = self.suppression_of(ctx, &message).await? else { return Ok(()) };
        self.store
            .write(ctx, move |tx| {
                Ok::<_, Failure>(
                    suppressions::suppress(tx, channel, value, suppressions::Reason::Unsubscribed)?.map(drop),
                )
            })
            .await
    }

    /// What the message's address is in the suppression list; nothing if they were erased: nobody will be written to, and nothing says
    /// who it was.
    async fn suppression_of(&self, ctx: &Ctx, message: &Message) -> Result<Option<[u8; 16]>, Failure> {
        let id = message.id;
        // The address itself may be gone by policy.
        if let Some(value) = self.store.peek(ctx, move |tx| store::unsubscribes(tx, id)).await? {
            return Ok(Some(value));
        }
        let opened = match self.views().open(ctx, message).await {
            Ok(opened) => opened,
            Err(StoreError::KeyGone) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let compared = compared(message.channel, &opened.recipient).ok_or_else(not_found)?;
        Ok(Some(suppressions::value_of(&keys, ctx.org.environment, message.channel, &compared)))
    }

    /// What proves what was sent, opened; nothing for somebody who was erased.
    pub(crate) async fn witness(&self, ctx: &Ctx, message: &Message) -> Result<Option<Witness>, StoreError> {
        dispatch::read_witness(&self.store, &self.contacts, ctx, message).await
    }

    /// What is on record of the message's end.
    pub(crate) async fn ended(&self, ctx: &Ctx, id: MessageId) -> Result<Ended, Failure> {
        Ok(self.store.peek(ctx, move |tx| store::ended(tx, id)).await?.ok_or_else(not_found)?)
    }

    /// Remembers where the message's end stands in the ledger.
    pub(crate) async fn keep_leaf(&self, ctx: &Ctx, id: MessageId, leaf: u64) -> Result<(), StoreError> {
        self.store.maintain(ctx, move |tx| store::keep_leaf(tx, id, leaf)).await
    }

    /// Who hears if this message is cancelled.
    pub(super) async fn hearing_of_cancel(&self, ctx: &Ctx, id: MessageId) -> Result<Option<HearingOfCancel>, Failure> {
        const KIND: &str = "message.cancelled";
        let named = self.store.peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        let named = named.map(|message| message.callbacks).unwrap_or_default();
        let endpoints = self.endpoints.hearing(ctx, KIND, &named).await?;
        if endpoints.is_empty() {
            return Ok(None);
        }
        let notice_id = NoticeId::new(&ctx.world);
        let data = json!({ "message_id": id, "state": State::Cancelled });
        let notice = Notice {
            id: notice_id,
            kind: KIND,
            timestamp: ctx.now().to_string(),
            environment: ctx.org.environment,
            data,
        };
        let occurrence = Occurrence { id: notice_id, kind: KIND.into(), message: Some(id), body: notice.to_bytes()? };
        Ok(Some(HearingOfCancel { occurrence, endpoints }))
    }
}

impl Message {
    /// What it will be once cancelled.
    pub(super) fn cancelled(self, now: Time) -> Self {
        Self { state: State::Cancelled, updated_at: now, ..self }
    }
}

/// What of a message decides what its end means for what is stored.
pub(super) struct Stored {
    id: MessageId,
    contact: ContactId,
    storage: Mode,
}

impl Stored {
    pub(super) fn of(message: &Message) -> Self {
        Self { id: message.id, contact: message.contact, storage: message.storage }
    }
}

/// What a message's end means for what is stored of it, in the transaction that brings the end.
pub(super) fn over(tx: &mut Tx<'_>, message: &Stored) -> Result<(), StoreError> {
    let Stored { id, contact, storage } = *message;
    match storage {
        Mode::Keep => {}
        Mode::UntilDelivered => {
            if !storage::is_held(tx, id, contact)? {
                store::let_go(tx, id, Gone::UntilDelivered)?;
                tx.publish(Change::new(storage::GOING, tx.ctx().org, id.bytes()).here());
            }
        }
        Mode::Never => {
            volatile::MESSAGES.release(tx, id.bytes())?;
            tx.publish(Change::new(volatile::OVER, tx.ctx().org, id.bytes()));
        }
    }
    Ok(())
}

/// Takes a message back, if nobody has begun to send it.
pub(super) fn cancel(
    tx: &mut Tx<'_>,
    id: MessageId,
    hearing: Option<HearingOfCancel>,
) -> Result<Recorded<()>, Failure> {
    let message = store::find(tx, id)?.ok_or_else(not_found)?;
    if message.state != State::Queued {
        return Err(Refusal::of(&codes::MESSAGE_LEFT).into());
    }
    // The job before the message, as whoever sends it does: two that wait for each other's row would end in neither.
    outbox::cancel(tx, JOB, id.bytes())?;
    store::advance(tx, id, State::Queued, State::Cancelled, None, message.attempts)?;
    over(tx, &Stored::of(&message))?;
    store::add_outcome(tx, id, State::Queued, State::Cancelled, message.attempts, None)?;
    if let Some(hearing) = hearing {
        deliveries::promise(tx, &hearing.occurrence, &hearing.endpoints)?;
    }
    Ok(tx.record(Leaf::of(State::Cancelled.action()).on(MessageId::PREFIX, id.bytes()), ()))
}
