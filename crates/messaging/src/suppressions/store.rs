//! Every query on suppressions.

use sealpost_store::{Row, Sql, StoreError, SuppressionId, Time, Tx, sql};

use super::model::Suppression;
use crate::channels::ChannelKind;

// Primary key (org, env, channel, value).
const FIND: Sql = sql!(
    "select id, channel, reason, created_at from suppression where org = $1 and env = $2 and channel = $3 and value = $4"
);
const INSERT: Sql = sql!(
    "insert into suppression (org, env, channel, value, id, reason, created_at) values ($1, $2, $3, $4, $5, $6, $7) \
     on conflict do nothing"
);
// Index suppression_id (org, env, id).
const DELETE: Sql = sql!("delete from suppression where org = $1 and env = $2 and id = $3");
const BEFORE: Sql = sql!(
    "select id, channel, reason, created_at from suppression where org = $1 and env = $2 and id < $3 \
     order by id desc limit $4"
);

const KEEP_UNTIL: Sql =
    sql!("update suppression set expires_at = $5 where org = $1 and env = $2 and channel = $3 and value = $4");
const EXPIRED: Sql = sql!("delete from suppression where org = $1 and env = $2 and expires_at <= $3");

/// Lets a suppression end then, or never; false if there is none.
pub(super) fn keep_until(
    tx: &mut Tx<'_>,
    channel: ChannelKind,
    value: [u8; 16],
    until: Option<Time>,
) -> Result<bool, StoreError> {
    Ok(tx.execute(KEEP_UNTIL, &[&channel, &value, &until])? == 1)
}

/// Removes suppressions whose time has come; answers how many.
pub(super) fn expire(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    let now = tx.ctx().now();
    tx.execute(EXPIRED, &[&now])
}

/// The suppression of this address.
pub(super) fn find(tx: &mut Tx<'_>, channel: ChannelKind, value: [u8; 16]) -> Result<Option<Suppression>, StoreError> {
    tx.optional(FIND, &[&channel, &value], read)
}

/// Nobody may have suppressed this address.
pub(super) fn guard(tx: &mut Tx<'_>, channel: ChannelKind, value: [u8; 16]) -> Result<(), StoreError> {
    tx.guard(FIND, &[&channel, &value], super::GUARD)
}

/// Keeps a suppression; false if the address is suppressed already.
pub(super) fn insert(tx: &mut Tx<'_>, value: [u8; 16], suppression: &Suppression) -> Result<bool, StoreError> {
    let Suppression { id, channel, reason, created_at } = suppression;
    Ok(tx.execute(INSERT, &[channel, &value, id, reason, created_at])? == 1)
}

/// Lifts a suppression; false if there is none.
pub(super) fn delete(tx: &mut Tx<'_>, id: SuppressionId) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, &[&id])? == 1)
}

/// Suppressions older than `before`, newest first.
pub(super) fn before(tx: &mut Tx<'_>, before: SuppressionId, limit: u32) -> Result<Vec<Suppression>, StoreError> {
    tx.all(BEFORE, &[&before, &limit], read)
}

fn read(row: &Row<'_>) -> Result<Suppression, StoreError> {
    Ok(Suppression {
        id: row.get("id")?,
        channel: row.get("channel")?,
        reason: row.get("reason")?,
        created_at: row.get("created_at")?,
    })
}
