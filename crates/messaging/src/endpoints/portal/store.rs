//! Statements about portal links.

use sealpost_store::{CredentialKind, EndpointId, PortalLinkId, Row, StoreError, Time, Tx, directory, sql};

use super::model::PortalLink;

const HOUR_MS: i64 = 3_600_000;
/// Links of one endpoint that are shown.
const SHOWN: u32 = 50;

/// Keeps a new link under the keyed hash of its token.
pub(super) fn insert(tx: &mut Tx<'_>, link: &PortalLink, mac: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "insert into portal_link (org, env, id, endpoint, mac, created_at, expires_at, hours)
             values ($1, $2, $3, $4, $5, $6, $7, 0)"
        ),
        &[&link.id, &link.endpoint, mac, &link.created_at, &link.expires_at],
    )?;
    directory::enter(tx, CredentialKind::PortalLink, mac, link.id.bytes())
}

/// The link of this id.
pub(super) fn find(tx: &mut Tx<'_>, id: PortalLinkId) -> Result<Option<PortalLink>, StoreError> {
    tx.optional(
        sql!(
            "select id, endpoint, created_at, expires_at, revoked_at, opened_at, hours
             from portal_link where org = $1 and env = $2 and id = $3"
        ),
        &[&id],
        read,
    )
}

/// The newest links of an endpoint. Relies on `portal_link_endpoint`.
pub(in crate::endpoints) fn of_endpoint(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<Vec<PortalLink>, StoreError> {
    tx.all(
        sql!(
            "select id, endpoint, created_at, expires_at, revoked_at, opened_at, hours
             from portal_link where org = $1 and env = $2 and endpoint = $3 order by id desc limit $4"
        ),
        &[&endpoint, &SHOWN],
        read,
    )
}

/// Takes a link back; false if it isn't open any more.
pub(super) fn revoke(tx: &mut Tx<'_>, id: PortalLinkId) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let revoked = tx.execute(
        sql!(
            "update portal_link set revoked_at = $4
             where org = $1 and env = $2 and id = $3 and revoked_at is null and expires_at > $4"
        ),
        &[&id, &now],
    )?;
    Ok(revoked == 1)
}

/// Writes down that it is used, once an hour; false if that is known.
pub(super) fn opened(tx: &mut Tx<'_>, id: PortalLinkId) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let hour = Time::from_unix_ms(now.unix_ms() - now.unix_ms().rem_euclid(HOUR_MS));
    let first = tx.execute(
        sql!(
            "update portal_link set opened_at = $4, hours = hours + 1
             where org = $1 and env = $2 and id = $3 and (opened_at is null or opened_at < $5)"
        ),
        &[&id, &now, &hour],
    )?;
    Ok(first == 1)
}

/// Forgets the links of an endpoint that goes.
pub(in crate::endpoints) fn forget_of(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    let rows = tx.all(
        sql!("select id, mac from portal_link where org = $1 and env = $2 and endpoint = $3 order by id"),
        &[&endpoint],
        read_mac,
    )?;
    forget(tx, &rows)
}

/// Forgets up to so many whose time was over before this moment; answers how many.
pub(super) fn forget_before(tx: &mut Tx<'_>, before: Time, limit: u32) -> Result<usize, StoreError> {
    let rows = tx.all(
        sql!("select id, mac from portal_link where org = $1 and env = $2 and expires_at < $3 order by id limit $4"),
        &[&before, &limit],
        read_mac,
    )?;
    forget(tx, &rows)?;
    Ok(rows.len())
}

/// Whether the time of any was over before this moment.
pub(super) fn is_any_before(tx: &mut Tx<'_>, before: Time) -> Result<bool, StoreError> {
    let found = tx.optional(
        sql!("select id from portal_link where org = $1 and env = $2 and expires_at < $3 limit 1"),
        &[&before],
        |row| row.get::<PortalLinkId>("id"),
    )?;
    Ok(found.is_some())
}

fn forget(tx: &mut Tx<'_>, rows: &[(PortalLinkId, [u8; 32])]) -> Result<(), StoreError> {
    for (id, mac) in rows {
        tx.put(sql!("delete from portal_link where org = $1 and env = $2 and id = $3"), &[id])?;
        directory::remove(tx, CredentialKind::PortalLink, mac)?;
    }
    Ok(())
}

fn read_mac(row: &Row<'_>) -> Result<(PortalLinkId, [u8; 32]), StoreError> {
    Ok((row.get("id")?, row.get("mac")?))
}

fn read(row: &Row<'_>) -> Result<PortalLink, StoreError> {
    Ok(PortalLink {
        id: row.get("id")?,
        endpoint: row.get("endpoint")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        revoked_at: row.get("revoked_at")?,
        opened_at: row.get("opened_at")?,
        hours: row.get("hours")?,
    })
}
