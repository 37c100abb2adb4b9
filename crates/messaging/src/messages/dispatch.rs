//! Sends what was accepted.
//!
//! ```text
//! test:  one transaction: into the sandbox outbox, delivered, reported
//! live:  attempt_started ─ durable ─► provider ─► outcome ─ durable ─► report      along a route: see [`super::along`]
//! ```
//!
//! What may not be written is in the memory of the process that accepted it. Another one that finds its job hands that back while the
//! first lives, and says that it is lost once it is dead.
//!
//! A crash between the two commits of a live attempt leaves the message `sending`: whether the provider took it is unknown, and
//! [`rules::opening`] decides by class whether it may be asked again.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sealpost_egress::smtp::Outcome;
use sealpost_store::failpoint::{self, Point};
use sealpost_store::trace::{Attribute, Kind, Open};
use sealpost_store::{
    ChannelId, Claim, Ctx, Leaf, MessageId, NoticeId, Recorded, RouteId, Store, StoreError, Time, Tx, outbox,
};
use serde::Serialize;

use super::email::{EmailSender, Ready};
use super::model::{Message, State};
use super::rules::{self, Opening, Route};
use super::sealing::Shared;
use super::service::{Stored, over};
use super::statement::{self, Statement};
use super::volatile::{MESSAGES, Vault};
use super::witness::Witness;
use super::{PAYLOAD_LOST, store};
use crate::contacts::{ContactRefusal, Contacts};
use crate::deliveries::{self, Notice, Occurrence, RETRIES};
use crate::dispatcher::{Handler, Went};
use crate::endpoints::Endpoints;
use crate::meters::Meters;
use crate::routes::{self, Answer, Leg, RouteRef, Routes};
use crate::storage::Mode;

/// The longest a provider may be asked: an SMTP dialogue has a time limit for each of its phases.
const ATTEMPT_MS: i64 = 15 * 60_000;

/// What an accepting transaction leaves for its dispatch.
pub(super) struct Accepted {
    pub(super) message: Message,
    pub(super) key: Shared,
    pub(super) witness: Arc<Witness>,
}

/// Sends accepted messages.
pub struct Sender {
    pub(super) store: Store,
    pub(super) contacts: Contacts,
    endpoints: Endpoints,
    pub(super) routes: Routes,
    pub(super) email: EmailSender,
    vault: Vault,
    meters: Arc<Meters>,
}

/// What became of a message.
pub(super) struct Became {
    from: State,
    to: State,
    /// Why, as a code.
    reason: Option<&'static str>,
    attempts: u32,
    /// When to try again, for a message that goes back to the queue.
    pub(super) again: Option<Time>,
    /// Whether it goes into the sandbox outbox.
    sandbox: bool,
    /// What the provider calls it, once it has taken it.
    pub(super) provider_id: Option<String>,
    /// Which step of its route the attempt was, and what came of it there.
    pub(super) leg: Option<(Leg, Answer)>,
}

impl Became {
    /// It came from one state to another, and nothing else is to be said.
    pub(super) fn of(from: State, to: State, reason: Option<&'static str>, attempts: u32) -> Self {
        Self { from, to, reason, attempts, again: None, sandbox: false, provider_id: None, leg: None }
    }
}

/// How long a message waits whose content another process has: that one finds it soon.
pub(crate) const ELSEWHERE_MS: i64 = 1_000;

impl Sender {
    /// E-mail goes out through `email`.
    pub(crate) fn new(
        store: Store,
        contacts: Contacts,
        endpoints: Endpoints,
        routes: Routes,
        email: EmailSender,
        vault: Vault,
        meters: Arc<Meters>,
    ) -> Arc<Self> {
        Arc::new(Self { store, contacts, endpoints, routes, email, vault, meters })
    }

