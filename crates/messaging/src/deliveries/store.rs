//! Statements about deliveries and their attempts.

use sealpost_store::{DeliveryId, EndpointId, MessageId, Row, StoreError, Time, Tx, sql};

use super::model::{Attempt, Delivery, EventPattern, State, Wanted};

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

/// What of deliveries is wanted, as the statements below take it: exact name, beginning of names, and so on.
struct Terms<'a> {
    state: &'static str,
    event: &'a str,
    stem: &'a str,
    since: DeliveryId,
    status: u32,
}

impl<'a> Terms<'a> {
    fn of(wanted: &'a Wanted) -> Self {
        let event = wanted.event.as_ref().map(EventPattern::as_str).unwrap_or_default();
        let (event, stem) = match event.strip_suffix('*') {
            Some(stem) => ("", stem),
            None => (event, ""),
        };
        Self {
            state: wanted.state.map_or("", State::word),
            event,
            stem,
            since: wanted.since.map_or(DeliveryId::from_bytes([0; 16]), first_at),
            status: wanted.status.map_or(0, u32::from),
        }
    }
}

/// No delivery of this moment or later has a smaller id (RFC 9562 §5.7).
fn first_at(at: Time) -> DeliveryId {
    let ms = at.unix_ms().clamp(0, (1 << 48) - 1).to_be_bytes();
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&ms[2..]);
    DeliveryId::from_bytes(bytes)
}

/// Deliveries before `before`, newest first. Relies on `delivery_endpoint` where an endpoint is named, on `delivery_dead` where dead
/// letters are looked for, and else on the order of the table itself.
pub(super) fn search(
    tx: &mut Tx<'_>,
    wanted: &Wanted,
    before: DeliveryId,
    limit: u32,
) -> Result<Vec<Delivery>, StoreError> {
    let Terms { state, event, stem, since, status } = Terms::of(wanted);
    let before = wanted.until.map_or(before, |until| before.min(first_at(until)));
    if let Some(endpoint) = wanted.endpoint {
        return tx.all(
            sql!(
                "select id, endpoint, notice, kind, message, body, state, attempts, next_at, created_at, updated_at
                 from delivery d where org = $1 and env = $2 and endpoint = $3 and id < $4 and ($5 = '' or state = $5)
                    and ($6 = '' or kind = $6) and ($7 = '' or substr(kind, 1, length($7)) = $7)
                    and id >= $8
                    and ($9 = 0 or exists (select 1 from attempt a where a.org = $1 and a.env = $2 and a.delivery = d.id
                        and a.number = d.attempts and a.status = $9))
                 order by id desc limit $10"
            ),
            &[&endpoint, &before, &state, &event, &stem, &since, &status, &limit],
            read,
        );
    }
    if wanted.state == Some(State::Dead) {
        // SQLite would rather walk the table, in which there are few dead letters.
        return tx.all(
            sql!(
                sqlite: "select id, endpoint, notice, kind, message, body, state, attempts, next_at, created_at, updated_at
                    from delivery d indexed by delivery_dead where org = $1 and env = $2 and state = 'dead' and id < $3
                        and ($4 = '' or kind = $4) and ($5 = '' or substr(kind, 1, length($5)) = $5)
                        and id >= $6
                        and ($7 = 0 or exists (select 1 from attempt a where a.org = $1 and a.env = $2 and a.delivery = d.id
                            and a.number = d.attempts and a.status = $7))
                    order by id desc limit $8",
                postgres: "select id, endpoint, notice, kind, message, body, state, attempts, next_at, created_at, updated_at
                    from delivery d where org = $1 and env = $2 and state = 'dead' and id < $3
                        and ($4 = '' or kind = $4) and ($5 = '' or substr(kind, 1, length($5)) = $5)
                        and id >= $6
                        and ($7 = 0 or exists (select 1 from attempt a where a.org = $1 and a.env = $2 and a.delivery = d.id
                            and a.number = d.attempts and a.status = $7))
                    order by id desc limit $8"
            ),
            &[&before, &event, &stem, &since, &status, &limit],
            read,
        );
    }
    tx.all(
        sql!(
            "select id, endpoint, notice, kind, message, body, state, attempts, next_at, created_at, updated_at
             from delivery d where org = $1 and env = $2 and id < $3 and ($4 = '' or state = $4)
                and ($5 = '' or kind = $5) and ($6 = '' or substr(kind, 1, length($6)) = $6)
                and id >= $7
                and ($8 = 0 or exists (select 1 from attempt a where a.org = $1 and a.env = $2 and a.delivery = d.id
                    and a.number = d.attempts and a.status = $8))
             order by id desc limit $9"
        ),
        &[&before, &state, &event, &stem, &since, &status, &limit],
        read,
    )
}

/// The newest attempts at an endpoint: those of its so many newest deliveries. Relies on `delivery_endpoint`.
pub(super) fn newest_attempts(
    tx: &mut Tx<'_>,
    endpoint: EndpointId,
    deliveries: u32,
) -> Result<Vec<(DeliveryId, Attempt)>, StoreError> {
    tx.all(
        sql!(
            "select delivery, number, started_at, finished_at, outcome, status, latency_ms
             from attempt where org = $1 and env = $2 and delivery in (
                select id from delivery where org = $1 and env = $2 and endpoint = $3 order by id desc limit $4)
             order by delivery desc, number"
        ),
        &[&endpoint, &deliveries],
        |row| Ok((row.get("delivery")?, read_attempt(row)?)),
    )
}

/// Up to so many deliveries of before that moment that have come to their end, oldest first.
pub(super) fn ended_before(tx: &mut Tx<'_>, before: Time, limit: u32) -> Result<Vec<DeliveryId>, StoreError> {
    tx.all(
        sql!(
            "select id from delivery where org = $1 and env = $2 and id < $3 and state <> 'queued' order by id limit $4"
        ),
        &[&first_at(before), &limit],
        |row| row.get("id"),
    )
}

/// Forgets a delivery and its attempts.
pub(super) fn forget(tx: &mut Tx<'_>, id: DeliveryId) -> Result<(), StoreError> {
    tx.put(sql!("delete from attempt where org = $1 and env = $2 and delivery = $3"), &[&id])?;
    tx.put(sql!("delete from delivery where org = $1 and env = $2 and id = $3"), &[&id])
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
        read_attempt,
    )
}

fn read_attempt(row: &Row<'_>) -> Result<Attempt, StoreError> {
    Ok(Attempt {
        number: row.get("number")?,
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
        outcome: row.get("outcome")?,
        status: row.get("status")?,
        latency_ms: row.get("latency_ms")?,
    })
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
