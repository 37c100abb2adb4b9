//! Queries about links.

use sealpost_store::{MemberId, SignInLinkId, StoreError, Time, Tx, org_sql};

use super::model::{Purpose, SignInLink};

pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: SignInLinkId,
    mac: &[u8; 32],
    member: MemberId,
    purpose: Purpose,
    expires_at: Time,
) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        org_sql!(
            "insert into sign_in_link (org, id, member, mac, purpose, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7)"
        ),
        &[&id, &member, mac, &purpose.word(), &now, &expires_at],
    )
}

pub(super) fn find(tx: &mut Tx<'_>, id: SignInLinkId) -> Result<Option<SignInLink>, StoreError> {
    tx.optional(
        org_sql!("select id, member, purpose, expires_at, used_at from sign_in_link where org = $1 and id = $2"),
        &[&id],
        |row| {
            let purpose = Purpose::of(&row.get::<String>("purpose")?);
            Ok(SignInLink {
                id: row.get("id")?,
                member: row.get("member")?,
                purpose: purpose.ok_or_else(|| StoreError::Column("purpose".into()))?,
                expires_at: row.get("expires_at")?,
                used_at: row.get("used_at")?,
            })
        },
    )
}

/// Whether a link for this was made for a member since then. Index sign_in_link_member (member, org).
pub(super) fn made_since(tx: &mut Tx<'_>, member: MemberId, purpose: Purpose, since: Time) -> Result<bool, StoreError> {
    let found = tx.optional(
        org_sql!(
            "select id from sign_in_link where org = $1 and member = $2 and purpose = $3 and created_at > $4 limit 1"
        ),
        &[&member, &purpose.word(), &since],
        |row| row.get::<SignInLinkId>("id"),
    )?;
    Ok(found.is_some())
}

/// Uses up all links of a member that were not used.
pub(super) fn spend_all_of(tx: &mut Tx<'_>, member: MemberId) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        org_sql!("update sign_in_link set used_at = $3 where org = $1 and member = $2 and used_at is null"),
        &[&member, &now],
    )
}

/// Uses a link up; false if somebody was faster or its time is over.
pub(super) fn use_up(tx: &mut Tx<'_>, id: SignInLinkId) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let changed = tx.execute(
        org_sql!(
            "update sign_in_link set used_at = $3 where org = $1 and id = $2 and used_at is null and expires_at > $3"
        ),
        &[&id, &now],
    )?;
    Ok(changed == 1)
}

/// Removes up to `limit` links that were made before this moment; answers the hashes by which they were found.
pub(super) fn forget_before(tx: &mut Tx<'_>, before: Time, limit: u32) -> Result<Vec<[u8; 32]>, StoreError> {
    let rows: Vec<(SignInLinkId, Vec<u8>)> = tx.all(
        org_sql!("select id, mac from sign_in_link where org = $1 and created_at < $2 order by id limit $3"),
        &[&before, &limit],
        |row| Ok((row.get("id")?, row.get("mac")?)),
    )?;
    let mut macs = Vec::with_capacity(rows.len());
    for (id, mac) in rows {
        tx.put(org_sql!("delete from sign_in_link where org = $1 and id = $2"), &[&id])?;
        macs.push(mac.try_into().map_err(|_| StoreError::Column("mac".into()))?);
    }
    Ok(macs)
}
