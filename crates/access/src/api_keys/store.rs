//! Queries about API keys.

use sealpost_seal::token::KeyKind;
use sealpost_store::{ApiKeyId, Row, StoreError, Time, Tx, sql};

use super::cidr::Cidrs;
use super::model::{ApiKey, KeyName, LastUse};
use super::network::NetworkName;
use crate::permissions;

pub(super) fn insert(tx: &mut Tx<'_>, key: &ApiKey, mac: &[u8; 32]) -> Result<(), StoreError> {
    tx.put(
        sql!(
            "insert into api_key (org, env, id, kind, name, last4, mac, scopes, cidrs, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ),
        &[
            &key.id,
            &kind_name(key.kind),
            &key.name.as_str(),
            &key.last4,
            mac,
            &permissions::to_text(key.scopes),
            &key.cidrs.to_text(),
            &key.created_at,
            &key.expires_at,
        ],
    )
}

pub(super) fn find(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
    let environment = tx.ctx().org.environment;
    tx.optional(
        sql!(
            "select id, kind, name, last4, scopes, cidrs, created_at, expires_at, revoked_at, successor,
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
            "select id, kind, name, last4, scopes, cidrs, created_at, expires_at, revoked_at, successor,
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

pub(super) fn last_use(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<Option<LastUse>, StoreError> {
    let found = tx.optional(
        sql!("select last_used_at, last_used_network from api_key where org = $1 and env = $2 and id = $3"),
        &[&id],
        read_last_use,
    )?;
    Ok(found.flatten())
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

fn read(row: &Row<'_>, environment: sealpost_store::Environment) -> Result<ApiKey, StoreError> {
    let kind: String = row.get("kind")?;
    let name: String = row.get("name")?;
    let scopes: String = row.get("scopes")?;
    let cidrs: String = row.get("cidrs")?;
    Ok(ApiKey {
        id: row.get("id")?,
        environment,
        kind: kind_of(&kind).ok_or_else(|| StoreError::Column("kind".into()))?,
        name: KeyName::parse(&name).map_err(|_| StoreError::Column("name".into()))?,
        last4: row.get("last4")?,
        scopes: permissions::from_text(&scopes),
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
