//! Queries about turns, and what is sealed under an organisation's key.

use sealpost_seal::KeyId;
use sealpost_seal::key::Custody;
use sealpost_store::{Row, StoreError, Time, Tx, org_sql};

use super::model::Turn;

/// The last turn. Relies on the primary key.
pub(super) fn last(tx: &mut Tx<'_>) -> Result<Option<Turn>, StoreError> {
    tx.optional(
        org_sql!(
            "select version, begun_at, rewrapped_at, done_at from key_turn where org = $1 order by version desc limit 1"
        ),
        &[],
        read,
    )
}

/// Turns that are under way, the newest first.
pub(super) fn open(tx: &mut Tx<'_>) -> Result<Vec<Turn>, StoreError> {
    tx.all(
        org_sql!(
            "select version, begun_at, rewrapped_at, done_at from key_turn where org = $1 and done_at is null
             order by version desc"
        ),
        &[],
        read,
    )
}

/// Keeps that somebody asked for a turn; false if somebody was faster.
pub(super) fn insert(tx: &mut Tx<'_>, version: u32) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let insert = org_sql!("insert into key_turn (org, version, begun_at) values ($1, $2, $3) on conflict do nothing");
    Ok(tx.execute(insert, &[&version, &now])? == 1)
}

/// Everything that stays is under this version.
pub(super) fn rewrapped(tx: &mut Tx<'_>, version: u32) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    let set =
        org_sql!("update key_turn set rewrapped_at = $3 where org = $1 and version = $2 and rewrapped_at is null");
    tx.put(set, &[&version, &now])
}

/// Turns up to this version are over; how many were not.
pub(super) fn finish(tx: &mut Tx<'_>, version: u32) -> Result<u64, StoreError> {
    let now = tx.ctx().now();
    let set = org_sql!("update key_turn set done_at = $3 where org = $1 and version <= $2 and done_at is null");
    tx.execute(set, &[&version, &now])
}

/// Whether an answer kept for a request made twice is under another key than this one.
pub(super) fn answers_left(tx: &mut Tx<'_>, current: KeyId) -> Result<bool, StoreError> {
    let left = org_sql!("select status from idempotency where org = $1 and substr(body, 3, 8) <> $2 limit 1");
    Ok(tx.optional(left, &[&current.0], |row| row.get::<i64>("status"))?.is_some())
}

/// Under which root key the ledger knows the organisation's keys to be, and who kept it; nothing if that was never noted.
pub(super) fn root(tx: &mut Tx<'_>) -> Result<Option<(KeyId, Custody)>, StoreError> {
    tx.optional(org_sql!("select key_id, custody from root_key where org = $1"), &[], |row| {
        let custody = Custody::of(&row.get::<String>("custody")?);
        Ok((row.get("key_id").map(KeyId)?, custody.ok_or_else(|| StoreError::Column("custody".into()))?))
    })
}

/// Notes under which.
pub(super) fn note_root(tx: &mut Tx<'_>, root: KeyId) -> Result<(), StoreError> {
    let now: Time = tx.ctx().now();
    tx.put(
        org_sql!(
            "insert into root_key (org, key_id, since) values ($1, $2, $3)
             on conflict (org) do update set key_id = excluded.key_id, since = excluded.since"
        ),
        &[&root.0, &now],
    )
}

/// Notes who kept it when it was opened.
pub(super) fn note_custody(tx: &mut Tx<'_>, root: KeyId, custody: Custody) -> Result<(), StoreError> {
    let now: Time = tx.ctx().now();
    tx.put(
        org_sql!(
            "insert into root_key (org, key_id, since, custody) values ($1, $2, $3, $4)
             on conflict (org) do update set custody = excluded.custody"
        ),
        &[&root.0, &now, &custody.word()],
    )
}

fn read(row: &Row<'_>) -> Result<Turn, StoreError> {
    Ok(Turn {
        version: row.get("version")?,
        begun_at: row.get("begun_at")?,
        rewrapped_at: row.get("rewrapped_at")?,
        done_at: row.get("done_at")?,
    })
}
