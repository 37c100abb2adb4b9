//! Queries about passkeys, and challenges that were answered.

use sealpost_store::{CredentialKind, Keys, MemberId, PasskeyId, Row, Sql, StoreError, Time, Tx, directory, org_sql};

use super::model::Passkey;
use crate::sessions::Agent;

// Primary key (org, id).
const ONE: Sql = org_sql!(
    "select id, member, credential_id, public_key, counter, backup_eligible, backed_up, agent, created_at, used_at
     from passkey where org = $1 and id = $2"
);
// Index passkey_member (org, member).
const ALL_OF: Sql = org_sql!(
    "select id, member, credential_id, public_key, counter, backup_eligible, backed_up, agent, created_at, used_at
     from passkey where org = $1 and member = $2 order by id"
);

pub(super) fn insert(tx: &mut Tx<'_>, keys: &Keys, passkey: &Passkey) -> Result<(), StoreError> {
    tx.put(
        org_sql!(
            "insert into passkey (org, id, member, credential_id, public_key, counter, backup_eligible, backed_up, agent,
                                  created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        &[
            &passkey.id,
            &passkey.member,
            &passkey.credential_id,
            &passkey.public_key,
            &passkey.counter,
            &u32::from(passkey.backup_eligible),
            &u32::from(passkey.backed_up),
            &passkey.agent.to_text(),
            &passkey.created_at,
        ],
    )?;
    directory::enter(tx, CredentialKind::Passkey, &mac(keys, &passkey.credential_id), passkey.id.bytes())
}

/// What a credential is found by in the directory.
pub(super) fn mac(keys: &Keys, credential_id: &[u8]) -> [u8; 32] {
    keys.pepper().mac(&[b"passkey:", credential_id])
}

pub(super) fn find(tx: &mut Tx<'_>, id: PasskeyId) -> Result<Option<Passkey>, StoreError> {
    tx.optional(ONE, &[&id], read)
}

/// All passkeys of a member, oldest first.
pub(super) fn all_of(tx: &mut Tx<'_>, member: MemberId) -> Result<Vec<Passkey>, StoreError> {
    tx.all(ALL_OF, &[&member], read)
}

/// Whether a member has any.
pub(crate) fn has_any(tx: &mut Tx<'_>, member: MemberId) -> Result<bool, StoreError> {
    Ok(!all_of(tx, member)?.is_empty())
}

/// Takes down that a passkey was used.
pub(super) fn see(tx: &mut Tx<'_>, id: PasskeyId, counter: u32, backed_up: bool) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put_exact(
        org_sql!(
            "update passkey set counter = $3, backed_up = $4, used_at = $5 where org = $1 and id = $2 and counter <= $3"
        ),
        &[&id, &counter, &u32::from(backed_up), &now],
    )
}

pub(super) fn delete(tx: &mut Tx<'_>, keys: &Keys, passkey: &Passkey) -> Result<(), StoreError> {
    tx.put(org_sql!("delete from passkey where org = $1 and id = $2"), &[&passkey.id])?;
    directory::remove(tx, CredentialKind::Passkey, &mac(keys, &passkey.credential_id))
}

/// Removes everything a member could prove themselves with.
pub(crate) fn remove_all_of(tx: &mut Tx<'_>, keys: &Keys, member: MemberId) -> Result<(), StoreError> {
    for passkey in all_of(tx, member)? {
        delete(tx, keys, &passkey)?;
    }
    Ok(())
}

/// Uses a challenge up; false if it was.
pub(super) fn spend(tx: &mut Tx<'_>, challenge: &[u8], until: Time) -> Result<bool, StoreError> {
    let inserted = tx.execute(
        org_sql!("insert into spent_challenge (org, challenge, expires_at) values ($1, $2, $3) on conflict do nothing"),
        &[&challenge, &until],
    )?;
    Ok(inserted == 1)
}

/// Whether a challenge was used up.
pub(super) fn is_spent(tx: &mut Tx<'_>, challenge: &[u8]) -> Result<bool, StoreError> {
    let found = tx.optional(
        org_sql!("select expires_at from spent_challenge where org = $1 and challenge = $2"),
        &[&challenge],
        |row| row.get::<Time>("expires_at"),
    )?;
    Ok(found.is_some())
}

/// Forgets challenges that are too old to be answered anyway.
pub(super) fn forget_spent(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(org_sql!("delete from spent_challenge where org = $1 and expires_at <= $2"), &[&now])
}

fn read(row: &Row<'_>) -> Result<Passkey, StoreError> {
    Ok(Passkey {
        id: row.get("id")?,
        member: row.get("member")?,
        credential_id: row.get("credential_id")?,
        public_key: row.get("public_key")?,
        counter: row.get("counter")?,
        backup_eligible: row.get::<u32>("backup_eligible")? != 0,
        backed_up: row.get::<u32>("backed_up")? != 0,
        agent: Agent::from_text(&row.get::<String>("agent")?),
        created_at: row.get("created_at")?,
        used_at: row.get("used_at")?,
    })
}