    async fn dispatch(&self, claim: Claim) -> Result<(), StoreError> {
        let ctx = Ctx::system(claim.org, self.store.world().clone());
        let pushed = claim.hint.clone().and_then(|hint| hint.downcast::<Accepted>().ok());
        let (known, read) = match pushed {
            Some(accepted) => (Some(accepted), None),
            None => {
                let id = MessageId::from_bytes(claim.target);
                let found = self.store.peek(&ctx, move |tx| store::find(tx, id)).await?;
                let Some(found) = found else { return self.drop_job(&ctx, claim).await };
                self.with_memory(found)
            }
        };
        let message = match (&read, &known) {
            (Some(read), _) => read,
            (None, Some(known)) => &known.message,
            (None, None) => return self.drop_job(&ctx, claim).await,
        };
        let known = known.as_deref();
        let from = message.state;
        let lost = |to, reason| Became::of(from, to, Some(reason), message.attempts);
        match rules::opening(from, &message.class, message.send_before, ctx.now()) {
            Opening::Nothing => self.drop_job(&ctx, claim).await,
            Opening::Expire => self.settle(&ctx, claim, message, known, lost(State::Expired, "send_before")).await,
            Opening::Lost => self.settle(&ctx, claim, message, known, lost(State::Unknown, "interrupted")).await,
            Opening::Attempt if message.storage == Mode::Never && known.is_none() => {
                self.without_content(&ctx, claim, message).await
            }
            Opening::Attempt => match rules::route(claim.org.environment) {
                Route::Sandbox => {
                    let became = Became { sandbox: true, ..Became::of(from, State::Delivered, None, 1) };
                    self.settle(&ctx, claim, message, known, became).await
                }
                Route::Provider => match message.route {
                    Some(route) => self.along(&ctx, claim, message, known, route).await,
                    None => self.attempt(&ctx, claim, message, known).await,
                },
            },
        }
    }

    /// A message that was read back, with what only memory has of it.
    fn with_memory(&self, found: Message) -> (Option<Arc<Accepted>>, Option<Message>) {
        let held = if found.storage == Mode::Never { self.vault.get::<Accepted>(found.id.bytes()) } else { None };
        let Some(held) = held else { return (None, Some(found)) };
        let (recipient, payload) = (held.message.recipient.clone(), held.message.payload.clone());
        (Some(held), Some(Message { recipient, payload, ..found }))
    }

    /// Nothing of the message is here: another process has it, or it is lost.
    async fn without_content(&self, ctx: &Ctx, claim: Claim, message: &Message) -> Result<(), StoreError> {
        if self.vault.is_elsewhere(&self.store, ctx, &MESSAGES, message.id.bytes()).await? {
            let due = ctx.now().plus_ms(ELSEWHERE_MS);
            let handed = self.store.maintain(ctx, move |tx| outbox::postpone(tx, &claim, due));
            return outbox::ours(handed.await).map(drop);
        }
        // If a provider was being asked, it may have taken it.
        let to = if message.state == State::Sending { State::Unknown } else { State::Failed };
        let became = Became::of(message.state, to, Some(PAYLOAD_LOST), message.attempts);
        self.settle(ctx, claim, message, None, became).await
    }

    async fn attempt(
        &self,
        ctx: &Ctx,
        claim: Claim,
        message: &Message,
        known: Option<&Accepted>,
    ) -> Result<(), StoreError> {
        let attempt = message.attempts + 1;
        let key = known.map(|accepted| accepted.key.clone());
        let ready = match self.email.prepare(ctx, message, message.sender, key, &self.contacts).await {
            Ok(ready) => ready,
            Err(code) => {
                let became = Became::of(message.state, State::Failed, Some(code), message.attempts);
                return self.settle(ctx, claim, message, known, became).await;
            }
        };
        if !self.start(ctx, &claim, message, attempt, None).await? {
            return self.drop_job(ctx, claim).await;
        }
        let (outcome, provider_id) = self.hand_over(ctx, message, ready, None).await;
        let became = Became { provider_id, ..after(&outcome, &message.class, attempt, ctx) };
        self.settle(ctx, claim, message, known, became).await
    }

    /// Asks the provider, and what it calls the mail if it has taken it.
    pub(super) async fn hand_over(
        &self,
        ctx: &Ctx,
        message: &Message,
        ready: Ready,
        limit: Option<Duration>,
    ) -> (Outcome, Option<String>) {
        let called = ready.called(message.id);
        let mut send = Open::inside("send", Kind::Client);
        let outcome = send.around(self.email.send(ctx, ready, limit)).await;
        let taken = matches!(outcome, Outcome::Accepted { .. });
        send.ended(Attribute::Outcome(outcome.code()), !taken);
        drop(send);
        failpoint::pass(Point::AfterProvider);
        (outcome, taken.then_some(called))
    }

