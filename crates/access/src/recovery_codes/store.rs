//! Queries about recovery codes.

use sealpost_store::{CredentialKind, MemberId, RecoveryCodeId, StoreError, Tx, directory, org_sql};

pub(super) fn insert(tx: &mut Tx<'_>, id: RecoveryCodeId, member: MemberId, mac: &[u8; 32]) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        org_sql!("insert into recovery_code (org, id, member, mac, created_at) values ($1, $2, $3, $4, $5)"),
        &[&id, &member, mac, &now],
    )?;
    directory::enter(tx, CredentialKind::RecoveryCode, mac, id.bytes())
}

/// Whose code this is.
pub(super) fn member_of(tx: &mut Tx<'_>, id: RecoveryCodeId) -> Result<Option<MemberId>, StoreError> {
    tx.optional(org_sql!("select member from recovery_code where org = $1 and id = $2"), &[&id], |row| {
        row.get("member")
    })
}

/// Uses a code up; false if somebody was faster.
pub(super) fn use_up(tx: &mut Tx<'_>, id: RecoveryCodeId, mac: &[u8; 32]) -> Result<bool, StoreError> {
    let deleted = tx.execute(org_sql!("delete from recovery_code where org = $1 and id = $2"), &[&id])?;
    directory::remove(tx, CredentialKind::RecoveryCode, mac)?;
    Ok(deleted == 1)
}

/// Removes all codes of a member.
pub(crate) fn remove_all_of(tx: &mut Tx<'_>, member: MemberId) -> Result<(), StoreError> {
    let macs: Vec<Vec<u8>> =
        tx.all(org_sql!("select mac from recovery_code where org = $1 and member = $2"), &[&member], |row| {
            row.get("mac")
        })?;
    for mac in macs {
        let mac = mac.try_into().map_err(|_| StoreError::Column("mac".into()))?;
        directory::remove(tx, CredentialKind::RecoveryCode, &mac)?;
    }
    tx.put(org_sql!("delete from recovery_code where org = $1 and member = $2"), &[&member])
}
