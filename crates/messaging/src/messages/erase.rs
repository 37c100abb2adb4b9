//! What becomes of the messages of somebody who is erased.

use sealpost_store::{ContactId, Ctx, Leaf, MessageId, SlotId, StoreError, Tx, outbox};
use sealpost_web::Failure;

use super::model::State;
use super::service::{HearingOfCancel, Stored, over};
use super::{JOB, Messages, store};
use crate::deliveries;

/// Messages taken back between two looks for more.
const AT_ONCE: u32 = 200;
/// How often it is looked for more.
const LOOKS: u32 = 50;
/// Why they are taken back.
const ERASED: &str = "erased";

impl Messages {
    /// Takes back what waits to be sent to this contact, each in a transaction of its own in which `also` is done. What is being
    /// sent right now isn't waiting.
    pub(crate) async fn withdraw_all(
        &self,
        ctx: &Ctx,
        contact: ContactId,
        also: impl Fn(&mut Tx<'_>) -> Result<(), StoreError> + Clone + Send + 'static,
    ) -> Result<(), Failure> {
        for _ in 0..LOOKS {
            let waiting =
                self.store().read::<_, StoreError>(ctx, move |tx| store::queued_to(tx, contact, AT_ONCE)).await?;
            if waiting.is_empty() {
                return Ok(());
            }
            for id in waiting {
                let hearing = self.hearing_of_cancel(ctx, id).await?;
                let also = also.clone();
                let taken = self.store().write(ctx, move |tx| {
                    withdraw(tx, id, hearing)?;
                    also(tx)?;
                    let leaf = Leaf::of(State::Cancelled.action()).on(MessageId::PREFIX, id.bytes()).because(ERASED);
                    Ok(tx.record(leaf, ()))
                });
                // Somebody else was faster: it is being sent, or was taken back.
                outbox::ours(taken.await)?;
            }
        }
        Ok(())
    }
}

fn withdraw(tx: &mut Tx<'_>, id: MessageId, hearing: Option<HearingOfCancel>) -> Result<(), StoreError> {
    let message = store::find(tx, id)?.filter(|message| message.state == State::Queued);
    let message = message.ok_or(StoreError::Superseded)?;
    // The job before the message, as whoever sends it does.
    outbox::cancel(tx, JOB, id.bytes())?;
    store::advance(tx, id, State::Queued, State::Cancelled, Some(ERASED), message.attempts)?;
    over(tx, &Stored::of(&message))?;
    store::add_outcome(tx, id, State::Queued, State::Cancelled, message.attempts, Some(ERASED))?;
    if let Some(hearing) = hearing {
        deliveries::promise(tx, &hearing.occurrence, &hearing.endpoints)?;
    }
    Ok(())
}

/// Messages to this contact of which anything sealed is left, and where their keys are: up to `limit`.
pub(crate) fn left_of(tx: &mut Tx<'_>, contact: ContactId, limit: u32) -> Result<Vec<(MessageId, SlotId)>, StoreError> {
    store::sealed_to(tx, contact, limit)
}

/// Removes what stands sealed in these messages; answers how many had anything, and how many stood in the sandbox outbox.
pub(crate) fn blank(tx: &mut Tx<'_>, ids: &[MessageId]) -> Result<(u64, u64), StoreError> {
    let (mut blanked, mut sandboxed) = (0, 0);
    for id in ids {
        blanked += store::blank(tx, *id)?;
        sandboxed += store::leave_sandbox(tx, *id)?;
    }
    Ok((blanked, sandboxed))
}
