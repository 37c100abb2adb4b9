//! Statements about messages.

use sealpost_store::{ChannelId, ContactId, MessageId, RouteId, Row, SlotId, StoreError, Time, Tx, sql};

use super::model::{Message, State, Step};
use crate::channels::ChannelKind;
use crate::routes::RouteRef;
use crate::storage::{Gone, Mode};

/// What is stored beside a message, and outlives its content.
pub(super) struct Kept {
    /// What opens its commitments, sealed under the contact's key.
    pub(super) opening: Vec<u8>,
    /// Its commitments.
    pub(super) digest: [u8; 64],
    /// What its address is in the suppression list, if it has a link to get there.
    pub(super) unsubscribes: Option<[u8; 16]>,
}

/// Stores an accepted message.
pub(super) fn insert(tx: &mut Tx<'_>, m: &Message, kept: &Kept) -> Result<(), StoreError> {
    let callbacks = (!m.callbacks.is_empty()).then(|| m.callbacks.join(" "));
    let (recipient, payload) = m.to_be_stored();
    tx.put(
        sql!(
            "insert into message (org, env, id, contact, event, event_version, template, template_version, channel, sender, class,
                state, slot, recipient, payload, decision, callbacks, attempts, send_before, created_at, updated_at, storage, gone,
                opening, digest, unsubscribes, route, route_version)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, $18, $19, $19, $20, $21,
                $22, $23, $24, $25, $26)"
        ),
        &[
            &m.id,
            &m.contact,
            &m.event,
            &m.event_version,
            &m.template,
            &m.template_version,
            &m.channel,
            &m.sender,
            &m.class,
            &m.state.word(),
            &m.slot,
            &recipient,
            &payload,
            &m.decision,
            &callbacks,
            &m.send_before,
            &m.created_at,
            &m.storage.word(),
            &m.gone.map(Gone::word),
            &kept.opening,
            &kept.digest,
            &kept.unsubscribes,
            &m.route.map(|route| route.id),
            &m.route.map(|route| route.version),
        ],
    )
}

/// The message of this id.
pub(super) fn find(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<Message>, StoreError> {
    tx.optional(
        sql!(
            "select id, contact, event, event_version, template, template_version, channel, sender, class, state, reason, slot,
                recipient, payload, decision, callbacks, attempts, send_before, created_at, updated_at, storage, gone,
                route, route_version
             from message where org = $1 and env = $2 and id = $3"
        ),
        &[&id],
        read,
    )
}

/// Messages before `before` (an id), newest first.
pub(super) fn page(tx: &mut Tx<'_>, before: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
    tx.all(
        sql!(
            "select id, contact, event, event_version, template, template_version, channel, sender, class, state, reason, slot,
                recipient, payload, decision, callbacks, attempts, send_before, created_at, updated_at, storage, gone,
                route, route_version
             from message where org = $1 and env = $2 and id < $3 order by id desc limit $4"
        ),
        &[&before, &limit],
        read,
    )
}

/// Messages to one person before `before`, newest first: to any of these contacts, which they all are.
pub(super) fn page_to(
    tx: &mut Tx<'_>,
    person: &[ContactId],
    before: MessageId,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let mut all = Vec::new();
    for contact in person {
        all.append(&mut page_of(tx, *contact, before, limit)?);
    }
    all.sort_by_key(|message| std::cmp::Reverse(message.id));
    all.truncate(limit as usize);
    Ok(all)
}

/// Messages to one contact before `before`, newest first. Relies on `message_contact`.
fn page_of(tx: &mut Tx<'_>, contact: ContactId, before: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
    tx.all(
        sql!(
            "select id, contact, event, event_version, template, template_version, channel, sender, class, state, reason, slot,
                recipient, payload, decision, callbacks, attempts, send_before, created_at, updated_at, storage, gone,
                route, route_version
             from message where org = $1 and env = $2 and contact = $3 and id < $4 order by id desc limit $5"
        ),
        &[&contact, &before, &limit],
        read,
    )
}

/// Messages before `before` that ended without arriving, newest first.
pub(super) fn page_undelivered(tx: &mut Tx<'_>, before: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
    let ids = tx.all(
        sql!("select message from undelivered where org = $1 and env = $2 and message < $3 order by message desc limit $4"),
        &[&before, &limit],
        |row| row.get("message"),
    )?;
    found(tx, ids)
}

/// Messages before `before` that are still on their way, newest first: those whose job waits. Relies on `outbox_target`.
pub(super) fn page_under_way(tx: &mut Tx<'_>, before: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
    let ids = tx.all(
        sql!(
            "select target from outbox where org = $1 and env = $2 and kind = 'message.dispatch' and target < $3
             order by target desc limit $4"
        ),
        &[&before, &limit],
        |row| row.get("target"),
    )?;
    found(tx, ids)
}

/// How many messages are on their way, up to `most`.
pub(super) fn count_under_way(tx: &mut Tx<'_>, most: u32) -> Result<u64, StoreError> {
    let count = tx.optional(
        sql!(
            "select count(*) as n from
             (select 1 from outbox where org = $1 and env = $2 and kind = 'message.dispatch' limit $3) as waiting"
        ),
        &[&most],
        |row| row.get("n"),
    )?;
    Ok(count.unwrap_or_default())
}

fn found(tx: &mut Tx<'_>, ids: Vec<MessageId>) -> Result<Vec<Message>, StoreError> {
    let mut messages = Vec::with_capacity(ids.len());
    for id in ids {
        messages.extend(find(tx, id)?);
    }
    Ok(messages)
}

/// Brings a message from one of its unfinished states to another; if it isn't in `from` any more, the transaction fails with
/// [`StoreError::Superseded`].
pub(super) fn advance(
    tx: &mut Tx<'_>,
    id: MessageId,
    from: State,
    to: State,
    reason: Option<&str>,
    attempts: u32,
) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    if to.is_lost() {
        lose(tx, id, to)?;
    }
    tx.put_exact(
        sql!(
            "update message set state = $5, reason = $6, attempts = $7, updated_at = $8
             where org = $1 and env = $2 and id = $3 and state = $4"
        ),
        &[&id, &from.word(), &to.word(), &reason, &attempts, &now],
    )
}

