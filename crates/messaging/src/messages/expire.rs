//! What of messages is to be destroyed, inside the transactions that decide so and do so.

use sealpost_store::{ContactId, MessageId, SlotId, StoreError, Tx, sql};

use super::model::State;
use super::store;
use crate::storage::{self, Gone};

/// A message of which something is stored, as far as that has to be known to decide about it.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) id: MessageId,
    contact: ContactId,
    ended: bool,
}

/// Messages of this class behind `after` and before `before` of which something is stored, in order. Relies on the primary key.
pub(crate) fn kept_before(
    tx: &mut Tx<'_>,
    class: &str,
    after: MessageId,
    before: MessageId,
    limit: u32,
) -> Result<Vec<Candidate>, StoreError> {
    tx.all(
        sql!(
            "select id, contact, state from message where org = $1 and env = $2 and id > $3 and id < $4 and class = $5
             and gone is null and length(recipient) > 0 order by id limit $6"
        ),
        &[&after, &before, &class, &limit],
        candidate,
    )
}

/// Messages to this contact behind `after` that would have been let go at their end. Relies on `message_contact`.
pub(crate) fn held_back(
    tx: &mut Tx<'_>,
    contact: ContactId,
    after: MessageId,
    limit: u32,
) -> Result<Vec<Candidate>, StoreError> {
    tx.all(
        sql!(
            "select id, contact, state from message where org = $1 and env = $2 and contact = $3 and id > $4
             and storage = 'until_delivered' and gone is null and length(recipient) > 0 order by id limit $5"
        ),
        &[&contact, &after, &limit],
        candidate,
    )
}

/// The message, if it would have been let go at its end.
pub(crate) fn held_back_one(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<Candidate>, StoreError> {
    tx.optional(
        sql!(
            "select id, contact, state from message where org = $1 and env = $2 and id = $3
             and storage = 'until_delivered' and gone is null and length(recipient) > 0"
        ),
        &[&id],
        candidate,
    )
}

fn candidate(row: &sealpost_store::Row<'_>) -> Result<Candidate, StoreError> {
    let state: String = row.get("state")?;
    let ended = State::read(&state).is_some_and(State::is_final);
    Ok(Candidate { id: row.get("id")?, contact: row.get("contact")?, ended })
}

/// Lets those go that came to their end and that nobody holds; answers which.
pub(crate) fn expire(tx: &mut Tx<'_>, candidates: &[Candidate], gone: Gone) -> Result<Vec<MessageId>, StoreError> {
    let mut let_go = Vec::new();
    for one in candidates.iter().filter(|one| one.ended) {
        if !storage::is_held(tx, one.id, one.contact)? {
            store::let_go(tx, one.id, gone)?;
            let_go.push(one.id);
        }
    }
    Ok(let_go)
}

/// Messages whose seals are to be destroyed, and where their keys are.
pub(crate) fn going(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<(MessageId, SlotId)>, StoreError> {
    store::going(tx, limit)
}

/// Removes what stood sealed in these messages, whose keys are destroyed; answers in how many something did.
pub(crate) fn empty(tx: &mut Tx<'_>, ids: &[MessageId]) -> Result<u64, StoreError> {
    let mut emptied = 0;
    for id in ids {
        emptied += store::empty(tx, *id)?;
    }
    Ok(emptied)
}

/// How many messages of which something is stored were accepted on one day, of one class.
pub(crate) struct Day {
    pub(crate) class: String,
    /// Days since 1970.
    pub(crate) day: i64,
    pub(crate) messages: u64,
}

/// What is stored, by class and day, from this message on. Reads every one of them.
pub(crate) fn count_kept(tx: &mut Tx<'_>, from: Option<MessageId>) -> Result<Vec<Day>, StoreError> {
    let from = from.unwrap_or(MessageId::from_bytes([0; 16]));
    tx.all(
        sql!(
            "select class, created_at / 86400000 as day, count(*) as n from message
             where org = $1 and env = $2 and id >= $3 and gone is null and length(recipient) > 0
             group by class, created_at / 86400000 order by class, created_at / 86400000"
        ),
        &[&from],
        |row| Ok(Day { class: row.get("class")?, day: row.get("day")?, messages: row.get("n")? }),
    )
}

/// The contact of a message, if there is one of this id.
pub(crate) fn contact_of(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<ContactId>, StoreError> {
    tx.optional(sql!("select contact from message where org = $1 and env = $2 and id = $3"), &[&id], |row| {
        row.get("contact")
    })
}
