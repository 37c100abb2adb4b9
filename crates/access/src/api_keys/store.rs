//! Queries about API keys.

use sealpost_seal::token::KeyKind;
use sealpost_store::{Actor, ActorKind, ApiKeyId, MemberId, Row, StoreError, Time, Tx, sql};

use super::day::Day;
use super::model::{ApiKey, KeyMask, KeyName, LastUse};
use super::network::{FamiliarNetwork, NetworkName};
use crate::permissions;
use sealpost_web::Cidrs;

pub(super) fn insert(tx: &mut Tx<'_>, key: &ApiKey, mac: &[u8; 32]) -> Result<(), StoreError> {
    let made_by = person(tx)?;
    tx.put(
        sql!(
            "insert into api_key (org, env, id, kind, name, last4, mac, scopes, mask_profile, cidrs, created_at, expires_at,
                                  made_by)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        ),
        &[
            &key.id,
            &kind_name(key.kind),
            &key.name.as_str(),
            &key.last4,
            mac,
            &permissions::to_text(key.scopes),
            &key.mask.as_str(),
            &key.cidrs.to_text(),
            &key.created_at,
            &key.expires_at,
            &made_by,
        ],
    )
}

/// Whose act this is: the member's who acts, or of the member who made the key that does; nobody's, if that isn't known.
pub fn person(tx: &mut Tx<'_>) -> Result<Option<MemberId>, StoreError> {
    let Actor { kind, id } = tx.ctx().actor;
    match kind {
        ActorKind::Member => Ok(Some(MemberId::from_bytes(id))),
        ActorKind::Key => {
            let made_by = tx.optional(
                sql!("select made_by from api_key where org = $1 and env = $2 and id = $3"),
                &[&ApiKeyId::from_bytes(id)],
                |row| row.get::<Option<MemberId>>("made_by"),
            )?;
            Ok(made_by.flatten())
        }
        // Whoever helps decides nothing in the organisation's name.
        ActorKind::Anonymous | ActorKind::System | ActorKind::Operator | ActorKind::Directory | ActorKind::Support => {
            Ok(None)
        }
    }
}

pub(super) fn find(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
    let environment = tx.ctx().org.environment;
    tx.optional(
        sql!(
            "select id, kind, name, last4, scopes, mask_profile, cidrs, created_at, expires_at, revoked_at, successor,
                    last_used_at, last_used_network, uses
             from api_key where org = $1 and env = $2 and id = $3"
        ),
        &[&id],
        |row| read(row, environment),
    )
}

/// Keys older than `before` (all, if it is nothing), newest first; the primary key is the index.
pub(super) fn page(tx: &mut Tx<'_>, before: Option<ApiKeyId>, limit: u32) -> Result<Vec<ApiKey>, StoreError> {
    let environment = tx.ctx().org.environment;
    let before = before.unwrap_or(ApiKeyId::from_bytes([0xff; 16]));
    tx.all(
        sql!(
            "select id, kind, name, last4, scopes, mask_profile, cidrs, created_at, expires_at, revoked_at, successor,
                    last_used_at, last_used_network, uses
             from api_key where org = $1 and env = $2 and id < $3 order by id desc limit $4"
        ),
        &[&before, &limit],
        |row| read(row, environment),
    )
}

/// Ends a key that has not been ended; false if it has, or isn't there.
pub(super) fn revoke(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let changed = tx.execute(
        sql!("update api_key set revoked_at = $4 where org = $1 and env = $2 and id = $3 and revoked_at is null"),
        &[&id, &now],
    )?;
    Ok(changed == 1)
}

/// Names a key's successor and its end; false if it has one or was revoked, so that two rotations can't both succeed.
pub(super) fn supersede(tx: &mut Tx<'_>, id: ApiKeyId, successor: ApiKeyId, until: Time) -> Result<bool, StoreError> {
    let changed = tx.execute(
        sql!(
            "update api_key set successor = $4, expires_at = $5
             where org = $1 and env = $2 and id = $3 and revoked_at is null and successor is null"
        ),
        &[&id, &successor, &until],
    )?;
    Ok(changed == 1)
}

/// Keys that end by `until` or have ended, of which there may still be something to say: nobody ended or replaced them.
pub(super) fn ending(tx: &mut Tx<'_>, until: Time) -> Result<Vec<ApiKey>, StoreError> {
    let environment = tx.ctx().org.environment;
    tx.all(
        sql!(
            "select id, kind, name, last4, scopes, mask_profile, cidrs, created_at, expires_at, revoked_at, successor,
                    last_used_at, last_used_network, uses
             from api_key where org = $1 and env = $2 and expires_at <= $3 and revoked_at is null and successor is null
                    and coalesce(reminded, 1) > 0 order by id"
        ),
        &[&until],
        |row| read(row, environment),
    )
}

/// Takes down which reminder is given; false if this or a later one has been, or there is nothing to be reminded of any more.
pub(super) fn mark_reminded(tx: &mut Tx<'_>, id: ApiKeyId, mark: u16) -> Result<bool, StoreError> {
    let changed = tx.execute(
        sql!(
            "update api_key set reminded = $4 where org = $1 and env = $2 and id = $3 and revoked_at is null
                    and successor is null and (reminded is null or reminded > $4)"
        ),
        &[&id, &u32::from(mark)],
    )?;
    Ok(changed == 1)
}

/// Since when a key is there, and when it was used last.
pub(super) struct UseSoFar {
    pub(super) created_at: Time,
    pub(super) last_used_at: Option<Time>,
}

