//! Every query on erasures.

use sealpost_store::{ContactId, ErasureId, Row, Sql, StoreError, Time, Tx, sql};

use super::model::Erasure;

const ONE: Sql = sql!(
    "select id, contact, slot, begun_at, done_at, leaf_from, leaf, fields, indexes, cancelled, messages, sandboxed, suppressions,
        kept_until, reapplied, reason, final_at, merged
     from erasure where org = $1 and env = $2 and id = $3"
);
const BEFORE: Sql = sql!(
    "select id, contact, slot, begun_at, done_at, leaf_from, leaf, fields, indexes, cancelled, messages, sandboxed, suppressions,
        kept_until, reapplied, reason, final_at, merged
     from erasure where org = $1 and env = $2 and id < $3 order by id desc limit $4"
);
const INSERT: Sql = sql!(
    "insert into erasure (org, env, id, contact, slot, begun_at, leaf_from, fields, indexes, cancelled, messages, sandboxed,
        suppressions, kept_until, reapplied, reason, final_at, merged)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, $10, $11, $12, $13, $14, $15)"
);
const TAKEN_BACK: Sql = sql!("update erasure set cancelled = cancelled + 1 where org = $1 and env = $2 and id = $3");
const BLANKED: Sql = sql!(
    "update erasure set messages = messages + $4, sandboxed = sandboxed + $5 where org = $1 and env = $2 and id = $3"
);
const FINISH: Sql =
    sql!("update erasure set done_at = $4, leaf = $5 where org = $1 and env = $2 and id = $3 and done_at is null");
// Primary key (org, env, id).
const OPEN: Sql = sql!(
    "select id from erasure where org = $1 and env = $2 and (done_at is null or done_at > $3) order by id limit $4"
);

// The end of the primary key (org, env, id) first: whoever was erased lately stands there.
const SINCE: Sql =
    sql!("select id from erasure where org = $1 and env = $2 and begun_at >= $3 order by id desc limit 1");
const COUNTS: Sql = sql!(
    "select cast(count(*) as bigint) as n, cast(count(done_at) as bigint) as done from erasure where org = $1 and env = $2"
);

/// How many erasures are done, and how many are under way.
pub(super) fn standing(tx: &mut Tx<'_>) -> Result<(u64, u64), StoreError> {
    let counts = tx.optional(COUNTS, &[], |row| Ok((row.get::<u64>("done")?, row.get::<u64>("n")?)))?;
    Ok(counts.map_or((0, 0), |(done, all)| (done, all.saturating_sub(done))))
}

/// Whether somebody's erasure has begun since then.
pub(crate) fn any_since(tx: &mut Tx<'_>, since: Time) -> Result<bool, StoreError> {
    Ok(tx.optional(SINCE, &[&since], |row| row.get::<ErasureId>("id"))?.is_some())
}

pub(super) fn find(tx: &mut Tx<'_>, id: ErasureId) -> Result<Option<Erasure>, StoreError> {
    tx.optional(ONE, &[&id], read)
}

/// Erasures before `before`, newest first.
pub(super) fn before(tx: &mut Tx<'_>, before: ErasureId, limit: u32) -> Result<Vec<Erasure>, StoreError> {
    tx.all(BEFORE, &[&before, &limit], read)
}

pub(super) fn insert(tx: &mut Tx<'_>, e: &Erasure) -> Result<(), StoreError> {
    let reapplied = u64::from(e.reapplied);
    tx.put(
        INSERT,
        &[
            &e.id,
            &e.contact,
            &e.slot,
            &e.begun_at,
            &e.leaf_from,
            &e.fields,
            &e.indexes,
            &e.suppressions,
            &e.kept_until,
            &reapplied,
            &e.ground,
            &e.final_at,
            &e.merged,
        ],
    )
}

/// One more message was taken back.
pub(super) fn taken_back(tx: &mut Tx<'_>, id: ErasureId) -> Result<(), StoreError> {
    tx.put(TAKEN_BACK, &[&id])
}

/// So many more messages are empty, and out of the sandbox outbox.
pub(super) fn blanked(tx: &mut Tx<'_>, id: ErasureId, messages: u64, sandboxed: u64) -> Result<(), StoreError> {
    tx.put(BLANKED, &[&id, &messages, &sandboxed])
}

/// Nothing is left to do. Fails with `Superseded` if that was so already.
pub(super) fn finish(tx: &mut Tx<'_>, id: ErasureId, leaf: u64) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(FINISH, &[&id, &now, &leaf])
}

/// How many contacts are erased for good: whoever was merged into somebody counts, too.
pub(super) fn done_count(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    let count = sql!(
        "select cast(count(*) + coalesce(sum(merged), 0) as bigint) as n from erasure
         where org = $1 and env = $2 and done_at is not null"
    );
    Ok(tx.optional(count, &[], |row| row.get::<u64>("n"))?.unwrap_or(0))
}

/// Erasures that are under way, or were until after `since`.
pub(super) fn open(tx: &mut Tx<'_>, since: Time, limit: u32) -> Result<Vec<ErasureId>, StoreError> {
    tx.all(OPEN, &[&since, &limit], |row| row.get("id"))
}

fn read(row: &Row<'_>) -> Result<Erasure, StoreError> {
    Ok(Erasure {
        id: row.get("id")?,
        contact: row.get::<ContactId>("contact")?,
        slot: row.get("slot")?,
        begun_at: row.get("begun_at")?,
        done_at: row.get("done_at")?,
        leaf_from: row.get("leaf_from")?,
        leaf: row.get("leaf")?,
        fields: row.get("fields")?,
        indexes: row.get("indexes")?,
        cancelled: row.get("cancelled")?,
        messages: row.get("messages")?,
        sandboxed: row.get("sandboxed")?,
        suppressions: row.get("suppressions")?,
        kept_until: row.get("kept_until")?,
        reapplied: row.get::<u64>("reapplied")? != 0,
        ground: row.get("reason")?,
        final_at: row.get("final_at")?,
        merged: row.get("merged")?,
    })
}
