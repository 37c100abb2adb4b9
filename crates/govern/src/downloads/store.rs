//! Every query about files that were asked for.

use sealpost_store::{Actor, ActorKind, ApprovalId, DownloadId, Row, Sql, StoreError, Time, Tx, sql};

use super::model::{Download, Fetch, Format, State, Written};

const ONE: Sql = sql!(
    "select id, source, format, shows, personal, estimate, actor_kind, actor, slot, wanted, digest, approval, state, why, sight, run,
            lines, bytes, chunks, sha256, created_at, updated_at, expires_at, fetches, fetch_until, fetch_by, fetch_held_until
     from download where org = $1 and env = $2 and id = $3"
);
const BEFORE: Sql = sql!(
    "select id, source, format, shows, personal, estimate, actor_kind, actor, slot, wanted, digest, approval, state, why, sight, run,
            lines, bytes, chunks, sha256, created_at, updated_at, expires_at, fetches, fetch_until, fetch_by, fetch_held_until
     from download where org = $1 and env = $2 and id < $3 order by id desc limit $4"
);
const OF_ACTOR: Sql = sql!(
    "select id, source, format, shows, personal, estimate, actor_kind, actor, slot, wanted, digest, approval, state, why, sight, run,
            lines, bytes, chunks, sha256, created_at, updated_at, expires_at, fetches, fetch_until, fetch_by, fetch_held_until
     from download where org = $1 and env = $2 and id < $3 and actor = $5 order by id desc limit $4"
);
// Index download_open (org, env, state, id).
const IN_STATE: Sql = sql!(
    "select id, source, format, shows, personal, estimate, actor_kind, actor, slot, wanted, digest, approval, state, why, sight, run,
            lines, bytes, chunks, sha256, created_at, updated_at, expires_at, fetches, fetch_until, fetch_by, fetch_held_until
     from download where org = $1 and env = $2 and state = $3 and id < $4 order by id desc limit $5"
);
const INSERT: Sql = sql!(
    "insert into download (org, env, id, source, format, shows, personal, estimate, actor_kind, actor, slot, wanted, digest, state,
                           created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)"
);
const WAITS_FOR: Sql = sql!("update download set approval = $4 where org = $1 and env = $2 and id = $3");
const MOVE: Sql = sql!(
    "update download set state = $5, why = $6, updated_at = $7 where org = $1 and env = $2 and id = $3 and state = $4"
);
// Index download_open (org, env, state, id). What another holds is left to it until its time is over; where no other process can be, what
// isn't held by this one is held by nobody.
const CLAIMABLE: Sql = sql!(
    "select id from download where org = $1 and env = $2 and (state = 'queued' or (state = 'writing' and (held_until <= $3 or held_by <> $4)))
     order by id limit 1"
);
const CLAIM: Sql = sql!(
    "update download set state = 'writing', run = run + 1, held_by = $4, held_until = $5, lines = 0, bytes = 0, chunks = 0, updated_at = $6
     where org = $1 and env = $2 and id = $3 and (state = 'queued' or (state = 'writing' and (held_until <= $6 or held_by <> $7)))"
);
const DROP_CHUNKS: Sql = sql!("delete from download_chunk where org = $1 and env = $2 and download = $3 and run < $4");
const ALL_CHUNKS: Sql = sql!("delete from download_chunk where org = $1 and env = $2 and download = $3");
const SOME_CHUNKS: Sql = sql!(
    "delete from download_chunk where org = $1 and env = $2 and download = $3 and (run, seq) in
     (select run, seq from download_chunk where org = $1 and env = $2 and download = $3 order by run, seq limit $4)"
);
const ADD_CHUNK: Sql =
    sql!("insert into download_chunk (org, env, download, run, seq, sealed) values ($1, $2, $3, $4, $5, $6)");
const FURTHER: Sql = sql!(
    "update download set lines = $5, bytes = $6, chunks = $7, held_until = $8
     where org = $1 and env = $2 and id = $3 and run = $4 and state = 'writing'"
);
const READY: Sql = sql!(
    "update download set state = 'ready', lines = $5, bytes = $6, chunks = $7, sha256 = $8, sight = $9, updated_at = $10, expires_at = $11,
                         held_by = null, held_until = null
     where org = $1 and env = $2 and id = $3 and run = $4 and state = 'writing'"
);
// Primary key (org, env, download, run, seq).
const CHUNK: Sql =
    sql!("select sealed from download_chunk where org = $1 and env = $2 and download = $3 and run = $4 and seq = $5");