    /// Makes it durable that a provider is about to be asked, and at which step of a route; false if the message has been cancelled or
    /// the job taken over meanwhile.
    pub(super) async fn start(
        &self,
        ctx: &Ctx,
        claim: &Claim,
        message: &Message,
        attempt: u32,
        leg: Option<Leg>,
    ) -> Result<bool, StoreError> {
        let (id, from, claim) = (message.id, message.state, claim.clone());
        let started = self.store.write(ctx, move |tx| {
            // Whoever lost the lease while waiting must not send what another is sending.
            outbox::hold(tx, &claim, ATTEMPT_MS)?;
            store::advance(tx, id, from, State::Sending, None, attempt)?;
            store::add_step(tx, id, attempt * 2, "attempt_started", attempt, None)?;
            if let Some(leg) = &leg {
                routes::begin(tx, id, attempt, leg)?;
            }
            Ok(tx.record(Leaf::of(State::Sending.action()).on(MessageId::PREFIX, id.bytes()), ()))
        });
        outbox::ours(started.await)
    }

    /// Records what became of the message, reports it, and ends or postpones the job. If another node has taken the job over,
    /// nothing of this happens.
    pub(super) async fn settle(
        &self,
        ctx: &Ctx,
        claim: Claim,
        message: &Message,
        known: Option<&Accepted>,
        became: Became,
    ) -> Result<(), StoreError> {
        let report = match became.to.event() {
            Some(kind) => {
                let hearing = self.endpoints.hearing(ctx, kind, &message.callbacks).await?;
                if hearing.is_empty() { None } else { Some((occurrence(ctx, message, kind, &became)?, hearing)) }
            }
            None => None,
        };
        let at = ctx.now();
        let commitment = self.commitment(ctx, message, known, &became, at).await?;
        let (id, channel, stored) = (message.id, message.channel, Stored::of(message));
        let outcome = if became.again.is_some() { "deferred" } else { became.to.word() };
        self.store
            .write::<(), StoreError>(ctx, move |tx| {
                match became.again {
                    Some(at) => outbox::postpone(tx, &claim, at)?,
                    None => outbox::finish(tx, &claim)?,
                }
                if became.to.is_final() {
                    let Became { from, to, reason, attempts, .. } = became;
                    let provider_id = became.provider_id.as_deref();
                    store::end(tx, id, &store::End { from, to, reason, attempts, at, commitment, provider_id })?;
                    over(tx, &stored)?;
                } else {
                    store::advance(tx, id, became.from, became.to, became.reason, became.attempts)?;
                }
                if let Some((_, answer)) = became.leg {
                    routes::conclude(tx, id, became.attempts, answer)?;
                }
                if became.sandbox {
                    store::keep_in_sandbox(tx, id, channel)?;
                }
                store::add_outcome(tx, id, became.from, became.to, became.attempts, became.reason)?;
                if let Some((occurrence, hearing)) = &report {
                    deliveries::promise(tx, occurrence, hearing)?;
                }
                Ok(recorded(tx, id, &became, commitment.as_ref()))
            })
            .await?;
        self.meters.sent(outcome);
        Ok(())
    }

    /// What the message's receipt will be about, if it ends here: see [`super::witness`]. Nothing for somebody who was erased.
    async fn commitment(
        &self,
        ctx: &Ctx,
        message: &Message,
        known: Option<&Accepted>,
        became: &Became,
        at: Time,
    ) -> Result<Option<[u8; 32]>, StoreError> {
        if !became.to.is_final() {
            return Ok(None);
        }
        let read;
        let witness = match known {
            Some(known) => &*known.witness,
            None => match read_witness(&self.store, &self.contacts, ctx, message).await? {
                Some(witness) => {
                    read = witness;
                    &read
                }
                None => return Ok(None),
            },
        };
        let end = statement::End {
            state: became.to,
            reason: became.reason,
            attempts: became.attempts,
            at,
            provider_id: became.provider_id.as_deref(),
        };
        let statement = Statement::of(ctx.org, message, &end, witness);
        let text = statement.to_text().map_err(|_| StoreError::Missing("statement"))?;
        Ok(Some(witness.opening.statement(text.as_bytes())))
    }

