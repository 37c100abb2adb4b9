//! Use cases of deliveries.

use std::borrow::Cow;

use bytes::Bytes;
use sealpost_store::{Ctx, DeliveryId, EndpointId, Leaf, MessageId, NewJob, NoticeId, Recorded, StoreError, Time, Tx};
use sealpost_web::{Failure, Fault, Refusal, not_found};
use serde::Serialize;

use super::model::{Attempt, Delivery, Notice, State};
use super::{JOB, codes, store};

/// The most deliveries one call resends.
pub(super) const MOST_RESENT: u32 = 1000;

impl<D: Serialize> Notice<'_, D> {
    /// The exact bytes to send: compact JSON that survives being parsed and written again.
    pub fn to_bytes(&self) -> Result<Bytes, Fault> {
        Ok(serde_json::to_vec(self).map_err(Fault::new)?.into())
    }
}

/// What is to be told, about which message.
pub(crate) struct Occurrence {
    /// The event's id.
    pub id: NoticeId,
    /// Its name.
    pub kind: Cow<'static, str>,
    /// The message it is about.
    pub message: Option<MessageId>,
    /// The exact bytes.
    pub body: Bytes,
}

/// Promises to tell these endpoints, in the transaction of what is told.
pub(crate) fn promise(tx: &mut Tx<'_>, occurrence: &Occurrence, endpoints: &[EndpointId]) -> Result<(), StoreError> {
    let ctx = tx.ctx();
    for endpoint in endpoints {
        let delivery = Delivery {
            id: DeliveryId::new(&ctx.world),
            endpoint: *endpoint,
            notice: occurrence.id,
            kind: occurrence.kind.clone().into_owned(),
            message: occurrence.message,
            body: occurrence.body.clone(),
            state: State::Queued,
            attempts: 0,
            next_at: None,
            created_at: ctx.now(),
            updated_at: ctx.now(),
        };
        store::insert(tx, &delivery)?;
        tx.enqueue(NewJob::now(JOB, delivery.id.bytes()).with(delivery))?;
    }
    Ok(())
}

/// A delivery with its attempts.
pub(super) fn find(tx: &mut Tx<'_>, id: DeliveryId) -> Result<(Delivery, Vec<Attempt>), Failure> {
    let delivery = store::find(tx, id)?.ok_or_else(not_found)?;
    let attempts = store::attempts(tx, id)?;
    Ok((delivery, attempts))
}

/// Sends one more time, whatever became of it before: the event keeps its id, so a receiver recognises it.
pub(super) fn resend(tx: &mut Tx<'_>, id: DeliveryId) -> Result<Recorded<Delivery>, Failure> {
    let delivery = store::find(tx, id)?.ok_or_else(not_found)?;
    if delivery.state == State::Queued {
        return Err(Refusal::of(&codes::DELIVERY_UNDER_WAY).into());
    }
    let delivery = requeue(tx, delivery)?;
    Ok(tx.record(Leaf::of("delivery.resend").on(DeliveryId::PREFIX, id.bytes()), delivery))
}

/// Resends what an endpoint has missed since `since`: its dead letters, oldest of the newest [`MOST_RESENT`] first.
pub(super) fn resend_dead(tx: &mut Tx<'_>, endpoint: EndpointId, since: Time) -> Result<Recorded<u32>, Failure> {
    let newest = DeliveryId::from_bytes([0xff; 16]);
    let mut dead = store::page_of(tx, endpoint, Some(State::Dead), newest, MOST_RESENT)?;
    dead.retain(|delivery| delivery.created_at >= since);
    let mut count = 0;
    for delivery in dead.into_iter().rev() {
        requeue(tx, delivery)?;
        count += 1;
    }
    Ok(tx.record(Leaf::of("endpoint.resend").on(EndpointId::PREFIX, endpoint.bytes()), count))
}

fn requeue(tx: &mut Tx<'_>, delivery: Delivery) -> Result<Delivery, StoreError> {
    store::advance(tx, delivery.id, State::Queued, delivery.attempts, Some(tx.ctx().now()))?;
    let delivery = Delivery { state: State::Queued, updated_at: tx.ctx().now(), ..delivery };
    tx.enqueue(NewJob::now(JOB, delivery.id.bytes()).with(delivery.clone()))?;
    Ok(delivery)
}

/// Deliveries to an endpoint, newest first.
pub(crate) fn page_of(
    tx: &mut Tx<'_>,
    endpoint: EndpointId,
    state: Option<State>,
    before: DeliveryId,
    limit: u32,
) -> Result<Vec<Delivery>, StoreError> {
    store::page_of(tx, endpoint, state, before, limit)
}

/// The newest deliveries to an endpoint.
pub(crate) fn newest_of(tx: &mut Tx<'_>, endpoint: EndpointId, limit: u32) -> Result<Vec<Delivery>, StoreError> {
    store::page_of(tx, endpoint, None, DeliveryId::from_bytes([0xff; 16]), limit)
}

/// Deliveries that tell of a message.
pub(crate) fn of_message(tx: &mut Tx<'_>, message: MessageId) -> Result<Vec<Delivery>, StoreError> {
    store::of_message(tx, message)
}

/// A context for Sealpost's own work on a job's organisation.
pub(super) fn ctx(store: &sealpost_store::Store, claim: &sealpost_store::Claim) -> Ctx {
    Ctx::system(claim.org, store.world().clone())
}