/// How a message ended.
pub(super) struct End<'e> {
    pub(super) from: State,
    pub(super) to: State,
    pub(super) reason: Option<&'e str>,
    pub(super) attempts: u32,
    pub(super) at: Time,
    /// What its receipt is about.
    pub(super) commitment: Option<[u8; 32]>,
    /// What the provider calls it.
    pub(super) provider_id: Option<&'e str>,
}

/// Brings a message to an end that its receipt will tell of; as [`advance`].
pub(super) fn end(tx: &mut Tx<'_>, id: MessageId, end: &End<'_>) -> Result<(), StoreError> {
    if end.to.is_lost() {
        lose(tx, id, end.to)?;
    }
    tx.put_exact(
        sql!(
            "update message set state = $5, reason = $6, attempts = $7, updated_at = $8, commitment = $9, provider_id = $10
             where org = $1 and env = $2 and id = $3 and state = $4"
        ),
        &[
            &id,
            &end.from.word(),
            &end.to.word(),
            &end.reason,
            &end.attempts,
            &end.at,
            &end.commitment,
            &end.provider_id,
        ],
    )
}

fn lose(tx: &mut Tx<'_>, id: MessageId, to: State) -> Result<(), StoreError> {
    tx.put(
        sql!("insert into undelivered (org, env, message, state) values ($1, $2, $3, $4) on conflict do nothing"),
        &[&id, &to.word()],
    )
}

/// Whatever is sealed in the message is to be destroyed; fails as [`advance`] does if that was decided before.
pub(super) fn let_go(tx: &mut Tx<'_>, id: MessageId, gone: Gone) -> Result<(), StoreError> {
    tx.put_exact(
        sql!("update message set gone = $4 where org = $1 and env = $2 and id = $3 and gone is null"),
        &[&id, &gone.word()],
    )
}

