//! Every query on routes.

use sealpost_store::{ChannelId, MessageId, RouteId, Row, Sql, StoreError, Time, Tx, sql};

use super::model::{Answer, Leg, Plan, Route, RouteVersion, Tried};
use crate::channels::ChannelKind;
use crate::versions;

const INSERT: Sql = sql!(
    "insert into route (org, env, id, name, kind, version, live_version, created_at) values ($1, $2, $3, $4, $5, 1, 0, $6) \
     on conflict do nothing"
);
const INSERT_VERSION: Sql =
    sql!("insert into route_version (org, env, route, version, content, created_at) values ($1, $2, $3, $4, $5, $6)");
const ADVANCE: Sql =
    sql!("update route set version = version + 1 where org = $1 and env = $2 and id = $3 returning version");
const PUT_INTO_FORCE: Sql = sql!(
    "update route set live_version = $4, promotions = promotions + 1 \
     where org = $1 and env = $2 and id = $3 and promotions = $5"
);
const RELEASE: Sql = sql!(
    "update route_version set released_at = $5 \
     where org = $1 and env = $2 and route = $3 and version = $4 and released_at is null"
);
const ONE: Sql = sql!(
    "select id, name, kind, version, live_version, promotions, created_at from route \
     where org = $1 and env = $2 and id = $3"
);
const BEFORE: Sql = sql!(
    "select id, name, kind, version, live_version, promotions, created_at from route where org = $1 and env = $2 and id < $3 \
     order by id desc limit $4"
);
const VERSION: Sql = sql!(
    "select version, content, created_at, released_at from route_version \
     where org = $1 and env = $2 and route = $3 and version = $4"
);
const VERSIONS: Sql = sql!(
    "select version, content, created_at, released_at from route_version \
     where org = $1 and env = $2 and route = $3 order by version desc"
);
const CHANNEL_NAME: Sql = sql!("select name from channel where org = $1 and env = $2 and id = $3");
const CHANNEL_KIND: Sql = sql!("select kind from channel where org = $1 and env = $2 and id = $3");
const BEGIN: Sql = sql!(
    "insert into route_attempt (org, env, message, attempt, round, step, channel) values ($1, $2, $3, $4, $5, $6, $7)"
);
const CONCLUDE: Sql =
    sql!("update route_attempt set outcome = $5 where org = $1 and env = $2 and message = $3 and attempt = $4");
const TRIED: Sql = sql!(
    "select round, step, outcome from route_attempt where org = $1 and env = $2 and message = $3 order by attempt"
);

/// A new route without its version; false if its name is taken.
pub(super) fn insert(tx: &mut Tx<'_>, route: &Route) -> Result<bool, StoreError> {
    Ok(tx.execute(INSERT, &[&route.id, &route.name, &route.kind, &route.created_at])? == 1)
}

/// A version, by whoever acts; it never changes.
pub(super) fn insert_version(
    tx: &mut Tx<'_>,
    id: RouteId,
    version: u32,
    plan: &Plan,
    now: Time,
) -> Result<(), StoreError> {
    let content = serde_json::to_string(plan).map_err(|_| StoreError::Column("content".into()))?;
    tx.put(INSERT_VERSION, &[&id, &version, &content, &now])?;
    versions::wrote(tx, id.bytes(), version)
}

/// Takes the next version number; nothing if there is no such route.
pub(super) fn advance(tx: &mut Tx<'_>, id: RouteId) -> Result<Option<u32>, StoreError> {
    tx.optional(ADVANCE, &[&id], |row| row.get("version"))
}

/// Puts a version into force, if nobody has decided that since `route` was read; false if somebody has.
pub(super) fn put_into_force(tx: &mut Tx<'_>, route: &Route, version: u32) -> Result<bool, StoreError> {
    Ok(tx.execute(PUT_INTO_FORCE, &[&route.id, &version, &route.promotions])? == 1)
}

/// Keeps since when a version has been in force for the first time.
pub(super) fn release(tx: &mut Tx<'_>, id: RouteId, version: u32, now: Time) -> Result<(), StoreError> {
    tx.execute(RELEASE, &[&id, &version, &now]).map(drop)
}

/// The route.
pub(super) fn find(tx: &mut Tx<'_>, id: RouteId) -> Result<Option<Route>, StoreError> {
    tx.optional(ONE, &[&id], read)
}

/// What the channels of a route are for, if there is that route.
pub(crate) fn kind_of(tx: &mut Tx<'_>, id: RouteId) -> Result<Option<ChannelKind>, StoreError> {
    Ok(find(tx, id)?.map(|route| route.kind))
}

/// Routes older than `before`, newest first.
pub(super) fn before(tx: &mut Tx<'_>, before: RouteId, limit: u32) -> Result<Vec<Route>, StoreError> {
    tx.all(BEFORE, &[&before, &limit], read)
}

/// One version.
pub(super) fn version(tx: &mut Tx<'_>, id: RouteId, version: u32) -> Result<Option<RouteVersion>, StoreError> {
    tx.optional(VERSION, &[&id, &version], read_version)
}

/// All versions, newest first.
pub(super) fn versions(tx: &mut Tx<'_>, id: RouteId) -> Result<Vec<RouteVersion>, StoreError> {
    tx.all(VERSIONS, &[&id], read_version)
}

/// What a channel is called, if there is that channel.
pub(super) fn channel_name(tx: &mut Tx<'_>, id: ChannelId) -> Result<Option<String>, StoreError> {
    tx.optional(CHANNEL_NAME, &[&id], |row| row.get("name"))
}

/// What a channel is for, if there is that channel.
pub(super) fn channel_kind(tx: &mut Tx<'_>, id: ChannelId) -> Result<Option<ChannelKind>, StoreError> {
    tx.optional(CHANNEL_KIND, &[&id], |row| row.get("kind"))
}

/// Puts on record which step an attempt is, in the transaction that begins it.
pub(crate) fn begin(tx: &mut Tx<'_>, message: MessageId, attempt: u32, leg: &Leg) -> Result<(), StoreError> {
    tx.put(BEGIN, &[&message, &attempt, &leg.round, &leg.step, &leg.channel])
}

/// Puts on record what came of an attempt.
pub(crate) fn conclude(tx: &mut Tx<'_>, message: MessageId, attempt: u32, answer: Answer) -> Result<(), StoreError> {
    tx.put(CONCLUDE, &[&message, &attempt, &answer.word()])
}

/// What is on record of a message's attempts, oldest first.
pub(crate) fn tried(tx: &mut Tx<'_>, message: MessageId) -> Result<Vec<Tried>, StoreError> {
    tx.all(TRIED, &[&message], |row| {
        let outcome: Option<String> = row.get("outcome")?;
        let answer = match outcome {
            Some(word) => Answer::read(&word).ok_or_else(|| StoreError::Column("outcome".into()))?,
            None => Answer::Unknown,
        };
        Ok(Tried { step: row.get("step")?, round: row.get("round")?, answer })
    })
}

fn read(row: &Row<'_>) -> Result<Route, StoreError> {
    Ok(Route {
        id: row.get("id")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        version: row.get("version")?,
        live: row.get("live_version")?,
        promotions: row.get("promotions")?,
        created_at: row.get("created_at")?,
    })
}

fn read_version(row: &Row<'_>) -> Result<RouteVersion, StoreError> {
    let content: String = row.get("content")?;
    Ok(RouteVersion {
        version: row.get("version")?,
        plan: serde_json::from_str(&content).map_err(|_| StoreError::Column("content".into()))?,
        created_at: row.get("created_at")?,
        released_at: row.get("released_at")?,
    })
}
