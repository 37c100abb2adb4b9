//! A send: the message is accepted in the transaction that writes down that it was.

use sealpost_store::{Claim, Ctx, StoreError};
use sealpost_web::Failure;
use serde_json::{Value, json};

use super::jobs::{At, On, Onward, Runner, Written, leaf, put};
use crate::messages::NotAccepted;
use crate::messages::codes::CONTACT_RACED;
use crate::workflows::definition::{Node, To};
use crate::workflows::model::StepState;
use crate::workflows::rules::{filled, not_sent, sent};

/// How often a message whose new contact somebody else was faster to make is prepared again.
const RACES: usize = 4;
/// How long a run waits where there is no room for its message now.
const ROOM_MS: i64 = 1_000;

/// Why a message was not accepted.
enum Unsent {
    /// It may not be.
    Not(NotAccepted),
    /// The transaction failed.
    Store(StoreError),
}

impl From<StoreError> for Unsent {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Runner {
    pub(super) async fn send(&self, ctx: &Ctx, claim: &Claim, at: &At) -> Result<Onward, StoreError> {
        let Node::Send { event, to, data, next, otherwise } = at.node()? else {
            return Err(StoreError::Column("node".into()));
        };
        let attempt = at.step().map_or(0, |step| step.attempt) + 1;
        let refused = |code| Written::of(&not_sent(code, otherwise.as_deref()), attempt);
        let Some(to) = recipient(at, to.as_ref()) else {
            return self.write(ctx, claim, at, refused("recipient_missing")).await;
        };
        let message = json!({ "event": event, "to": to, "data": filled(data, &at.fields) });
        for _ in 0..RACES {
            let ready = match self.workflows.on.messages.make_ready(ctx, &message).await {
                Ok(ready) => ready,
                Err(failure) => return self.not_sent(ctx, claim, at, failure, (refused, attempt)).await,
            };
            let written = Written::of(&sent(next), attempt);
            let (job, here) = (claim.clone(), at.here()?);
            let accepted = self.workflows.store().write(ctx, move |tx| {
                let accepted = ready.accept(tx).map_err(Unsent::Not)?;
                let written = Written { message: Some(*accepted.value()), ..written };
                put(tx, &job, &here, &written)?;
                tx.note(leaf(&here, &written));
                Ok(accepted.map(drop))
            });
            match accepted.await {
                Ok(()) => return Ok(Onward::Again),
                Err(Unsent::Not(NotAccepted::Raced)) => {}
                Err(Unsent::Not(NotAccepted::Refused(failure))) => {
                    return self.not_sent(ctx, claim, at, failure, (refused, attempt)).await;
                }
                Err(Unsent::Store(error)) => return Err(error),
            }
        }
        self.write(ctx, claim, at, refused(CONTACT_RACED.code)).await
    }

    async fn not_sent(
        &self,
        ctx: &Ctx,
        claim: &Claim,
        at: &At,
        failure: Failure,
        (refused, attempt): (impl Fn(&'static str) -> Written, u32),
    ) -> Result<Onward, StoreError> {
        match failure {
            // There is no room now: it will be tried again.
            Failure::Refused(refusal) if refusal.code().status >= 500 => {
                let on = On::Rest(ctx.now().plus_ms(ROOM_MS));
                let written = Written { on, ..Written::here(StepState::Waiting, attempt, Some(refusal.code().code)) };
                self.write(ctx, claim, at, written).await
            }
            Failure::Refused(refusal) => self.write(ctx, claim, at, refused(refusal.code().code)).await,
            Failure::Fault(fault) => {
                // Nothing of it happened; the job is done again when its lease has run out.
                tracing::warn!(error = %fault, "workflow_run.not_sent");
                Ok(Onward::Rest)
            }
        }
    }
}

/// To whom; nothing if the field that says so isn't there, or is no text.
fn recipient(at: &At, to: Option<&To>) -> Option<Value> {
    let Some(to) = to else { return Some(json!({ "contact_id": at.run.contact })) };
    let (part, path) = to.parts();
    let found = path.find(&at.fields).filter(|value| value.is_string())?;
    Some(json!({ part: found }))
}
