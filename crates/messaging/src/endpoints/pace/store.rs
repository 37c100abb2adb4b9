//! Statements about what nodes share of calling an endpoint.

use sealpost_store::{DeliveryId, EndpointId, StoreError, Time, Tx, sql};

/// Moves the end of the row by `length_us`, from `now_us` on at the earliest; answers where it is then.
pub(super) fn lease(
    tx: &mut Tx<'_>,
    endpoint: EndpointId,
    now_us: i64,
    length_us: i64,
) -> Result<Option<i64>, StoreError> {
    tx.optional(
        sql!(
            "insert into endpoint_pace (org, env, endpoint, full_us, probed_at) values ($1, $2, $3, $6, 0)
             on conflict (org, env, endpoint) do update set full_us =
                case when endpoint_pace.full_us > $4 then endpoint_pace.full_us + $5 else $6 end
             returning full_us"
        ),
        &[&endpoint, &now_us, &length_us, &now_us.saturating_add(length_us)],
        |row| row.get("full_us"),
    )
}

/// The place that somebody has in the row, if they have one.
pub(super) fn place(tx: &mut Tx<'_>, endpoint: EndpointId, waiting: DeliveryId) -> Result<Option<Time>, StoreError> {
    tx.optional(
        sql!("select due_at from endpoint_place where org = $1 and env = $2 and endpoint = $3 and waiting = $4"),
        &[&endpoint, &waiting],
        |row| row.get("due_at"),
    )
}

/// Gives somebody a place.
pub(super) fn give(tx: &mut Tx<'_>, endpoint: EndpointId, waiting: DeliveryId, place: Time) -> Result<(), StoreError> {
    tx.put(
        sql!(
            "insert into endpoint_place (org, env, endpoint, waiting, due_at) values ($1, $2, $3, $4, $5)
             on conflict (org, env, endpoint, waiting) do update set due_at = excluded.due_at"
        ),
        &[&endpoint, &waiting, &place],
    )
}

/// Takes the place away; false if there was none.
pub(super) fn take(tx: &mut Tx<'_>, endpoint: EndpointId, waiting: DeliveryId) -> Result<bool, StoreError> {
    let taken = tx.execute(
        sql!("delete from endpoint_place where org = $1 and env = $2 and endpoint = $3 and waiting = $4"),
        &[&endpoint, &waiting],
    )?;
    Ok(taken == 1)
}

/// Forgets places from before this time, which nobody came back for. Relies on `endpoint_place_due`.
pub(super) fn sweep(tx: &mut Tx<'_>, endpoint: EndpointId, before: Time) -> Result<(), StoreError> {
    tx.put(
        sql!("delete from endpoint_place where org = $1 and env = $2 and endpoint = $3 and due_at < $4"),
        &[&endpoint, &before],
    )
}

/// Takes note of a probe at `now`, unless one went after `since`; false if one did.
pub(super) fn claim_probe(tx: &mut Tx<'_>, endpoint: EndpointId, now: Time, since: Time) -> Result<bool, StoreError> {
    let claimed = tx.execute(
        sql!(
            "insert into endpoint_pace (org, env, endpoint, full_us, probed_at) values ($1, $2, $3, 0, $4)
             on conflict (org, env, endpoint) do update set probed_at = excluded.probed_at
             where endpoint_pace.probed_at <= $5"
        ),
        &[&endpoint, &now, &since],
    )?;
    Ok(claimed == 1)
}

/// When a probe last went.
pub(super) fn probed_at(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<Option<Time>, StoreError> {
    tx.optional(
        sql!("select probed_at from endpoint_pace where org = $1 and env = $2 and endpoint = $3"),
        &[&endpoint],
        |row| row.get("probed_at"),
    )
}

/// Nobody waits for this endpoint any more.
pub(super) fn delete(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    // In the order in which whoever lines up takes them: two of these never wait for each other.
    tx.put(sql!("delete from endpoint_pace where org = $1 and env = $2 and endpoint = $3"), &[&endpoint])?;
    tx.put(sql!("delete from endpoint_place where org = $1 and env = $2 and endpoint = $3"), &[&endpoint])
}
