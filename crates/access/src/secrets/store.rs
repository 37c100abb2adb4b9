//! Queries about secrets. Values are sealed before they come here and leave sealed.

use sealpost_seal::signature::KeyEncoding;
use sealpost_store::{Row, SecretId, StoreError, Time, Tx, sql};

use super::model::Origin;

/// A version as it is stored.
pub(super) struct VersionRow {
    pub(super) id: SecretId,
    pub(super) purpose: String,
    pub(super) number: u32,
    pub(super) encoding: KeyEncoding,
    pub(super) origin: Origin,
    pub(super) sealed: Vec<u8>,
    pub(super) created_at: Time,
    pub(super) expires_at: Option<Time>,
}

pub(super) fn insert(tx: &mut Tx<'_>, row: &VersionRow) -> Result<(), StoreError> {
    let imported = u32::from(row.origin == Origin::Imported);
    tx.put(
        sql!(
            "insert into secret (org, env, id, purpose, version, encoding, imported, sealed, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        &[
            &row.id,
            &row.purpose,
            &row.number,
            &encoding_name(row.encoding),
            &imported,
            &row.sealed,
            &row.created_at,
            &row.expires_at,
        ],
    )
}

/// All versions, newest first.
pub(super) fn versions(tx: &mut Tx<'_>, id: SecretId) -> Result<Vec<VersionRow>, StoreError> {
    tx.all(
        sql!(
            "select id, purpose, version, encoding, imported, sealed, created_at, expires_at from secret
             where org = $1 and env = $2 and id = $3 order by version desc"
        ),
        &[&id],
        read,
    )
}

/// All versions of all secrets of this environment, newest first for each.
pub(super) fn all(tx: &mut Tx<'_>) -> Result<Vec<VersionRow>, StoreError> {
    tx.all(
        sql!(
            "select id, purpose, version, encoding, imported, sealed, created_at, expires_at from secret
             where org = $1 and env = $2 order by id, version desc"
        ),
        &[],
        read,
    )
}

pub(super) fn end(tx: &mut Tx<'_>, id: SecretId, number: u32, at: Time) -> Result<(), StoreError> {
    tx.put(
        sql!("update secret set expires_at = $5 where org = $1 and env = $2 and id = $3 and version = $4"),
        &[&id, &number, &at],
    )
}

pub(super) fn delete(tx: &mut Tx<'_>, id: SecretId) -> Result<u64, StoreError> {
    tx.execute(sql!("delete from secret where org = $1 and env = $2 and id = $3"), &[&id])
}

fn read(row: &Row<'_>) -> Result<VersionRow, StoreError> {
    let encoding: String = row.get("encoding")?;
    let imported: bool = row.get("imported")?;
    Ok(VersionRow {
        id: row.get("id")?,
        purpose: row.get("purpose")?,
        number: row.get("version")?,
        encoding: encoding_of(&encoding).ok_or_else(|| StoreError::Column("encoding".into()))?,
        origin: if imported { Origin::Imported } else { Origin::Generated },
        sealed: row.get("sealed")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}

const fn encoding_name(encoding: KeyEncoding) -> &'static str {
    match encoding {
        KeyEncoding::Text => "text",
        KeyEncoding::Base64 => "base64",
        KeyEncoding::Hex => "hex",
    }
}

fn encoding_of(name: &str) -> Option<KeyEncoding> {
    [KeyEncoding::Text, KeyEncoding::Base64, KeyEncoding::Hex].into_iter().find(|e| encoding_name(*e) == name)
}
