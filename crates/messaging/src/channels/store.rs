//! Every query on channels.

use sealpost_store::{ChannelId, Row, Sql, StoreError, Tx, sql};

use super::kind::ChannelKind;
use super::model::Channel;

const INSERT: Sql = sql!(
    "insert into channel (org, env, id, kind, name, settings, created_at, updated_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $7) on conflict do nothing"
);
const UPDATE: Sql = sql!("update channel set settings = $4, updated_at = $5 where org = $1 and env = $2 and id = $3");
const USED: Sql = sql!(
    "update channel set last_used_at = $4 where org = $1 and env = $2 and id = $3 and (last_used_at is null or last_used_at < $4)"
);
const ONE: Sql = sql!(
    "select id, name, settings, version, admitted, created_at, updated_at, last_used_at from channel where org = $1 and env = $2 and id = $3"
);
const BEFORE: Sql = sql!(
    "select id, name, settings, version, admitted, created_at, updated_at, last_used_at from channel where org = $1 and env = $2 and id < $3 \
     order by id desc limit $4"
);

const ADVANCE: Sql =
    sql!("update channel set version = version + 1 where org = $1 and env = $2 and id = $3 and version = $4");
const ADMIT: Sql = sql!("update channel set admitted = $4 where org = $1 and env = $2 and id = $3 and admitted <> $4");
// There are few. Events ask the same of the channels of their kind.
const FIRST: Sql =
    sql!("select id from channel where org = $1 and env = $2 and kind = $3 order by admitted desc, id limit 1");

/// A new channel; false if its name is taken.
pub(super) fn insert(tx: &mut Tx<'_>, kind: ChannelKind, channel: &Channel) -> Result<bool, StoreError> {
    let settings = settings(channel)?;
    Ok(tx.execute(INSERT, &[&channel.id, &kind, &channel.name, &settings, &channel.created_at])? == 1)
}

/// A channel's settings, anew; false if there is none.
pub(super) fn update(tx: &mut Tx<'_>, channel: &Channel) -> Result<bool, StoreError> {
    let settings = settings(channel)?;
    Ok(tx.execute(UPDATE, &[&channel.id, &settings, &channel.updated_at])? == 1)
}

/// Counts a change of a channel's policy from where it stood; false if somebody else has changed it.
pub(super) fn advance(tx: &mut Tx<'_>, id: ChannelId, from: u32) -> Result<bool, StoreError> {
    Ok(tx.execute(ADVANCE, &[&id, &from])? == 1)
}

/// Keeps whether others have agreed to a channel; false if that stood there.
pub(super) fn admit(tx: &mut Tx<'_>, id: ChannelId, admitted: bool) -> Result<bool, StoreError> {
    Ok(tx.execute(ADMIT, &[&id, &u32::from(admitted)])? == 1)
}

/// The oldest channel of this kind that others have agreed to, or the oldest at all if there is none: what sends where nothing else is said.
pub(super) fn first(tx: &mut Tx<'_>, kind: ChannelKind) -> Result<Option<ChannelId>, StoreError> {
    tx.optional(FIRST, &[&kind], |row| row.get("id"))
}

/// Says that a channel sends now.
pub(super) fn used(tx: &mut Tx<'_>, id: ChannelId) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.execute(USED, &[&id, &now]).map(drop)
}

/// The channel.
pub(super) fn find(tx: &mut Tx<'_>, id: ChannelId) -> Result<Option<Channel>, StoreError> {
    tx.optional(ONE, &[&id], read)
}

/// Channels older than `before`, newest first.
pub(super) fn before(tx: &mut Tx<'_>, before: ChannelId, limit: u32) -> Result<Vec<Channel>, StoreError> {
    tx.all(BEFORE, &[&before, &limit], read)
}

fn settings(channel: &Channel) -> Result<String, StoreError> {
    serde_json::to_string(&channel.email).map_err(|_| StoreError::Column("settings".into()))
}

fn read(row: &Row<'_>) -> Result<Channel, StoreError> {
    let settings: String = row.get("settings")?;
    Ok(Channel {
        id: row.get("id")?,
        name: row.get("name")?,
        email: serde_json::from_str(&settings).map_err(|_| StoreError::Column("settings".into()))?,
        version: row.get("version")?,
        is_admitted: row.get("admitted")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        last_used_at: row.get("last_used_at")?,
    })
}
