//! Deliveries to endpoints as rows, and each of their attempts: ids, states and times, nothing personal.

use sealpost_access::permissions::ENDPOINTS_READ;
use sealpost_govern::downloads::{Column, Exportable, Source, Stretch, parameters, parameters_of, row};
use sealpost_store::{Ctx, DeliveryId, EndpointId, Store, StoreError, Time, Tx};
use sealpost_web::{BoxFuture, Failure, Fault, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{begins, behind, store};
use crate::deliveries::{self, Delivery, EventPattern, State, Wanted};

const DELIVERIES: Source = Source {
    word: "deliveries",
    title: "Deliveries",
    needs: ENDPOINTS_READ,
    columns: &[
        Column::plain("id"),
        Column::plain("endpoint_id"),
        Column::plain("event_id"),
        Column::plain("event"),
        Column::plain("message_id"),
        Column::plain("state"),
        Column::plain("attempts"),
        Column::plain("next_attempt_at"),
        Column::plain("created_at"),
        Column::plain("updated_at"),
    ],
};

const ATTEMPTS: Source = Source {
    word: "attempts",
    title: "Attempts",
    needs: ENDPOINTS_READ,
    columns: &[
        Column::plain("delivery_id"),
        Column::plain("endpoint_id"),
        Column::plain("event"),
        Column::plain("attempt"),
        Column::plain("started_at"),
        Column::plain("outcome"),
        Column::plain("status"),
        Column::plain("latency_ms"),
    ],
};

/// What the list of deliveries is asked with.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    endpoint_id: Option<EndpointId>,
    state: Option<State>,
    event: Option<EventPattern>,
}

impl Filter {
    fn wanted(self) -> Wanted {
        Wanted { endpoint: self.endpoint_id, state: self.state, event: self.event, ..Wanted::default() }
    }
}

/// A stretch of deliveries, and behind which the next begin.
async fn stretch(
    house: &Store,
    ctx: &Ctx,
    filter: &Value,
    before: DeliveryId,
    limit: u32,
) -> Result<(Vec<Delivery>, Option<[u8; 16]>), Failure> {
    let wanted = parameters_of::<Filter>(filter)?.wanted();
    let search = move |tx: &mut Tx<'_>| deliveries::search(tx, &wanted, before, limit);
    let found = house.read::<_, StoreError>(ctx, search).await?;
    let next = found.last().filter(|_| found.len() >= limit as usize).map(|last| last.id.bytes());
    Ok((found, next))
}

/// Deliveries.
pub(super) struct DeliveryRows(pub(super) Store);

impl Exportable for DeliveryRows {
    fn source(&self) -> &'static Source {
        &DELIVERIES
    }

    fn filter(&self, wanted: Value) -> Result<Value, Refusal> {
        parameters::<Filter>(wanted)
    }

    /// Of those in a state, or of an event, there are at most as many as there are.
    fn count<'a>(&'a self, ctx: &'a Ctx, filter: &'a Value, until: Time) -> BoxFuture<'a, Result<u64, Failure>> {
        let before = DeliveryId::from_bytes(behind(until));
        Box::pin(async move {
            let endpoint = parameters_of::<Filter>(filter)?.endpoint_id;
            let count = move |tx: &mut Tx<'_>| store::deliveries(tx, endpoint, before);
            Ok(self.0.read::<_, StoreError>(ctx, count).await?)
        })
    }

    fn stretch<'a>(
        &'a self,
        ctx: &'a Ctx,
        filter: &'a Value,
        until: Time,
        after: Option<[u8; 16]>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Stretch, Failure>> {
        let before = DeliveryId::from_bytes(begins(until, after));
        Box::pin(async move {
            let (found, next) = stretch(&self.0, ctx, filter, before, limit).await?;
            let rows = found.iter().map(|one| Ok(row(deliveries::as_listed(one)?)));
            Ok(Stretch { rows: rows.collect::<Result<_, Fault>>()?, next })
        })
    }

    fn is_outlived(&self, _: &mut Tx<'_>, _: Time) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// Attempts, each with the delivery it is one of.
pub(super) struct AttemptRows(pub(super) Store);

impl Exportable for AttemptRows {
    fn source(&self) -> &'static Source {
        &ATTEMPTS
    }

    fn filter(&self, wanted: Value) -> Result<Value, Refusal> {
        parameters::<Filter>(wanted)
    }

    fn count<'a>(&'a self, ctx: &'a Ctx, _: &'a Value, until: Time) -> BoxFuture<'a, Result<u64, Failure>> {
        let before = DeliveryId::from_bytes(behind(until));
        Box::pin(async move { Ok(self.0.read::<_, StoreError>(ctx, move |tx| store::attempts(tx, before)).await?) })
    }

    fn stretch<'a>(
        &'a self,
        ctx: &'a Ctx,
        filter: &'a Value,
        until: Time,
        after: Option<[u8; 16]>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Stretch, Failure>> {
        let before = DeliveryId::from_bytes(begins(until, after));
        Box::pin(async move {
            let (found, next) = stretch(&self.0, ctx, filter, before, limit).await?;
            let (ids, mut rows): (Vec<_>, Vec<_>) = (found.iter().map(|one| one.id).collect(), Vec::new());
            let read = move |tx: &mut Tx<'_>| {
                ids.into_iter().map(|id| deliveries::attempts_of(tx, id)).collect::<Result<Vec<_>, StoreError>>()
            };
            let attempts = self.0.read::<_, StoreError>(ctx, read).await?;
            for (delivery, attempts) in found.iter().zip(&attempts) {
                for attempt in attempts {
                    let mut shown = row(deliveries::attempt_as_shown(attempt)?);
                    shown.insert("delivery_id".into(), json!(delivery.id));
                    shown.insert("endpoint_id".into(), json!(delivery.endpoint));
                    shown.insert("event".into(), json!(delivery.kind));
                    rows.push(shown);
                }
            }
            Ok(Stretch { rows, next })
        })
    }

    fn is_outlived(&self, _: &mut Tx<'_>, _: Time) -> Result<bool, StoreError> {
        Ok(false)
    }
}
