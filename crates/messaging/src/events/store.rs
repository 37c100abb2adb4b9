//! Every query on events.

use sealpost_store::{ChannelId, EventId, RouteId, Row, Sql, StoreError, Time, Tx, sql};

use super::model::{Class, Event, EventSpec, EventVersion, NewVersion};
use crate::channels::ChannelKind;
use crate::versions;

const INSERT: Sql = sql!(
    "insert into event (org, env, id, name, version, promotions, created_at) values ($1, $2, $3, $4, 1, 0, $5) \
     on conflict do nothing"
);
const INSERT_VERSION: Sql = sql!(
    "insert into event_version (org, env, event, version, class, template, template_version, channel, created_at, route) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
);
const ADVANCE: Sql =
    sql!("update event set version = version + 1 where org = $1 and env = $2 and id = $3 returning version");
const ONE: Sql = sql!(
    "select id, name, version, in_force, promotions, created_at from event where org = $1 and env = $2 and id = $3"
);
// Unique index event_name (org, env, name).
const NAMED: Sql = sql!(
    "select id, name, version, in_force, promotions, created_at from event where org = $1 and env = $2 and name = $3"
);
const BEFORE: Sql = sql!(
    "select id, name, version, in_force, promotions, created_at from event where org = $1 and env = $2 and id < $3 \
     order by id desc limit $4"
);
const VERSION: Sql = sql!(
    "select version, class, template, template_version, channel, route, created_at, released_at from event_version \
     where org = $1 and env = $2 and event = $3 and version = $4"
);
const VERSIONS: Sql = sql!(
    "select version, class, template, template_version, channel, route, created_at, released_at from event_version \
     where org = $1 and env = $2 and event = $3 order by version desc"
);
const PUT_INTO_FORCE: Sql = sql!(
    "update event set in_force = $4, promotions = promotions + 1 where org = $1 and env = $2 and id = $3 and promotions = $5"
);
const RELEASE: Sql = sql!(
    "update event_version set released_at = coalesce(released_at, $5) \
     where org = $1 and env = $2 and event = $3 and version = $4"
);
// Unique indexes event_name (org, env, name) and the primary keys of the rest. Without a version in force, of its own or of its template,
// nothing has this name.
const SPEC: Sql = sql!(
    "select e.id, v.version, v.class, t.channel as kind, t.id as template, \
       coalesce(v.template_version, t.in_force) as template_version, \
       coalesce(v.channel, (select id from channel where org = $1 and env = $2 and kind = t.channel order by admitted desc, id limit 1)) \
         as channel, v.route \
     from event e \
     join event_version v on v.org = e.org and v.env = e.env and v.event = e.id and v.version = e.in_force \
     join template t on t.org = v.org and t.env = v.env and t.id = v.template \
     where e.org = $1 and e.env = $2 and e.name = $3 and coalesce(v.template_version, t.in_force) is not null"
);
// Primary keys; an organisation has hundreds of events at most.
const CLASSES: Sql = sql!(
    "select e.name, v.class from (select org, env, id, name, in_force from event where org = $1 and env = $2) e \
     join event_version v on v.org = e.org and v.env = e.env and v.event = e.id and v.version = e.in_force \
     order by e.name limit 1000"
);
const TEMPLATE_KIND: Sql =
    sql!("select channel from template where org = $1 and env = $2 and id = $3 and version >= $4 and $4 >= 1");
// Unique index channel_name (org, env, name).
const CHANNEL_NAMED: Sql = sql!("select id from channel where org = $1 and env = $2 and name = $3 and kind = $4");
const CHANNEL_NAME: Sql = sql!("select name from channel where org = $1 and env = $2 and id = $3");
// Unique index route_name (org, env, name).
const ROUTE_NAMED: Sql = sql!("select id from route where org = $1 and env = $2 and name = $3 and kind = $4");
const ROUTE_NAME: Sql = sql!("select name from route where org = $1 and env = $2 and id = $3");
const CHANNEL_KIND: Sql = sql!("select kind from channel where org = $1 and env = $2 and id = $3");

/// Events by name, with the class they have now.
pub(super) fn classes(tx: &mut Tx<'_>) -> Result<Vec<(String, Class)>, StoreError> {
    tx.all(CLASSES, &[], |row| Ok((row.get("name")?, row.get("class")?)))
}

/// A new event without its version; false if its name is taken.
pub(super) fn insert(tx: &mut Tx<'_>, id: EventId, name: &str, now: Time) -> Result<bool, StoreError> {
    Ok(tx.execute(INSERT, &[&id, &name, &now])? == 1)
}

/// A version, by whoever acts; it never changes.
pub(super) fn insert_version(
    tx: &mut Tx<'_>,
    id: EventId,
    version: u32,
    new: &NewVersion,
    now: Time,
) -> Result<(), StoreError> {
    let NewVersion { class, template, template_version, channel, route } = new;
    tx.put(INSERT_VERSION, &[&id, &version, class, template, template_version, channel, &now, route])?;
    versions::wrote(tx, id.bytes(), version)
}