// Index download_open (org, env, state, id). Those whose time is over, or that were begun often enough, and that nobody is fetching.
const OVERDUE: Sql = sql!(
    "select id, fetches from download where org = $1 and env = $2 and state = 'ready'
        and (fetch_held_until is null or fetch_held_until <= $3)
        and (fetches >= $4 or coalesce(fetch_until, expires_at) <= $3)
     order by id limit $5"
);
// Of many who begin at once one does.
const BEGIN_FETCH: Sql = sql!(
    "update download set fetches = fetches + 1, fetch_by = $5, fetch_until = coalesce(fetch_until, $6), fetch_held_until = $7
     where org = $1 and env = $2 and id = $3 and fetches = $4 and state = 'ready' and (fetch_held_until is null or fetch_held_until <= $8)"
);
const HOLD: Sql = sql!(
    "update download set fetch_held_until = $5 where org = $1 and env = $2 and id = $3 and fetches = $4 and state = 'ready'"
);
const HANDED_OVER: Sql = sql!(
    "update download set state = 'delivered', fetch_held_until = null, updated_at = $5
     where org = $1 and env = $2 and id = $3 and fetches = $4 and state = 'ready'"
);
// Those that are at their end and not destroyed yet.
const TO_SHRED: Sql = sql!(
    "select id from download where org = $1 and env = $2 and wanted is not null
        and state in ('refused', 'failed', 'cancelled', 'expired', 'delivered')
     order by id limit $3"
);
const SHREDDED: Sql = sql!(
    "update download set wanted = null, shredded_at = $4 where org = $1 and env = $2 and id = $3 and wanted is not null"
);

pub(super) fn insert(tx: &mut Tx<'_>, of: &Download) -> Result<(), StoreError> {
    tx.execute(
        INSERT,
        &[
            &of.id,
            &of.source,
            &of.format.word(),
            &of.columns.join(" "),
            &u32::from(of.personal),
            &of.estimate,
            &kind_word(of.actor.kind),
            &DownloadId::from_bytes(of.actor.id),
            &of.slot,
            &of.wanted,
            &of.digest,
            &of.state.word(),
            &of.created_at,
        ],
    )
    .map(drop)
}

/// Notes what it waits for.
pub(super) fn waits_for(tx: &mut Tx<'_>, id: DownloadId, approval: ApprovalId) -> Result<(), StoreError> {
    tx.put_exact(WAITS_FOR, &[&id, &approval])
}

pub(super) fn find(tx: &mut Tx<'_>, id: DownloadId) -> Result<Option<Download>, StoreError> {
    tx.optional(ONE, &[&id], read)
}

/// Which of them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    All,
    /// That this party asked for.
    Of(Actor),
    /// That stand so.
    In(State),
}

/// Those older than `before`, newest first.
pub(super) fn page(tx: &mut Tx<'_>, which: Which, before: DownloadId, limit: u32) -> Result<Vec<Download>, StoreError> {
    match which {
        Which::All => tx.all(BEFORE, &[&before, &limit], read),
        Which::Of(actor) => tx.all(OF_ACTOR, &[&before, &limit, &DownloadId::from_bytes(actor.id)], read),
        Which::In(state) => tx.all(IN_STATE, &[&state.word(), &before, &limit], read),
    }
}

/// Brings it from one state to another; false if it isn't in the one any more.
pub(super) fn advance(
    tx: &mut Tx<'_>,
    id: DownloadId,
    (from, to): (State, State),
    why: Option<&str>,
) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    Ok(tx.execute(MOVE, &[&id, &from.word(), &to.word(), &why, &now])? == 1)
}

/// Takes one to be written until then, if there is one: that waits for that, or whose writer is gone. `alone`: whether no other process
/// can be writing.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    holder: [u8; 16],
    alone: bool,
    until: Time,
) -> Result<Option<Download>, StoreError> {
    let now = tx.ctx().now();
    let holder = DownloadId::from_bytes(holder);
    let only = alone.then_some(holder);
    let found = tx.optional(CLAIMABLE, &[&now, &only], |row| row.get::<DownloadId>("id"))?;
    let Some(id) = found else { return Ok(None) };
    // Another node may be faster.
    if tx.execute(CLAIM, &[&id, &holder, &until, &now, &only])? != 1 {
        return Ok(None);
    }
    let claimed = find(tx, id)?;
    if let Some(claimed) = &claimed {
        tx.put(DROP_CHUNKS, &[&id, &claimed.run])?;
    }
    Ok(claimed)
}

/// A piece of the file, and how much there is with it. If another writes it by now, the transaction fails.
pub(super) fn further(
    tx: &mut Tx<'_>,
    (id, run): (DownloadId, u32),
    sealed: &[u8],
    written: &Written,
    until: Time,
) -> Result<(), StoreError> {
    let seq = written.chunks.saturating_sub(1);
    tx.put_exact(FURTHER, &[&id, &run, &written.rows, &written.bytes, &written.chunks, &until])?;
    tx.put(ADD_CHUNK, &[&id, &run, &seq, &sealed])
}

/// It is whole. If another writes it by now, the transaction fails.
pub(super) fn ready(
    tx: &mut Tx<'_>,
    (id, run): (DownloadId, u32),
    written: &Written,
    sight: &str,
    expires_at: Time,
) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(
        READY,
        &[&id, &run, &written.rows, &written.bytes, &written.chunks, &written.sha256, &sight, &now, &expires_at],
    )
}

