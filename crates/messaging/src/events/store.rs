//! Every query on events.

use sealpost_store::{EventId, Row, Sql, StoreError, Time, Tx, sql};

use super::model::{Class, Event, EventSpec, EventVersion, NewVersion};
use crate::channels::ChannelKind;

const INSERT: Sql = sql!(
    "insert into event (org, env, id, name, version, created_at) values ($1, $2, $3, $4, 1, $5) on conflict do nothing"
);
const INSERT_VERSION: Sql = sql!(
    "insert into event_version (org, env, event, version, class, template, template_version, channel, created_at, route) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
);
const ADVANCE: Sql =
    sql!("update event set version = version + 1 where org = $1 and env = $2 and id = $3 returning version");
const ONE: Sql = sql!("select id, name, version, created_at from event where org = $1 and env = $2 and id = $3");
const BEFORE: Sql = sql!(
    "select id, name, version, created_at from event where org = $1 and env = $2 and id < $3 order by id desc limit $4"
);
const VERSIONS: Sql = sql!(
    "select version, class, template, template_version, channel, route, created_at from event_version \
     where org = $1 and env = $2 and event = $3 order by version desc"
);
// Unique indexes event_name (org, env, name) and the primary keys of the rest.
const SPEC: Sql = sql!(
    "select e.id, e.version, v.class, t.channel as kind, t.id as template, \
       coalesce(v.template_version, t.version) as template_version, \
       coalesce(v.channel, (select id from channel where org = $1 and env = $2 and kind = t.channel order by id limit 1)) \
         as channel, v.route \
     from event e \
     join event_version v on v.org = e.org and v.env = e.env and v.event = e.id and v.version = e.version \
     join template t on t.org = v.org and t.env = v.env and t.id = v.template \
     where e.org = $1 and e.env = $2 and e.name = $3"
);
// Primary keys; an organisation has hundreds of events at most.
const CLASSES: Sql = sql!(
    "select e.name, v.class from (select org, env, id, name, version from event where org = $1 and env = $2) e \
     join event_version v on v.org = e.org and v.env = e.env and v.event = e.id and v.version = e.version \
     order by e.name limit 1000"
);
const TEMPLATE_KIND: Sql =
    sql!("select channel from template where org = $1 and env = $2 and id = $3 and version >= $4 and $4 >= 1");
const CHANNEL_KIND: Sql = sql!("select kind from channel where org = $1 and env = $2 and id = $3");

/// Events by name, with the class they have now.
pub(super) fn classes(tx: &mut Tx<'_>) -> Result<Vec<(String, Class)>, StoreError> {
    tx.all(CLASSES, &[], |row| Ok((row.get("name")?, row.get("class")?)))
}

/// A new event without its version; false if its name is taken.
pub(super) fn insert(tx: &mut Tx<'_>, id: EventId, name: &str, now: Time) -> Result<bool, StoreError> {
    Ok(tx.execute(INSERT, &[&id, &name, &now])? == 1)
}

/// A version; it never changes.
pub(super) fn insert_version(
    tx: &mut Tx<'_>,
    id: EventId,
    version: u32,
    new: &NewVersion,
    now: Time,
) -> Result<(), StoreError> {
    let NewVersion { class, template, template_version, channel, route } = new;
    tx.put(INSERT_VERSION, &[&id, &version, class, template, template_version, channel, &now, route])
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

/// All versions, newest first.
pub(super) fn versions(tx: &mut Tx<'_>, id: EventId) -> Result<Vec<EventVersion>, StoreError> {
    tx.all(VERSIONS, &[&id], |row| {
        Ok(EventVersion {
            version: row.get("version")?,
            class: row.get("class")?,
            template: row.get("template")?,
            template_version: row.get("template_version")?,
            channel: row.get("channel")?,
            route: row.get("route")?,
            created_at: row.get("created_at")?,
        })
    })
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

fn read(row: &Row<'_>) -> Result<Event, StoreError> {
    Ok(Event {
        id: row.get("id")?,
        name: row.get("name")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}