/// Takes the next version number; nothing if there is no such event.
pub(super) fn advance(tx: &mut Tx<'_>, id: EventId) -> Result<Option<u32>, StoreError> {
    tx.optional(ADVANCE, &[&id], |row| row.get("version"))
}

/// The event.
pub(super) fn find(tx: &mut Tx<'_>, id: EventId) -> Result<Option<Event>, StoreError> {
    tx.optional(ONE, &[&id], read)
}

/// Events older than `before`, newest first.
pub(super) fn before(tx: &mut Tx<'_>, before: EventId, limit: u32) -> Result<Vec<Event>, StoreError> {
    tx.all(BEFORE, &[&before, &limit], read)
}

/// The event of this name.
pub(super) fn named(tx: &mut Tx<'_>, name: &str) -> Result<Option<Event>, StoreError> {
    tx.optional(NAMED, &[&name], read)
}

/// Whether there is an event of this name.
pub(crate) fn is_there(tx: &mut Tx<'_>, name: &str) -> Result<bool, StoreError> {
    Ok(named(tx, name)?.is_some())
}

/// One version.
pub(super) fn version(tx: &mut Tx<'_>, id: EventId, version: u32) -> Result<Option<EventVersion>, StoreError> {
    tx.optional(VERSION, &[&id, &version], read_version)
}

/// All versions, newest first.
pub(super) fn versions(tx: &mut Tx<'_>, id: EventId) -> Result<Vec<EventVersion>, StoreError> {
    tx.all(VERSIONS, &[&id], read_version)
}

/// From now on this version is in force; false, if something else was decided since `event` was read.
pub(super) fn put_into_force(tx: &mut Tx<'_>, event: &Event, version: u32) -> Result<bool, StoreError> {
    Ok(tx.execute(PUT_INTO_FORCE, &[&event.id, &version, &event.promotions])? == 1)
}

/// Keeps since when a version has been in force for the first time.
pub(super) fn release(tx: &mut Tx<'_>, id: EventId, version: u32, now: Time) -> Result<(), StoreError> {
    tx.execute(RELEASE, &[&id, &version, &now]).map(drop)
}

/// What firing the event of this name means now.
pub(super) fn spec(tx: &mut Tx<'_>, name: &str) -> Result<Option<EventSpec>, StoreError> {
    tx.optional(SPEC, &[&name], |row| {
        Ok(EventSpec {
            id: row.get("id")?,
            version: row.get("version")?,
            class: row.get("class")?,
            channel: row.get("kind")?,
            channel_id: row.get("channel")?,
            route: row.get("route")?,
            template: row.get("template")?,
            template_version: row.get("template_version")?,
        })
    })
}

/// What the template of a version is for, if there is that template with that version.
pub(super) fn template_kind(tx: &mut Tx<'_>, new: &NewVersion) -> Result<Option<ChannelKind>, StoreError> {
    let version = new.template_version.unwrap_or(1);
    tx.optional(TEMPLATE_KIND, &[&new.template, &version], |row| row.get("channel"))
}

/// What the channel of a version is for, if there is that channel.
pub(super) fn channel_kind(tx: &mut Tx<'_>, new: &NewVersion) -> Result<Option<ChannelKind>, StoreError> {
    tx.optional(CHANNEL_KIND, &[&new.channel], |row| row.get("kind"))
}

/// What a channel is called.
pub(super) fn channel_name(tx: &mut Tx<'_>, id: ChannelId) -> Result<Option<String>, StoreError> {
    tx.optional(CHANNEL_NAME, &[&id], |row| row.get("name"))
}

/// The channel of this name, if it is of this kind.
pub(super) fn channel_named(tx: &mut Tx<'_>, name: &str, kind: ChannelKind) -> Result<Option<ChannelId>, StoreError> {
    tx.optional(CHANNEL_NAMED, &[&name, &kind], |row| row.get("id"))
}

/// What a route is called.
pub(super) fn route_name(tx: &mut Tx<'_>, id: RouteId) -> Result<Option<String>, StoreError> {
    tx.optional(ROUTE_NAME, &[&id], |row| row.get("name"))
}

/// The route of this name, if it is for this kind.
pub(super) fn route_named(tx: &mut Tx<'_>, name: &str, kind: ChannelKind) -> Result<Option<RouteId>, StoreError> {
    tx.optional(ROUTE_NAMED, &[&name, &kind], |row| row.get("id"))
}

fn read(row: &Row<'_>) -> Result<Event, StoreError> {
    Ok(Event {
        id: row.get("id")?,
        name: row.get("name")?,
        version: row.get("version")?,
        in_force: row.get("in_force")?,
        promotions: row.get("promotions")?,
        created_at: row.get("created_at")?,
    })
}

fn read_version(row: &Row<'_>) -> Result<EventVersion, StoreError> {
    Ok(EventVersion {
        version: row.get("version")?,
        class: row.get("class")?,
        template: row.get("template")?,
        template_version: row.get("template_version")?,
        channel: row.get("channel")?,
        route: row.get("route")?,
        created_at: row.get("created_at")?,
        released_at: row.get("released_at")?,
    })
}
