//! Use cases of what nodes share about calling an endpoint. None of them is anybody's act: they leave no leaves.

use sealpost_store::{Ctx, DeliveryId, EndpointId, Store, StoreError, Time, Tx};

use super::rules::{LATE_MS, is_good, length_us, now_us, per_slice, places};
use super::store;
use crate::endpoints::rules::{Gate, PROBE_MS};
use crate::endpoints::transport::Rate;

/// What came of asking for one's turn.
pub(in crate::endpoints) struct Turn {
    /// When it is.
    pub(in crate::endpoints) gate: Gate,
    /// Further places that were leased, for others of this node.
    pub(in crate::endpoints) spare: Vec<Time>,
}

/// Whether it is somebody's turn at an endpoint with a rate: by the place they had, by `in_hand` (the next one of this node's slice), or
/// by one of a new slice. Whoever has to wait keeps their place until they come back.
pub(in crate::endpoints) async fn turn(
    house: &Store,
    ctx: &Ctx,
    (endpoint, rate): (EndpointId, Rate),
    waiting: DeliveryId,
    in_hand: impl FnOnce(Time) -> Option<Time>,
) -> Result<Turn, StoreError> {
    let now = ctx.now();
    let had = house.peek::<_, StoreError>(ctx, move |tx| store::place(tx, endpoint, waiting)).await?;
    if let Some(place) = had.filter(|place| *place > now) {
        return Ok(Turn { gate: Gate::Later(place), spare: Vec::new() });
    }
    if let Some(place) = had {
        // Asked again in the transaction: of two who come with one place one has it.
        let taken = house.maintain::<_, StoreError>(ctx, move |tx| store::take(tx, endpoint, waiting)).await?;
        if taken && is_good(place, now) {
            return Ok(Turn { gate: Gate::Open, spare: Vec::new() });
        }
    }
    match in_hand(now) {
        Some(place) if place <= now => Ok(Turn { gate: Gate::Open, spare: Vec::new() }),
        Some(place) => {
            house.maintain::<_, StoreError>(ctx, move |tx| store::give(tx, endpoint, waiting, place)).await?;
            Ok(Turn { gate: Gate::Later(place), spare: Vec::new() })
        }
        None => house.maintain(ctx, move |tx| line_up(tx, (endpoint, rate), waiting, now)).await,
    }
}

/// Leases a slice of the row, and takes its first place.
fn line_up(
    tx: &mut Tx<'_>,
    (endpoint, rate): (EndpointId, Rate),
    waiting: DeliveryId,
    now: Time,
) -> Result<Turn, StoreError> {
    let count = per_slice(rate);
    let end_us = store::lease(tx, endpoint, now_us(now), length_us(rate, count))?;
    let end_us = end_us.ok_or(StoreError::Missing("row"))?;
    store::sweep(tx, endpoint, now.plus_ms(-2 * LATE_MS))?;
    let mut slice = places(rate, end_us, count, now);
    let place = slice.next().ok_or(StoreError::Missing("place"))?;
    let gate = if place <= now {
        Gate::Open
    } else {
        store::give(tx, endpoint, waiting, place)?;
        Gate::Later(place)
    };
    Ok(Turn { gate, spare: slice.collect() })
}

/// Whether this call may probe an endpoint that fails, and when the last probe went that anybody knows of: one in [`PROBE_MS`], whichever
/// node it comes from.
pub(in crate::endpoints) async fn probe(
    house: &Store,
    ctx: &Ctx,
    endpoint: EndpointId,
) -> Result<(Gate, Time), StoreError> {
    let now = ctx.now();
    house
        .maintain(ctx, move |tx| {
            if store::claim_probe(tx, endpoint, now, now.plus_ms(-PROBE_MS))? {
                return Ok((Gate::Open, now));
            }
            let probed_at = store::probed_at(tx, endpoint)?.unwrap_or(now);
            Ok((Gate::Later(probed_at.plus_ms(PROBE_MS)), probed_at))
        })
        .await
}

/// The row is no more: the endpoint is gone, or has another rate.
pub(in crate::endpoints) fn forget(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    store::delete(tx, endpoint)
}
