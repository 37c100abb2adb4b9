//! Use cases of what nodes share about calling an endpoint. None of them is anybody's act: they leave no leaves.

use sealpost_store::{Ctx, DeliveryId, EndpointId, Store, StoreError, Time, Tx};
use tokio::sync::Mutex;

use super::rules::{LATE_MS, is_good, length_us, now_us, per_slice, places};
use super::slice::Slice;
use super::store;
use crate::endpoints::rules::{Gate, PROBE_MS};
use crate::endpoints::transport::Rate;

/// Whether it is somebody's turn at an endpoint with a rate: by the place they had, by the next one of this node's slice, or by one of
/// a new slice. Whoever has to wait keeps their place until they come back.
pub(in crate::endpoints) async fn turn(
    house: &Store,
    ctx: &Ctx,
    (endpoint, rate): (EndpointId, Rate),
    waiting: DeliveryId,
    slice: &Mutex<Slice>,
) -> Result<Gate, StoreError> {
    let now = ctx.now();
    let had = house.peek::<_, StoreError>(ctx, move |tx| store::place(tx, endpoint, waiting)).await?;
    if let Some(place) = had.filter(|place| *place > now) {
        return Ok(Gate::Later(place));
    }
    if let Some(place) = had {
        // Asked again in the transaction: of two who come with one place one has it.
        let taken = house.maintain::<_, StoreError>(ctx, move |tx| store::take(tx, endpoint, waiting)).await?;
        if taken && is_good(place, now) {
            return Ok(Gate::Open);
        }
    }
    let place = {
        let mut slice = slice.lock().await;
        next(house, ctx, (endpoint, rate), &mut slice).await?
    };
    if place <= now {
        return Ok(Gate::Open);
    }
    house.maintain::<_, StoreError>(ctx, move |tx| store::give(tx, endpoint, waiting, place)).await?;
    Ok(Gate::Later(place))
}

/// The next place of this node's slice; of a new one if there is none. One at a time: many who come together share slices.
async fn next(
    house: &Store,
    ctx: &Ctx,
    (endpoint, rate): (EndpointId, Rate),
    slice: &mut Slice,
) -> Result<Time, StoreError> {
    let now = ctx.now();
    if let Some(place) = slice.take(now) {
        return Ok(place);
    }
    let count = per_slice(rate);
    let lease = move |tx: &mut Tx<'_>| {
        let end_us = store::lease(tx, endpoint, now_us(now), length_us(rate, count))?;
        store::sweep(tx, endpoint, now.plus_ms(-2 * LATE_MS))?;
        end_us.ok_or(StoreError::Missing("row"))
    };
    let end_us = house.maintain::<_, StoreError>(ctx, lease).await?;
    slice.put(places(rate, end_us, count, now));
    slice.take(now).ok_or(StoreError::Missing("place"))
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
