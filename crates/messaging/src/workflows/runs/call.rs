//! A call: written down before it leaves and after it was answered. Who dies in between leaves one of which nobody knows.

use std::time::Duration;

use sealpost_seal::pan;
use sealpost_seal::payload::Undecryptable;
use sealpost_store::failpoint::{self, Point};
use sealpost_store::{Claim, Ctx, DeliveryId, StoreError};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::jobs::{At, On, Onward, Runner, Written};
use crate::endpoints::{Gate, JSON, Ready, Telling, call};
use crate::workflows::definition::Node;
use crate::workflows::model::StepState;
use crate::workflows::rules::{AfterCall, Heard, after_call, filled};

/// What endpoints are told that a call is.
const KIND: &str = "workflow.call";
/// How long a receiver has, all together: a third of what a node may take.
const DEADLINE: Duration = Duration::from_secs(20);
/// The most of an answer that is kept.
pub(super) const KEPT: usize = 16 * 1024;

/// What an endpoint answered.
struct Answered {
    status: u16,
    /// In clear, unless it was to be encrypted and doesn't open.
    said: Result<Zeroizing<Vec<u8>>, Undecryptable>,
    truncated: bool,
}

impl Answered {
    /// What follows from it. Of an answer that says yes and doesn't open nobody knows who gave it; one that says no is believed, as
    /// whoever stands in between can say no in any case.
    fn heard(&self) -> Heard {
        match &self.said {
            Err(why) if (200..300).contains(&self.status) => Heard::Unreadable(why.code()),
            _ => Heard::Answered(self.status),
        }
    }
}

impl Runner {
    pub(super) async fn call(&self, ctx: &Ctx, claim: &Claim, at: &At, attempt: u32) -> Result<Onward, StoreError> {
        let Node::Call { endpoint, next, on, attempts, .. } = at.node()? else {
            return Err(StoreError::Column("node".into()));
        };
        let endpoints = &self.workflows.on.endpoints;
        let ready = match endpoints.named(ctx, endpoint).await? {
            Some(id) => endpoints.ready(ctx, id).await?,
            None => None,
        };
        // A rate knows who waits by an id: here it is the run's.
        let gate = match &ready {
            Some(ready) => Some(endpoints.gate(ctx, ready, DeliveryId::from_bytes(at.run.id.bytes())).await?),
            None => None,
        };
        let (heard, answer) = match (&ready, gate) {
            (Some(ready), Some(Gate::Open)) => {
                // From here on it may have been heard.
                self.write(ctx, claim, at, Written::here(StepState::Calling, attempt, None)).await?;
                let answered = self.ask(ctx, at, ready, attempt).await?;
                failpoint::pass(Point::AfterProvider);
                match answered {
                    Ok(answer) => (answer.heard(), Some(answer)),
                    Err(code) => (Heard::Lost(code), None),
                }
            }
            (_, Some(Gate::Later(until))) => {
                let written = Written {
                    on: On::Rest(until),
                    ..Written::here(StepState::Waiting, attempt - 1, Some("postponed"))
                };
                return self.write(ctx, claim, at, written).await;
            }
            (Some(_), _) => (Heard::Closed("endpoint_closed"), None),
            (None, _) => (Heard::Closed("endpoint_unknown"), None),
        };
        let status = answer.as_ref().map(|answer| answer.status);
        let written = match after_call((next, on, *attempts), heard, attempt) {
            AfterCall::Became(became) => Written::of(&became, attempt),
            AfterCall::Again(after_ms) => {
                let on = On::Rest(ctx.now().plus_ms(after_ms));
                Written { on, ..Written::here(StepState::Waiting, attempt, Some("again")) }
            }
        };
        let answers = match answer.filter(|_| at.definition.asks_for_answer_of(&at.run.node)) {
            Some(answer) => Some(self.sealed(ctx, at, &answer)?),
            None => None,
        };
        let onward = self.write(ctx, claim, at, Written { status, answers, ..written }).await?;
        if let (Some(ready), Heard::Answered(_) | Heard::Unreadable(_) | Heard::Lost(_)) = (&ready, heard) {
            // An answer of 4xx says no to this call, one that doesn't open nothing; that the endpoint doesn't work is another matter.
            endpoints.took(ctx, ready, matches!(heard, Heard::Answered(..=499) | Heard::Unreadable(_))).await;
        }
        Ok(onward)
    }

    /// Asks, signed and encrypted as this endpoint's deliveries are; the inner error is a code.
    async fn ask(
        &self,
        ctx: &Ctx,
        at: &At,
        ready: &Ready,
        attempt: u32,
    ) -> Result<Result<Answered, &'static str>, StoreError> {
        let Node::Call { data, .. } = at.node()? else { return Err(StoreError::Column("node".into())) };
        // The same for every attempt, so that receivers know one again.
        let id = format!("{}_{}", at.run.id, at.run.node);
        let body = json!({
            "id": id,
            "type": KIND,
            "timestamp": ctx.now().to_string(),
            "environment": ctx.org.environment.as_str(),
            "data": {
                "workflow_id": at.run.workflow,
                "run_id": at.run.id,
                "node": at.run.node,
                "data": filled(data, &at.fields),
            },
        });
        let telling = Telling {
            id: &id,
            kind: KIND,
            body: body.to_string().into_bytes().into(),
            media_type: JSON,
            attempt,
            at: ctx.now(),
            deadline: DEADLINE,
        };
        Ok(match call(&self.client, ctx, ready, telling).await {
            Ok(called) => Ok(Answered {
                status: called.answer.status,
                said: ready.said(&called.answer),
                truncated: called.answer.truncated,
            }),
            Err(error) => Err(error.code()),
        })
    }

    /// All answers there are with this one, sealed.
    fn sealed(&self, ctx: &Ctx, at: &At, answer: &Answered) -> Result<Vec<u8>, StoreError> {
        let mut answers = at.answers();
        answers.insert(at.run.node.clone(), json!({ "status": answer.status, "body": read(answer) }));
        at.key.seal(ctx, at.run.id, at.run.contact, "answers", &answers).map_err(|_| StoreError::Missing("answers"))
    }
}

/// What is kept of an answer: small JSON without card numbers, or nothing.
fn read(answer: &Answered) -> Value {
    let said = answer.said.as_ref().ok().filter(|said| !answer.truncated && said.len() <= KEPT);
    let text = said.and_then(|said| std::str::from_utf8(said).ok());
    text.filter(|text| !pan::contains(text)).and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
}
