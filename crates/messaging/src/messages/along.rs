//! Sends a message along its route, a step at a time.
//!
//! ```text
//! what is on record of its attempts ─► rules::next ─► attempt_started, step ─ durable ─► provider ─► outcome, answer ─ durable
//!              ▲                                                                                          │
//!              └───────────────────────────── back to the queue, at once or later ◄───────────────────────┘
//! ```
//!
//! Each step is an attempt like any other: between two of them the message is in the queue, can be taken back, and may run out of time.
//! A crash in the middle of one leaves an attempt without an answer, which is one of which nobody knows.

use std::sync::Arc;
use std::time::Duration;

use sealpost_store::{Claim, Ctx, StoreError};

use super::dispatch::{Accepted, Became, Sender};
use super::email::is_about_the_channel;
use super::model::{Message, State};
use super::rules;
use crate::deliveries::RETRIES;
use crate::routes::{self, Answer, Leg, Next, Plan, RouteRef, Tried};

/// A message on its route.
struct Walk {
    plan: Arc<Plan>,
    order: Vec<u32>,
    tried: Vec<Tried>,
    repeatable: bool,
}

impl Walk {
    fn next(&self) -> Next {
        routes::next(self.plan.on_unknown, &self.order, &self.tried, self.repeatable, &RETRIES)
    }
}

impl Sender {
    /// Tries the next step.
    pub(super) async fn along(
        &self,
        ctx: &Ctx,
        claim: Claim,
        message: &Message,
        known: Option<&Accepted>,
        route: RouteRef,
    ) -> Result<(), StoreError> {
        let mut walk = self.walk(ctx, message, route).await?;
        let attempt = message.attempts + 1;
        let (leg, limit) = match walk.next() {
            Next::Try { step, round, .. } => match walk.plan.steps.get(step as usize) {
                Some(at) => {
                    let limit = at.accepted_within_s.map(|seconds| Duration::from_secs(seconds.into()));
                    (Leg { step, round, channel: at.channel }, limit)
                }
                None => return Err(StoreError::Missing("route step")),
            },
            // Only after a crash: what would have followed was settled with the last attempt.
            end => {
                let became = became(ctx, end, message.state, "answer_lost", message.attempts);
                return self.settle(ctx, claim, message, known, became).await;
            }
        };
        let key = known.map(|accepted| accepted.key.clone());
        let ready = self.email.prepare(ctx, message, Some(leg.channel), key, &self.contacts).await;
        if let Err(code) = &ready
            && !is_about_the_channel(code)
        {
            let became = Became::of(message.state, State::Failed, Some(*code), message.attempts);
            return self.settle(ctx, claim, message, known, became).await;
        }
        // A channel that can't be used counts as one that was asked: what is on record decides what comes next.
        if !self.start(ctx, &claim, message, attempt, Some(leg)).await? {
            return self.drop_job(ctx, claim).await;
        }
        let (answer, code, provider_id) = match ready {
            Ok(ready) => {
                let (outcome, provider_id) = self.hand_over(ctx, message, ready, limit).await;
                (routes::answer(&outcome), outcome.code(), provider_id)
            }
            Err(code) => (Answer::Later, code, None),
        };
        walk.tried.push(Tried { step: leg.step, round: leg.round, answer });
        let mut became = became(ctx, walk.next(), State::Sending, code, attempt);
        (became.provider_id, became.leg) = (provider_id, Some((leg, answer)));
        self.settle(ctx, claim, message, known, became).await
    }

    /// Where the message stands, by what is on record.
    async fn walk(&self, ctx: &Ctx, message: &Message, route: RouteRef) -> Result<Walk, StoreError> {
        let plan = self.routes.plan(ctx, route).await?;
        let id = message.id;
        let tried = match message.attempts {
            0 => Vec::new(),
            _ => self.store.peek(ctx, move |tx| routes::tried(tx, id)).await?,
        };
        let turn = match tried.first() {
            Some(first) => first.step,
            None => self.routes.turn(ctx, route.id, &plan),
        };
        let order = routes::order(&plan, id, turn);
        Ok(Walk { plan, order, tried, repeatable: rules::may_repeat(&message.class) })
    }
}

/// What a step and its answer make of the message.
fn became(ctx: &Ctx, next: Next, from: State, code: &'static str, attempt: u32) -> Became {
    let became = |to, reason| Became::of(from, to, reason, attempt);
    match next {
        Next::Try { wait_ms, .. } => {
            let mut waits = became(State::Queued, Some(code));
            waits.again = Some(ctx.now().plus_ms(wait_ms));
            waits
        }
        Next::Sent => became(State::Sent, None),
        Next::Failed(reason) => became(State::Failed, Some(reason)),
        Next::Unknown => became(State::Unknown, Some(code)),
    }
}
