//! Queries about visitors: members who have a session that began by a visit.

use sealpost_store::{MemberId, StoreError, Tx, org_sql};

use crate::members::MemberState;
use crate::sessions::Method;

/// Who is here, and the hash of the token they came with.
pub(super) fn visitors(tx: &mut Tx<'_>) -> Result<Vec<(MemberId, [u8; 32])>, StoreError> {
    let all = org_sql!(
        "select member.id as id, session.mac as mac from member
         join member_session as session on session.org = member.org and session.member = member.id
         where member.org = $1 and session.method = $2 and member.state = $3 order by member.id"
    );
    tx.all(all, &[&Method::Visit.word(), &MemberState::Active.word()], |row| {
        let mac: Vec<u8> = row.get("mac")?;
        Ok((row.get("id")?, mac.try_into().map_err(|_| StoreError::Column("mac".into()))?))
    })
}

/// Whether somebody came with this before, and may have left.
pub(super) fn has_come(tx: &mut Tx<'_>, mac: &[u8; 32]) -> Result<bool, StoreError> {
    let found =
        tx.optional(org_sql!("select member from member_session where org = $1 and mac = $2"), &[mac], |row| {
            row.get::<MemberId>("member")
        })?;
    Ok(found.is_some())
}
