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