/// How a key was used so far. Locks its row until the transaction ends.
pub(super) fn use_so_far(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<Option<UseSoFar>, StoreError> {
    tx.optional(
        sql!(
            sqlite: "select created_at, last_used_at from api_key where org = $1 and env = $2 and id = $3",
            postgres: "select created_at, last_used_at from api_key where org = $1 and env = $2 and id = $3 for update"
        ),
        &[&id],
        |row| Ok(UseSoFar { created_at: row.get("created_at")?, last_used_at: row.get("last_used_at")? }),
    )
}

/// Adds uses. Several nodes may do so; the latest use wins.
pub(super) fn add_uses(tx: &mut Tx<'_>, id: ApiKeyId, uses: u64, last: LastUse) -> Result<(), StoreError> {
    tx.put(
        sql!(
            "update api_key set uses = uses + $4,
                    last_used_network = case when coalesce(last_used_at, 0) <= $5 then $6 else last_used_network end,
                    last_used_at = case when coalesce(last_used_at, 0) <= $5 then $5 else last_used_at end
             where org = $1 and env = $2 and id = $3"
        ),
        &[&id, &uses, &last.at, &last.network.0],
    )
}

/// Adds uses on one day.
pub(super) fn add_day(tx: &mut Tx<'_>, id: ApiKeyId, day: Day, uses: u64) -> Result<(), StoreError> {
    tx.put(
        sql!(
            "insert into api_key_use (org, env, api_key, day, uses) values ($1, $2, $3, $4, $5)
             on conflict (org, env, api_key, day) do update set uses = api_key_use.uses + excluded.uses"
        ),
        &[&id, &day, &uses],
    )
}

/// Days on which a key was used, newest first.
pub(super) fn days(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<Vec<(Day, u64)>, StoreError> {
    tx.all(
        sql!("select day, uses from api_key_use where org = $1 and env = $2 and api_key = $3 order by day desc"),
        &[&id],
        |row| Ok((row.get("day")?, row.get("uses")?)),
    )
}

/// From how many networks a key is known.
pub(super) fn familiar_networks(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<u64, StoreError> {
    let count = tx.optional(
        sql!("select count(*) as n from api_key_network where org = $1 and env = $2 and api_key = $3"),
        &[&id],
        |row| row.get("n"),
    )?;
    Ok(count.unwrap_or(0))
}

/// Notes that a key was used again from a network it is known from; false if it isn't.
pub(super) fn see_again(tx: &mut Tx<'_>, id: ApiKeyId, network: FamiliarNetwork, day: Day) -> Result<bool, StoreError> {
    let changed = tx.execute(
        sql!("update api_key_network set last_day = $5 where org = $1 and env = $2 and api_key = $3 and network = $4"),
        &[&id, &network.0, &day],
    )?;
    Ok(changed == 1)
}

/// From now on a key is known from this network.
pub(super) fn make_familiar(
    tx: &mut Tx<'_>,
    id: ApiKeyId,
    network: FamiliarNetwork,
    day: Day,
) -> Result<(), StoreError> {
    tx.put(
        sql!("insert into api_key_network (org, env, api_key, network, last_day) values ($1, $2, $3, $4, $5)"),
        &[&id, &network.0, &day],
    )
}

/// Whether anything about use before `day` is kept.
pub(super) fn has_use_before(tx: &mut Tx<'_>, day: Day) -> Result<bool, StoreError> {
    let found = tx.optional(
        sql!(
            "select 1 as one where exists (select 1 from api_key_use where org = $1 and env = $2 and day < $3)
                    or exists (select 1 from api_key_network where org = $1 and env = $2 and last_day < $3)"
        ),
        &[&day],
        |row| row.get::<i64>("one"),
    )?;
    Ok(found.is_some())
}

/// Forgets counts of days before `day`, and networks that were not seen since.
pub(super) fn forget_use_before(tx: &mut Tx<'_>, day: Day) -> Result<(), StoreError> {
    tx.put(sql!("delete from api_key_use where org = $1 and env = $2 and day < $3"), &[&day])?;
    tx.put(sql!("delete from api_key_network where org = $1 and env = $2 and last_day < $3"), &[&day])
}

fn read(row: &Row<'_>, environment: sealpost_store::Environment) -> Result<ApiKey, StoreError> {
    let kind: String = row.get("kind")?;
    let name: String = row.get("name")?;
    let scopes: String = row.get("scopes")?;
    let mask: String = row.get("mask_profile")?;
    let cidrs: String = row.get("cidrs")?;
    Ok(ApiKey {
        id: row.get("id")?,
        environment,
        kind: kind_of(&kind).ok_or_else(|| StoreError::Column("kind".into()))?,
        name: KeyName::parse(&name).map_err(|_| StoreError::Column("name".into()))?,
        last4: row.get("last4")?,
        scopes: permissions::from_text(&scopes),
        // One that this version doesn't know shows nothing.
        mask: KeyMask::from_name(&mask).unwrap_or_default(),
        cidrs: Cidrs::from_text(&cidrs).map_err(|_| StoreError::Column("cidrs".into()))?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        revoked_at: row.get("revoked_at")?,
        successor: row.get("successor")?,
        uses: row.get("uses")?,
        last_use: read_last_use(row)?,
    })
}

fn read_last_use(row: &Row<'_>) -> Result<Option<LastUse>, StoreError> {
    let at: Option<Time> = row.get("last_used_at")?;
    let network: Option<[u8; 4]> = row.get("last_used_network")?;
    Ok(at.zip(network).map(|(at, network)| LastUse { at, network: NetworkName(network) }))
}

pub(super) const fn kind_name(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Publishable => "publishable",
        KeyKind::Secret => "secret",
    }
}

fn kind_of(name: &str) -> Option<KeyKind> {
    [KeyKind::Publishable, KeyKind::Secret].into_iter().find(|kind| kind_name(*kind) == name)
}