/// A piece of the file.
pub(super) fn chunk(tx: &mut Tx<'_>, id: DownloadId, run: u32, seq: u32) -> Result<Option<Vec<u8>>, StoreError> {
    tx.optional(CHUNK, &[&id, &run, &seq], |row| row.get("sealed"))
}

/// Begins to fetch it, if that was begun so often before and nobody holds it.
pub(super) fn begin_fetch(
    tx: &mut Tx<'_>,
    (id, tries): (DownloadId, u32),
    by: [u8; 16],
    until: Time,
    held_until: Time,
) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let by = DownloadId::from_bytes(by);
    Ok(tx.execute(BEGIN_FETCH, &[&id, &tries, &by, &until, &held_until, &now])? == 1)
}

/// Says until when nobody else begins; false if it isn't being fetched any more, or by another.
pub(super) fn hold(tx: &mut Tx<'_>, (id, tries): (DownloadId, u32), until: Option<Time>) -> Result<bool, StoreError> {
    Ok(tx.execute(HOLD, &[&id, &tries, &until])? == 1)
}

/// Its last byte was handed over; false if it has come to its end otherwise.
pub(super) fn handed_over(tx: &mut Tx<'_>, (id, tries): (DownloadId, u32)) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    Ok(tx.execute(HANDED_OVER, &[&id, &tries, &now])? == 1)
}

/// Those whose time is over or that were begun `most` times, and how often each was.
pub(super) fn overdue(tx: &mut Tx<'_>, most: u32, limit: u32) -> Result<Vec<(DownloadId, u32)>, StoreError> {
    let now = tx.ctx().now();
    tx.all(OVERDUE, &[&now, &most, &limit], |row| Ok((row.get("id")?, row.get("fetches")?)))
}

/// Those whose keys are to be destroyed.
pub(super) fn to_shred(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<DownloadId>, StoreError> {
    tx.all(TO_SHRED, &[&limit], |row| row.get("id"))
}

/// Removes up to `most` pieces of a file; answers how many. In one transaction, SQLite would keep all of a file in memory to take it back.
pub(super) fn drop_chunks(tx: &mut Tx<'_>, id: DownloadId, most: u32) -> Result<u64, StoreError> {
    tx.execute(SOME_CHUNKS, &[&id, &most])
}

/// Nothing of what was sealed is left; false if it was so before.
pub(super) fn shredded(tx: &mut Tx<'_>, id: DownloadId) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    tx.put(ALL_CHUNKS, &[&id])?;
    Ok(tx.execute(SHREDDED, &[&id, &now])? == 1)
}

fn read(row: &Row<'_>) -> Result<Download, StoreError> {
    let (format, state): (String, String) = (row.get("format")?, row.get("state")?);
    let shows: String = row.get("shows")?;
    let kind: String = row.get("actor_kind")?;
    Ok(Download {
        id: row.get("id")?,
        source: row.get("source")?,
        format: Format::of(&format).ok_or_else(|| StoreError::Column("format".into()))?,
        columns: shows.split(' ').map(str::to_owned).collect(),
        personal: row.get::<u32>("personal")? != 0,
        estimate: row.get("estimate")?,
        actor: Actor { kind: kind_of(&kind)?, id: row.get::<DownloadId>("actor")?.bytes() },
        slot: row.get("slot")?,
        wanted: row.get("wanted")?,
        digest: row.get("digest")?,
        approval: row.get("approval")?,
        state: State::of(&state).ok_or_else(|| StoreError::Column("state".into()))?,
        why: row.get("why")?,
        sight: row.get("sight")?,
        run: row.get("run")?,
        written: Written {
            rows: row.get("lines")?,
            bytes: row.get("bytes")?,
            chunks: row.get("chunks")?,
            sha256: row.get("sha256")?,
        },
        fetch: fetch(row)?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        expires_at: row.get("expires_at")?,
    })
}

fn fetch(row: &Row<'_>) -> Result<Option<Fetch>, StoreError> {
    let (until, by): (Option<Time>, Option<DownloadId>) = (row.get("fetch_until")?, row.get("fetch_by")?);
    let (Some(until), Some(by)) = (until, by) else { return Ok(None) };
    Ok(Some(Fetch { tries: row.get("fetches")?, until, by: by.bytes(), held_until: row.get("fetch_held_until")? }))
}

/// Members and keys ask; nobody else does.
const fn kind_word(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Member => "member",
        ActorKind::Key => "key",
        _ => "other",
    }
}

fn kind_of(word: &str) -> Result<ActorKind, StoreError> {
    match word {
        "member" => Ok(ActorKind::Member),
        "key" => Ok(ActorKind::Key),
        "other" => Ok(ActorKind::System),
        _ => Err(StoreError::Column("actor_kind".into())),
    }
}
