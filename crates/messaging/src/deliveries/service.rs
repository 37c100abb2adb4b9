//! Use cases of deliveries.

use std::borrow::Cow;

use bytes::Bytes;
use sealpost_store::{
    Ctx, DeliveryId, EndpointId, Leaf, MessageId, NewJob, NoticeId, OrgId, Recorded, Store, StoreError, Time, Tx,
};
use sealpost_web::problem::{Code, NOT_FOUND};
use sealpost_web::{Failure, Fault, Refusal, not_found};
use serde::Serialize;

use super::model::{Attempt, Delivery, Notice, State, Wanted};
use super::{JOB, codes, store};

/// The most deliveries one call resends.
pub(super) const MOST_RESENT: u32 = 1000;

impl<D: Serialize> Notice<'_, D> {
    /// The exact bytes to send: compact JSON that survives being parsed and written again.
    pub fn to_bytes(&self) -> Result<Bytes, Fault> {
        Ok(serde_json::to_vec(self).map_err(Fault::new)?.into())
    }
}

/// How long a delivery is kept with its attempts: 90 days.
pub(super) const KEPT_MS: i64 = 90 * 86_400_000;
/// Forgotten in one transaction.
const FORGOTTEN_AT_ONCE: u32 = 500;

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
    let count = resend_all(tx, Some(endpoint), since)?;
    Ok(tx.record(Leaf::of("endpoint.resend").on(EndpointId::PREFIX, endpoint.bytes()), count))
}

/// Which deliveries are to be sent once more.
pub(super) enum Chosen {
    /// These.
    These(Vec<DeliveryId>),
    /// Dead letters since then, of one endpoint or of all.
    DeadSince(Time, Option<EndpointId>),
}

/// What became of sending several once more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Resent {
    /// How many are under way again.
    pub(super) count: u32,
    /// Those that aren't, and why.
    pub(super) skipped: Vec<(DeliveryId, &'static Code)>,
}

/// Sends several once more, at most [`MOST_RESENT`]: each on record, and one that can't be doesn't keep the others.
pub(super) fn resend_many(tx: &mut Tx<'_>, chosen: Chosen) -> Result<Recorded<Resent>, Failure> {
    let mut resent = Resent::default();
    match chosen {
        Chosen::DeadSince(since, endpoint) => {
            if let Some(endpoint) = endpoint {
                crate::endpoints::find(tx, endpoint)?;
            }
            resent.count = resend_all(tx, endpoint, since)?;
        }
        Chosen::These(ids) => {
            for id in ids {
                match store::find(tx, id)? {
                    None => resent.skipped.push((id, &NOT_FOUND)),
                    Some(delivery) if delivery.state == State::Queued => {
                        resent.skipped.push((id, &codes::DELIVERY_UNDER_WAY));
                    }
                    Some(delivery) => {
                        requeue(tx, delivery)?;
                        tx.note(Leaf::of("delivery.resend").on(DeliveryId::PREFIX, id.bytes()));
                        resent.count += 1;
                    }
                }
            }
        }
    }
    let org = tx.ctx().org.id;
    Ok(tx.record(Leaf::of("delivery.resend_many").on(OrgId::PREFIX, org.bytes()), resent))
}

fn resend_all(tx: &mut Tx<'_>, endpoint: Option<EndpointId>, since: Time) -> Result<u32, StoreError> {
    let newest = DeliveryId::from_bytes([0xff; 16]);
    let wanted = Wanted { endpoint, state: Some(State::Dead), since: Some(since), ..Wanted::default() };
    let dead = store::search(tx, &wanted, newest, MOST_RESENT)?;
    let mut count = 0;
    for delivery in dead.into_iter().rev() {
        requeue(tx, delivery)?;
        count += 1;
    }
    Ok(count)
}

fn requeue(tx: &mut Tx<'_>, delivery: Delivery) -> Result<Delivery, StoreError> {
    store::advance(tx, delivery.id, State::Queued, delivery.attempts, Some(tx.ctx().now()))?;
    let delivery = Delivery { state: State::Queued, updated_at: tx.ctx().now(), ..delivery };
    tx.enqueue(NewJob::now(JOB, delivery.id.bytes()).with(delivery.clone()))?;
    Ok(delivery)
}

/// Deliveries, newest first.
pub(crate) fn search(
    tx: &mut Tx<'_>,
    wanted: &Wanted,
    before: DeliveryId,
    limit: u32,
) -> Result<Vec<Delivery>, StoreError> {
    store::search(tx, wanted, before, limit)
}

/// The newest deliveries to an endpoint.
pub(crate) fn newest_of(tx: &mut Tx<'_>, endpoint: EndpointId, limit: u32) -> Result<Vec<Delivery>, StoreError> {
    store::search(tx, &Wanted::of(endpoint, None), DeliveryId::from_bytes([0xff; 16]), limit)
}

/// The attempts of the newest deliveries to an endpoint, each with its delivery.
pub(crate) fn newest_attempts(
    tx: &mut Tx<'_>,
    endpoint: EndpointId,
    deliveries: u32,
) -> Result<Vec<(DeliveryId, Attempt)>, StoreError> {
    store::newest_attempts(tx, endpoint, deliveries)
}

/// The attempts of a delivery, in order.
pub(crate) fn attempts_of(tx: &mut Tx<'_>, delivery: DeliveryId) -> Result<Vec<Attempt>, StoreError> {
    store::attempts(tx, delivery)
}

/// Deliveries that tell of a message.
pub(crate) fn of_message(tx: &mut Tx<'_>, message: MessageId) -> Result<Vec<Delivery>, StoreError> {
    store::of_message(tx, message)
}

/// Forgets deliveries that have come to their end and are older than they are kept, with their attempts. Those that are under way stay.
pub(crate) async fn forget_old(house: &Store, ctx: &Ctx) -> Result<(), StoreError> {
    loop {
        let before = ctx.now().plus_ms(-KEPT_MS);
        let old = house.read(ctx, move |tx| store::ended_before(tx, before, FORGOTTEN_AT_ONCE)).await?;
        if old.is_empty() {
            return Ok(());
        }
        let forget = move |tx: &mut Tx<'_>| {
            tx.note(Leaf::of("delivery.forget").on(OrgId::PREFIX, tx.ctx().org.id.bytes()));
            old.iter().try_for_each(|id| store::forget(tx, *id))
        };
        house.maintain::<_, StoreError>(ctx, forget).await?;
    }
}

/// A context for Sealpost's own work on a job's organisation.
pub(super) fn ctx(store: &sealpost_store::Store, claim: &sealpost_store::Claim) -> Ctx {
    Ctx::system(claim.org, store.world().clone())
}
