//! Sends what was accepted.
//!
//! ```text
//! test:  one transaction: into the sandbox outbox, delivered, reported
//! live:  attempt_started ─ durable ─► provider ─► outcome ─ durable ─► report
//! ```
//!
//! A crash between the two commits of a live attempt leaves the message `sending`: whether the provider took it is unknown, and
//! [`rules::opening`] decides by class whether it may be asked again.

use std::pin::Pin;
use std::sync::Arc;

use sealpost_egress::smtp::Outcome;
use sealpost_store::failpoint::{self, Point};
use sealpost_store::trace::{Attribute, Kind, Open};
use sealpost_store::{Claim, Ctx, Leaf, MessageId, NoticeId, Recorded, Store, StoreError, Time, Tx, outbox};
use serde::Serialize;

use super::email::EmailSender;
use super::model::{Message, State};
use super::rules::{self, Opening, Route};
use super::sealing::Shared;
use super::store;
use crate::contacts::Contacts;
use crate::deliveries::{self, Notice, Occurrence, RETRIES};
use crate::dispatcher::Handler;
use crate::endpoints::Endpoints;
use crate::meters::Meters;

/// The longest a provider may be asked: an SMTP dialogue has a time limit for each of its phases.
const ATTEMPT_MS: i64 = 15 * 60_000;

/// What an accepting transaction leaves for its dispatch.
pub(super) struct Accepted {
    pub(super) message: Message,
    pub(super) key: Shared,
}

/// Sends accepted messages.
pub struct Sender {
    store: Store,
    contacts: Contacts,
    endpoints: Endpoints,
    email: EmailSender,
    meters: Arc<Meters>,
}

/// What became of a message.
struct Became {
    from: State,
    to: State,
    /// Why, as a code.
    reason: Option<&'static str>,
    attempts: u32,
    /// When to try again, for a message that goes back to the queue.
    again: Option<Time>,
    /// Whether it goes into the sandbox outbox.
    sandbox: bool,
}

impl Sender {
    /// E-mail goes out through `email`.
    pub(crate) fn new(
        store: Store,
        contacts: Contacts,
        endpoints: Endpoints,
        email: EmailSender,
        meters: Arc<Meters>,
    ) -> Arc<Self> {
        Arc::new(Self { store, contacts, endpoints, email, meters })
    }

    async fn dispatch(&self, claim: Claim) -> Result<(), StoreError> {
        let ctx = Ctx::system(claim.org, self.store.world().clone());
        let hint = claim.hint.clone().and_then(|hint| hint.downcast::<Accepted>().ok());
        let read;
        let message = match &hint {
            Some(accepted) => &accepted.message,
            None => {
                let id = MessageId::from_bytes(claim.target);
                read = self.store.peek(&ctx, move |tx| store::find(tx, id)).await?;
                match &read {
                    Some(message) => message,
                    None => return self.drop_job(&ctx, claim).await,
                }
            }
        };
        let from = message.state;
        let lost = |to, reason| Became {
            from,
            to,
            reason: Some(reason),
            attempts: message.attempts,
            again: None,
            sandbox: false,
        };
        match rules::opening(from, &message.class, message.send_before, ctx.now()) {
            Opening::Nothing => self.drop_job(&ctx, claim).await,
            Opening::Expire => self.settle(&ctx, claim, message, lost(State::Expired, "send_before")).await,
            Opening::Lost => self.settle(&ctx, claim, message, lost(State::Unknown, "interrupted")).await,
            Opening::Attempt => match rules::route(claim.org.environment) {
                Route::Sandbox => {
                    let became =
                        Became { from, to: State::Delivered, reason: None, attempts: 1, again: None, sandbox: true };
                    self.settle(&ctx, claim, message, became).await
                }
                Route::Provider => {
                    self.attempt(&ctx, claim, message, hint.as_ref().map(|accepted| accepted.key.clone())).await
                }
            },
        }
    }

    async fn attempt(&self, ctx: &Ctx, claim: Claim, message: &Message, key: Option<Shared>) -> Result<(), StoreError> {
        let attempt = message.attempts + 1;
        let ready = match self.email.prepare(ctx, message, key, &self.contacts).await {
            Ok(ready) => ready,
            Err(code) => {
                let became = Became {
                    from: message.state,
                    to: State::Failed,
                    reason: Some(code),
                    attempts: message.attempts,
                    again: None,
                    sandbox: false,
                };
                return self.settle(ctx, claim, message, became).await;
            }
        };
        if !self.start(ctx, &claim, message, attempt).await? {
            return self.drop_job(ctx, claim).await;
        }
        let mut send = Open::inside("send", Kind::Client);
        let outcome = send.around(self.email.send(ctx, ready)).await;
        send.ended(Attribute::Outcome(outcome.code()), !matches!(outcome, Outcome::Accepted { .. }));
        drop(send);
        failpoint::pass(Point::AfterProvider);
        let became = after(&outcome, &message.class, attempt, ctx);
        self.settle(ctx, claim, message, became).await
    }