    pub(super) async fn drop_job(&self, ctx: &Ctx, claim: Claim) -> Result<(), StoreError> {
        outbox::ours(self.store.maintain(ctx, move |tx| outbox::finish(tx, &claim)).await).map(drop)
    }
}

fn recorded(tx: &mut Tx<'_>, id: MessageId, became: &Became, commitment: Option<&[u8; 32]>) -> Recorded<()> {
    let leaf = Leaf::of(became.to.action()).on(MessageId::PREFIX, id.bytes());
    let leaf = match commitment {
        Some(commitment) => leaf.committing(commitment),
        None => leaf,
    };
    let leaf = match (became.to, became.reason) {
        (State::Failed | State::Unknown | State::Expired, Some(code)) => leaf.failed(code),
        (_, Some(code)) => leaf.because(code),
        (_, None) => leaf,
    };
    tx.record(leaf, ())
}

/// What proves what was sent, opened; nothing for somebody who was erased, and for messages from before there were receipts.
pub(super) async fn read_witness(
    house: &Store,
    contacts: &Contacts,
    ctx: &Ctx,
    message: &Message,
) -> Result<Option<Witness>, StoreError> {
    let id = message.id;
    let Some((sealed, digest)) = house.peek(ctx, move |tx| store::witness(tx, id)).await? else { return Ok(None) };
    let subject = match contacts.subject(ctx, message.contact).await {
        Ok(subject) => subject,
        Err(ContactRefusal::Store(error)) => return Err(error),
        Err(_) => return Ok(None),
    };
    Witness::open(ctx.org, &subject, id, &sealed, &digest).map(Some)
}

/// What an e-mail attempt's outcome makes of the message.
fn after(outcome: &Outcome, class: &str, attempt: u32, ctx: &Ctx) -> Became {
    let became = |to, reason| Became::of(State::Sending, to, reason, attempt);
    let again = *outcome != Outcome::Unknown || rules::may_repeat(class);
    let wait = RETRIES.get(attempt as usize).filter(|_| again);
    match outcome {
        Outcome::Accepted { .. } => became(State::Sent, None),
        Outcome::Rejected { .. } => became(State::Failed, Some("rejected")),
        Outcome::Unknown | Outcome::Deferred(_) => match wait {
            Some(wait) => {
                Became { again: Some(ctx.now().plus_ms(*wait)), ..became(State::Queued, Some(outcome.code())) }
            }
            None if *outcome == Outcome::Unknown => became(State::Unknown, Some(outcome.code())),
            None => became(State::Failed, Some("exhausted")),
        },
    }
}

/// What endpoints are told.
#[derive(Serialize)]
struct Report<'a> {
    message_id: MessageId,
    contact_id: sealpost_store::ContactId,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    channel: &'a str,
    class: &'a str,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<Arrived>,
}

/// Which step of its route brought a message to its end.
#[derive(Serialize)]
struct Arrived {
    id: RouteId,
    version: u32,
    step: u32,
    channel_id: ChannelId,
}

fn occurrence(ctx: &Ctx, message: &Message, kind: &'static str, became: &Became) -> Result<Occurrence, StoreError> {
    let id = NoticeId::new(&ctx.world);
    let arrived = |(route, (leg, _)): (RouteRef, (Leg, Answer))| Arrived {
        id: route.id,
        version: route.version,
        step: leg.step.saturating_add(1),
        channel_id: leg.channel,
    };
    let data = Report {
        message_id: message.id,
        contact_id: message.contact,
        state: became.to,
        reason: became.reason,
        channel: message.channel.as_str(),
        class: &message.class,
        attempts: became.attempts,
        route: message.route.zip(became.leg).map(arrived),
    };
    let notice = Notice { id, kind, timestamp: ctx.now().to_string(), environment: ctx.org.environment, data };
    let body = notice.to_bytes().map_err(|_| StoreError::Missing("report"))?;
    Ok(Occurrence { id, kind: kind.into(), message: Some(message.id), body })
}

impl Handler for Sender {
    fn run(&self, claim: Claim) -> Pin<Box<dyn Future<Output = Went> + Send + '_>> {
        Box::pin(async move {
            if let Err(error) = self.dispatch(claim).await {
                tracing::warn!(error = %error, "message.not_dispatched");
            }
            Went::Moot
        })
    }
}
