//! Statements about deliveries and their attempts.

use sealpost_store::{DeliveryId, EndpointId, MessageId, Row, StoreError, Time, Tx, sql};

use super::model::{Attempt, Delivery, State};

/// Stores a delivery.
pub(super) fn insert(tx: &mut Tx<'_>, d: &Delivery) -> Result<(), StoreError> {
    tx.put(
        sql!(
            "insert into delivery (org, env, id, endpoint, notice, kind, message, body, state, attempts, next_at, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $10, $10)"
        ),
        &[&d.id, &d.endpoint, &d.notice, &d.kind, &d.message, &&d.body[..], &d.state.word(), &d.created_at],
    )
}

/// The delivery of this id.
pub(super) fn find(tx: &mut Tx<'_>, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
    tx.optional(
        sql!(
            "select id, endpoint, notice, kind, message, body, state, attempts, next_at, created_at, updated_at
             from delivery where org = $1 and env = $2 and id = $3"
        ),
        &[&id],
        read,
    )
}

/// Deliveries to one endpoint before `before`, newest first. Relies on `delivery_endpoint`.
pub(super) fn page_of(
    tx: &mut Tx<'_>,
    endpoint: EndpointId,
    state: Option<State>,
    before: DeliveryId,
    limit: u32,
) -> Result<Vec<Delivery>, StoreError> {
    tx.all(
        sql!(
            "select id, endpoint, notice, kind, message, body, state, attempts, next_at, created_at, updated_at
             from delivery where org = $1 and env = $2 and endpoint = $3 and id < $4 and ($5 = '' or state = $5)
             order by id desc limit $6"
        ),
        &[&endpoint, &before, &state.map_or("", State::word), &limit],
        read,
    )
}

/// Deliveries that tell of one message. Relies on `delivery_message`.
pub(super) fn of_message(tx: &mut Tx<'_>, message: MessageId) -> Result<Vec<Delivery>, StoreError> {
    tx.all(
        sql!(
            "select id, endpoint, notice, kind, message, body, state, attempts, next_at, created_at, updated_at
             from delivery where org = $1 and env = $2 and message = $3 order by id limit 64"
        ),
        &[&message],
        read,
    )
}

/// Records how far a delivery has come.
pub(super) fn advance(
    tx: &mut Tx<'_>,
    id: DeliveryId,
    state: State,
    attempts: u32,
    next_at: Option<Time>,
) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(
        sql!("update delivery set state = $4, attempts = $5, next_at = $6, updated_at = $7 where org = $1 and env = $2 and id = $3"),
        &[&id, &state.word(), &attempts, &next_at, &now],
    )
}

/// Records an attempt.
pub(super) fn add_attempt(tx: &mut Tx<'_>, delivery: DeliveryId, a: &Attempt) -> Result<(), StoreError> {
    tx.put(
        sql!(
            "insert into attempt (org, env, delivery, number, started_at, finished_at, outcome, status, latency_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing"
        ),
        &[&delivery, &a.number, &a.started_at, &a.finished_at, &a.outcome, &a.status.map(u32::from), &a.latency_ms],
    )
}

/// The attempts of a delivery, in order.
pub(super) fn attempts(tx: &mut Tx<'_>, delivery: DeliveryId) -> Result<Vec<Attempt>, StoreError> {
    tx.all(
        sql!(
            "select number, started_at, finished_at, outcome, status, latency_ms
             from attempt where org = $1 and env = $2 and delivery = $3 order by number"
        ),
        &[&delivery],
        |row| {
            Ok(Attempt {
                number: row.get("number")?,
                started_at: row.get("started_at")?,
                finished_at: row.get("finished_at")?,
                outcome: row.get("outcome")?,
                status: row.get("status")?,
                latency_ms: row.get("latency_ms")?,
            })
        },
    )
}

fn read(row: &Row<'_>) -> Result<Delivery, StoreError> {
    let state: String = row.get("state")?;
    Ok(Delivery {
        id: row.get("id")?,
        endpoint: row.get("endpoint")?,
        notice: row.get("notice")?,
        kind: row.get("kind")?,
        message: row.get("message")?,
        body: row.get::<Vec<u8>>("body")?.into(),
        state: State::read(&state).ok_or_else(|| StoreError::Column("state".into()))?,
        attempts: row.get("attempts")?,
        next_at: row.get("next_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