/// Messages whose seals are to be destroyed, and where their keys are. Relies on `message_going`.
pub(super) fn going(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<(MessageId, SlotId)>, StoreError> {
    tx.all(
        sql!(
            "select id, slot from message where org = $1 and env = $2 and gone is not null and length(recipient) > 0
             order by id limit $3"
        ),
        &[&limit],
        |row| Ok((row.get("id")?, row.get("slot")?)),
    )
}

/// Removes what stands sealed in a message whose key is destroyed; answers 1 if anything did. What proves that it was sent stays.
pub(super) fn empty(tx: &mut Tx<'_>, id: MessageId) -> Result<u64, StoreError> {
    let nothing: Vec<u8> = Vec::new();
    tx.execute(
        sql!(
            "update message set recipient = $4, payload = null where org = $1 and env = $2 and id = $3
             and gone is not null and length(recipient) > 0"
        ),
        &[&id, &nothing],
    )
}

/// What proves what was sent, as it is stored: the sealed opening and the commitments.
pub(super) fn witness(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<(Vec<u8>, Vec<u8>)>, StoreError> {
    let found = tx.optional(
        sql!("select opening, digest from message where org = $1 and env = $2 and id = $3"),
        &[&id],
        |row| Ok((row.get::<Option<Vec<u8>>>("opening")?, row.get::<Option<Vec<u8>>>("digest")?)),
    )?;
    Ok(found.and_then(|(opening, digest)| Some((opening?, digest?))))
}

/// What a receipt needs beside the message.
pub(super) fn ended(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<Ended>, StoreError> {
    tx.optional(
        sql!("select commitment, provider_id, leaf from message where org = $1 and env = $2 and id = $3"),
        &[&id],
        |row| {
            Ok(Ended {
                commitment: row.get("commitment")?,
                provider_id: row.get("provider_id")?,
                leaf: row.get("leaf")?,
            })
        },
    )
}

/// What is on record of a message's end.
pub(crate) struct Ended {
    /// What it was committed to.
    pub(crate) commitment: Option<[u8; 32]>,
    /// What the provider calls it.
    pub(crate) provider_id: Option<String>,
    /// Where its end stands in the ledger, once that was looked for.
    pub(crate) leaf: Option<u64>,
}

/// Where a message's end stands in the ledger.
pub(super) fn keep_leaf(tx: &mut Tx<'_>, id: MessageId, leaf: u64) -> Result<(), StoreError> {
    tx.put(sql!("update message set leaf = $4 where org = $1 and env = $2 and id = $3"), &[&id, &leaf])
}

/// What the message's address is in the suppression list, if it has a link to get there.
pub(super) fn unsubscribes(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<[u8; 16]>, StoreError> {
    let found =
        tx.optional(sql!("select unsubscribes from message where org = $1 and env = $2 and id = $3"), &[&id], |row| {
            row.get::<Option<[u8; 16]>>("unsubscribes")
        })?;
    Ok(found.flatten())
}

/// Adds a step to the message's timeline.
pub(super) fn add_step(
    tx: &mut Tx<'_>,
    id: MessageId,
    step: u32,
    kind: &str,
    attempt: u32,
    detail: Option<&str>,
) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        sql!(
            "insert into message_step (org, env, message, step, kind, at, attempt, detail) values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict do nothing"
        ),
        &[&id, &step, &kind, &now, &attempt, &detail],
    )
}

/// Adds the step by which a message comes from one state to another: behind the one that put it back into the queue, if it waited there.
pub(super) fn add_outcome(
    tx: &mut Tx<'_>,
    id: MessageId,
    from: State,
    to: State,
    attempts: u32,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let behind = if from == State::Queued { 2 } else { 1 };
    add_step(tx, id, attempts * 2 + behind, to.word(), attempts, reason)
}

/// The message's timeline, in order.
pub(super) fn steps(tx: &mut Tx<'_>, id: MessageId) -> Result<Vec<Step>, StoreError> {
    tx.all(
        sql!(
            "select s.kind, s.at, s.attempt, s.detail, r.step as leg, r.channel
             from (select step, kind, at, attempt, detail from message_step where org = $1 and env = $2 and message = $3) s
             left join (select attempt, step, channel from route_attempt where org = $1 and env = $2 and message = $3) r
                on r.attempt = s.attempt
             order by s.step"
        ),
        &[&id],
        |row| {
            let (leg, channel): (Option<u32>, Option<ChannelId>) = (row.get("leg")?, row.get("channel")?);
            let kind: String = row.get("kind")?;
            // What happens while it waits has nothing to do with who was asked before.
            let waited = matches!(&*kind, "cancelled" | "expired");
            Ok(Step {
                kind,
                at: row.get("at")?,
                attempt: row.get("attempt")?,
                detail: row.get("detail")?,
                leg: leg.zip(channel).filter(|_| !waited),
            })
        },
    )
}

/// Puts a message into the sandbox outbox.
pub(super) fn keep_in_sandbox(tx: &mut Tx<'_>, id: MessageId, channel: ChannelKind) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        sql!("insert into sandbox (org, env, message, channel, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing"),
        &[&id, &channel, &now],
    )
}

/// Ids of what is in the sandbox outbox before `before`, newest first.
pub(super) fn sandbox_page(tx: &mut Tx<'_>, before: MessageId, limit: u32) -> Result<Vec<MessageId>, StoreError> {
    tx.all(
        sql!("select message from sandbox where org = $1 and env = $2 and message < $3 order by message desc limit $4"),
        &[&before, &limit],
        |row| row.get("message"),
    )
}

/// Messages to one contact that wait to be sent. Relies on `message_contact`.
pub(super) fn queued_to(tx: &mut Tx<'_>, contact: ContactId, limit: u32) -> Result<Vec<MessageId>, StoreError> {
    tx.all(
        sql!(
            "select id from message where org = $1 and env = $2 and contact = $3 and state = 'queued' order by id limit $4"
        ),
        &[&contact, &limit],
        |row| row.get("id"),
    )
}

/// Messages to one contact in which anything sealed stands, and where their keys are. Relies on `message_contact`.
pub(super) fn sealed_to(
    tx: &mut Tx<'_>,
    contact: ContactId,
    limit: u32,
) -> Result<Vec<(MessageId, SlotId)>, StoreError> {
    tx.all(
        sql!(
            "select id, slot from message where org = $1 and env = $2 and contact = $3
             and (length(recipient) > 0 or payload is not null or opening is not null) order by id limit $4"
        ),
        &[&contact, &limit],
        |row| Ok((row.get("id")?, row.get("slot")?)),
    )
}

/// Removes what stands sealed in a message; answers 1 if anything did.
pub(super) fn blank(tx: &mut Tx<'_>, id: MessageId) -> Result<u64, StoreError> {
    let nothing: Vec<u8> = Vec::new();
    tx.execute(
        sql!(
            "update message set recipient = $4, payload = null, provider_id = null, opening = null, digest = null,
                unsubscribes = null
             where org = $1 and env = $2 and id = $3
             and (length(recipient) > 0 or payload is not null or opening is not null)"
        ),
        &[&id, &nothing],
    )
}

/// Takes a message out of the sandbox outbox; answers 1 if it was there.
pub(super) fn leave_sandbox(tx: &mut Tx<'_>, id: MessageId) -> Result<u64, StoreError> {
    tx.execute(sql!("delete from sandbox where org = $1 and env = $2 and message = $3"), &[&id])
}

fn read(row: &Row<'_>) -> Result<Message, StoreError> {
    let state: String = row.get("state")?;
    let (storage, gone): (Option<String>, Option<String>) = (row.get("storage")?, row.get("gone")?);
    // A message from before anybody could decide is kept.
    let storage = storage.map_or(Some(Mode::Keep), |word| Mode::read(&word));
    let gone = gone.map(|word| Gone::read(&word).ok_or_else(|| StoreError::Column("gone".into())));
    let callbacks: Option<String> = row.get("callbacks")?;
    let (id, version): (Option<RouteId>, Option<u32>) = (row.get("route")?, row.get("route_version")?);
    Ok(Message {
        id: row.get("id")?,
        contact: row.get("contact")?,
        event: row.get("event")?,
        event_version: row.get("event_version")?,
        template: row.get("template")?,
        template_version: row.get("template_version")?,
        channel: row.get("channel")?,
        sender: row.get("sender")?,
        route: id.zip(version).map(|(id, version)| RouteRef { id, version }),
        class: row.get("class")?,
        state: State::read(&state).ok_or_else(|| StoreError::Column("state".into()))?,
        reason: row.get("reason")?,
        slot: row.get("slot")?,
        recipient: row.get("recipient")?,
        payload: row.get("payload")?,
        storage: storage.ok_or_else(|| StoreError::Column("storage".into()))?,
        gone: gone.transpose()?,
        decision: row.get("decision")?,
        callbacks: callbacks.map(|names| names.split(' ').map(str::to_owned).collect()).unwrap_or_default(),
        attempts: row.get("attempts")?,
        send_before: row.get::<Option<Time>>("send_before")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
