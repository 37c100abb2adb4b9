//! Queries about hand-overs. Values are wrapped before they come here and leave wrapped.

use sealpost_store::{CredentialKind, HandOverId, Row, SecretId, StoreError, Time, Tx, directory, sql};

use super::model::HandOver;
use crate::secrets::SecretName;

/// A hand-over to be kept.
pub(super) struct NewRow<'a> {
    pub(super) id: HandOverId,
    pub(super) secret: SecretId,
    pub(super) version: u32,
    pub(super) mac: &'a [u8; 32],
    pub(super) sealed: &'a [u8],
    pub(super) expires_at: Time,
}

pub(super) fn insert(tx: &mut Tx<'_>, row: &NewRow<'_>) -> Result<(), StoreError> {
    let (now, sealed) = (tx.ctx().now(), row.sealed.to_vec());
    // At once: whoever hands over is answered with it.
    tx.execute(
        sql!(
            "insert into handover (org, env, id, secret, version, mac, sealed, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        &[&row.id, &row.secret, &row.version, row.mac, &sealed, &now, &row.expires_at],
    )
    .map(drop)
}

pub(super) fn find(tx: &mut Tx<'_>, id: HandOverId) -> Result<Option<HandOver>, StoreError> {
    tx.optional(
        sql!(
            "select h.id, h.secret, h.version, h.created_at, h.expires_at, h.opened_at, h.again_at, h.revoked_at, c.name
             from handover h join (select * from secret_card where org = $1 and env = $2) c on c.id = h.secret
             where h.org = $1 and h.env = $2 and h.id = $3"
        ),
        &[&id],
        read,
    )
}

/// Hand-overs made before `before`, newest first.
pub(super) fn page(tx: &mut Tx<'_>, before: HandOverId, limit: u32) -> Result<Vec<HandOver>, StoreError> {
    tx.all(
        sql!(
            "select h.id, h.secret, h.version, h.created_at, h.expires_at, h.opened_at, h.again_at, h.revoked_at, c.name
             from handover h join (select * from secret_card where org = $1 and env = $2) c on c.id = h.secret
             where h.org = $1 and h.env = $2 and h.id < $3 order by h.id desc limit $4"
        ),
        &[&before, &limit],
        read,
    )
}

/// The wrapped value, while there is one.
pub(super) fn wrapped(tx: &mut Tx<'_>, id: HandOverId) -> Result<Option<Vec<u8>>, StoreError> {
    let found =
        tx.optional(sql!("select sealed from handover where org = $1 and env = $2 and id = $3"), &[&id], |row| {
            row.get::<Option<Vec<u8>>>("sealed")
        })?;
    Ok(found.flatten())
}

/// Destroys the wrapped value because somebody opens it; false if somebody was faster, took it back, or its time is over.
pub(super) fn use_up(tx: &mut Tx<'_>, id: HandOverId) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let used = tx.execute(
        sql!(
            "update handover set opened_at = $4, sealed = null where org = $1 and env = $2 and id = $3 and sealed is not null
                and opened_at is null and revoked_at is null and expires_at > $4"
        ),
        &[&id, &now],
    )?;
    Ok(used == 1)
}

/// Says that somebody tried a second time; false if that is known.
pub(super) fn mark_again(tx: &mut Tx<'_>, id: HandOverId) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let marked = tx.execute(
        sql!("update handover set again_at = $4 where org = $1 and env = $2 and id = $3 and again_at is null"),
        &[&id, &now],
    )?;
    Ok(marked == 1)
}

/// Takes a hand-over back and destroys its wrapped value; false if it isn't open any more.
pub(super) fn revoke(tx: &mut Tx<'_>, id: HandOverId) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let revoked = tx.execute(
        sql!(
            "update handover set revoked_at = $4, sealed = null where org = $1 and env = $2 and id = $3
                and opened_at is null and revoked_at is null and expires_at > $4"
        ),
        &[&id, &now],
    )?;
    Ok(revoked == 1)
}

/// Which ones are over by `now` with their values still there.
pub(super) fn overdue(tx: &mut Tx<'_>, now: Time, limit: u32) -> Result<Vec<(HandOverId, SecretId)>, StoreError> {
    tx.all(
        sql!(
            "select id, secret from handover where org = $1 and env = $2 and sealed is not null and expires_at <= $3
             order by id limit $4"
        ),
        &[&now, &limit],
        |row| Ok((row.get("id")?, row.get("secret")?)),
    )
}

/// Destroys the wrapped value of one whose time is over; false if another node was faster.
pub(super) fn expire(tx: &mut Tx<'_>, id: HandOverId) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let destroyed = tx.execute(
        sql!(
            "update handover set sealed = null where org = $1 and env = $2 and id = $3 and sealed is not null and expires_at <= $4"
        ),
        &[&id, &now],
    )?;
    Ok(destroyed == 1)
}

/// Whether there is one that was made before this moment.
pub(super) fn is_any_before(tx: &mut Tx<'_>, before: Time) -> Result<bool, StoreError> {
    let found = tx.optional(
        sql!("select id from handover where org = $1 and env = $2 and created_at < $3 limit 1"),
        &[&before],
        |row| row.get::<HandOverId>("id"),
    )?;
    Ok(found.is_some())
}

/// Forgets up to so many that were made before this moment; answers how many.
pub(super) fn forget_before(tx: &mut Tx<'_>, before: Time, limit: u32) -> Result<usize, StoreError> {
    let rows: Vec<(HandOverId, [u8; 32])> = tx.all(
        sql!("select id, mac from handover where org = $1 and env = $2 and created_at < $3 order by id limit $4"),
        &[&before, &limit],
        |row| Ok((row.get("id")?, row.get("mac")?)),
    )?;
    forget(tx, &rows)
}

/// Forgets every hand-over of a secret, with what is wrapped in them.
pub(in crate::secrets) fn forget_of(tx: &mut Tx<'_>, secret: SecretId) -> Result<(), StoreError> {
    let rows: Vec<(HandOverId, [u8; 32])> = tx.all(
        sql!("select id, mac from handover where org = $1 and env = $2 and secret = $3 order by id"),
        &[&secret],
        |row| Ok((row.get("id")?, row.get("mac")?)),
    )?;
    forget(tx, &rows).map(drop)
}

fn forget(tx: &mut Tx<'_>, rows: &[(HandOverId, [u8; 32])]) -> Result<usize, StoreError> {
    for (id, mac) in rows {
        tx.put(sql!("delete from handover where org = $1 and env = $2 and id = $3"), &[id])?;
        directory::remove(tx, CredentialKind::HandOver, mac)?;
    }
    Ok(rows.len())
}

fn read(row: &Row<'_>) -> Result<HandOver, StoreError> {
    let name: String = row.get("name")?;
    Ok(HandOver {
        id: row.get("id")?,
        secret: row.get("secret")?,
        name: SecretName::parse(&name).map_err(|_| StoreError::Column("name".into()))?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        opened_at: row.get("opened_at")?,
        again_at: row.get("again_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}
