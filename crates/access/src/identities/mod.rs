//! Who a member is elsewhere: at a sign-in service of the organisation's, in its directory.
//!
//! What such a service calls somebody is kept as a keyed hash, and always together with the connection and the issuer it comes from:
//! the same name at another service, or in another organisation's, is somebody else.

use sealpost_store::{Leaf, MemberId, OrgKeys, Sql, StoreError, Tx, org_sql};

/// What a service calls somebody, as it vouched for it.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    /// Which of the organisation's connections: its id.
    pub connection: [u8; 16],
    /// The issuer: OpenID Connect's `iss`, SAML's entity id.
    pub issuer: &'a str,
    /// The subject: `sub`, `NameID`, SCIM's `externalId`.
    pub subject: &'a str,
}

// Primary key (org, connection, subject).
const FIND: Sql = org_sql!("select member from member_identity where org = $1 and connection = $2 and subject = $3");
const INSERT: Sql = org_sql!(
    "insert into member_identity (org, connection, subject, member, created_at) values ($1, $2, $3, $4, $5)
     on conflict do nothing"
);

/// Who this is, if they are known.
pub fn find(tx: &mut Tx<'_>, keys: &OrgKeys, identity: Identity<'_>) -> Result<Option<MemberId>, StoreError> {
    let (connection, subject) = name(keys, identity);
    tx.optional(FIND, &[&connection, &subject], |row| row.get("member"))
}

/// From now on this is the member, as a consequence of how they came in. Whoever calls has made sure of that: by an address which the
/// service verified and to which the organisation sent an invitation.
pub(crate) fn link(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    member: MemberId,
    identity: Identity<'_>,
) -> Result<(), StoreError> {
    let ((connection, subject), now) = (name(keys, identity), tx.ctx().now());
    if tx.execute(INSERT, &[&connection, &subject, &member, &now])? == 0 {
        // In two windows at once they are still one person.
        return if find(tx, keys, identity)? == Some(member) { Ok(()) } else { Err(StoreError::Conflict) };
    }
    tx.note(Leaf::of("member.link").on(MemberId::PREFIX, member.bytes()));
    Ok(())
}

fn name(keys: &OrgKeys, identity: Identity<'_>) -> ([u8; 16], [u8; 32]) {
    let Identity { connection, issuer, subject } = identity;
    let length = (issuer.len() as u32).to_be_bytes();
    let mac = keys.purpose("identity").mac(&[&connection, &length, issuer.as_bytes(), subject.as_bytes()]);
    (connection, mac)
}