    /// Makes it durable that a provider is about to be asked; false if the message has been cancelled or the job taken over
    /// meanwhile.
    async fn start(&self, ctx: &Ctx, claim: &Claim, message: &Message, attempt: u32) -> Result<bool, StoreError> {
        let (id, from, claim) = (message.id, message.state, claim.clone());
        let started = self.store.write(ctx, move |tx| {
            // Whoever lost the lease while waiting must not send what another is sending.
            outbox::hold(tx, &claim, ATTEMPT_MS)?;
            store::advance(tx, id, from, State::Sending, None, attempt)?;
            store::add_step(tx, id, attempt * 2, "attempt_started", attempt, None)?;
            Ok(tx.record(Leaf::of(State::Sending.action()).on(MessageId::PREFIX, id.bytes()), ()))
        });
        outbox::ours(started.await)
    }

    /// Records what became of the message, reports it, and ends or postpones the job. If another node has taken the job over,
    /// nothing of this happens.
    async fn settle(&self, ctx: &Ctx, claim: Claim, message: &Message, became: Became) -> Result<(), StoreError> {
        let report = match became.to.event() {
            Some(kind) => {
                let hearing = self.endpoints.hearing(ctx, kind, &message.callbacks).await?;
                if hearing.is_empty() { None } else { Some((occurrence(ctx, message, kind, &became)?, hearing)) }
            }
            None => None,
        };
        let (id, channel) = (message.id, message.channel);
        let outcome = if became.again.is_some() { "deferred" } else { became.to.word() };
        self.store
            .write::<(), StoreError>(ctx, move |tx| {
                match became.again {
                    Some(at) => outbox::postpone(tx, &claim, at)?,
                    None => outbox::finish(tx, &claim)?,
                }
                store::advance(tx, id, became.from, became.to, became.reason, became.attempts)?;
                if became.sandbox {
                    store::keep_in_sandbox(tx, id, channel)?;
                }
                store::add_step(tx, id, became.attempts * 2 + 1, became.to.word(), became.attempts, became.reason)?;
                if let Some((occurrence, hearing)) = &report {
                    deliveries::promise(tx, occurrence, hearing)?;
                }
                Ok(recorded(tx, id, &became))
            })
            .await?;
        self.meters.sent(outcome);
        Ok(())
    }

    async fn drop_job(&self, ctx: &Ctx, claim: Claim) -> Result<(), StoreError> {
        outbox::ours(self.store.maintain(ctx, move |tx| outbox::finish(tx, &claim)).await).map(drop)
    }
}

fn recorded(tx: &mut Tx<'_>, id: MessageId, became: &Became) -> Recorded<()> {
    let leaf = Leaf::of(became.to.action()).on(MessageId::PREFIX, id.bytes());
    let leaf = match (became.to, became.reason) {
        (State::Failed | State::Unknown | State::Expired, Some(code)) => leaf.failed(code),
        (_, Some(code)) => leaf.because(code),
        (_, None) => leaf,
    };
    tx.record(leaf, ())
}

/// What an e-mail attempt's outcome makes of the message.
fn after(outcome: &Outcome, class: &str, attempt: u32, ctx: &Ctx) -> Became {
    let became =
        |to, reason| Became { from: State::Sending, to, reason, attempts: attempt, again: None, sandbox: false };
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
}

fn occurrence(ctx: &Ctx, message: &Message, kind: &'static str, became: &Became) -> Result<Occurrence, StoreError> {
    let id = NoticeId::new(&ctx.world);
    let data = Report {
        message_id: message.id,
        contact_id: message.contact,
        state: became.to,
        reason: became.reason,
        channel: message.channel.as_str(),
        class: &message.class,
        attempts: became.attempts,
    };
    let notice = Notice { id, kind, timestamp: ctx.now().to_string(), environment: ctx.org.environment, data };
    let body = notice.to_bytes().map_err(|_| StoreError::Missing("report"))?;
    Ok(Occurrence { id, kind: kind.into(), message: Some(message.id), body })
}

impl Handler for Sender {
    fn run(&self, claim: Claim) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            if let Err(error) = self.dispatch(claim).await {
                tracing::warn!(error = %error, "message.not_dispatched");
            }
        })
    }
}
