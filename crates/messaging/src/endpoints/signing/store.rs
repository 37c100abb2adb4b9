//! Statements about how endpoints sign.

use std::sync::Arc;

use sealpost_access::secrets::Kept;
use sealpost_seal::signature::{Custom, CustomSpec};
use sealpost_store::{EndpointId, Row, SecretId, StoreError, Time, Tx, sql};

use super::model::{ProfileRow, Rotation, known};

/// What an endpoint has for its profiles.
pub(super) fn of(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<Vec<ProfileRow>, StoreError> {
    tx.all(
        sql!(
            "select profile, definition, secret, secret_stored from endpoint_profile
             where org = $1 and env = $2 and endpoint = $3 order by profile"
        ),
        &[&endpoint],
        read,
    )
}

/// What all endpoints of the environment have for their profiles.
pub(super) fn all(tx: &mut Tx<'_>) -> Result<Vec<(EndpointId, ProfileRow)>, StoreError> {
    tx.all(
        sql!(
            "select endpoint, profile, definition, secret, secret_stored from endpoint_profile
             where org = $1 and env = $2 order by endpoint, profile"
        ),
        &[],
        |row| Ok((row.get("endpoint")?, read(row)?)),
    )
}

/// Keeps what an endpoint has for a profile.
pub(super) fn put(tx: &mut Tx<'_>, endpoint: EndpointId, row: &ProfileRow) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "insert into endpoint_profile (org, env, endpoint, profile, definition, secret, secret_stored)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (org, env, endpoint, profile)
             do update set definition = excluded.definition, secret = excluded.secret, secret_stored = excluded.secret_stored"
        ),
        &[
            &endpoint,
            &row.name,
            &row.definition,
            &row.secret.map(Kept::id),
            &u32::from(row.secret.is_some_and(|kept| kept.stored().is_some())),
        ],
    )
    .map(drop)
}

/// Forgets what an endpoint has for a profile.
pub(super) fn drop_one(tx: &mut Tx<'_>, endpoint: EndpointId, profile: &str) -> Result<(), StoreError> {
    tx.execute(
        sql!("delete from endpoint_profile where org = $1 and env = $2 and endpoint = $3 and profile = $4"),
        &[&endpoint, &profile.to_owned()],
    )
    .map(drop)
}

/// Writes back in which profiles an endpoint signs.
pub(super) fn set_profiles(tx: &mut Tx<'_>, endpoint: EndpointId, names: &[&'static str]) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.execute(
        sql!("update endpoint set profiles = $4, updated_at = $5 where org = $1 and env = $2 and id = $3"),
        &[&endpoint, &names.join(" "), &now],
    )
    .map(drop)
}

/// The rotation that is under way.
pub(super) fn rotation(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<Option<Rotation>, StoreError> {
    tx.optional(
        sql!(
            "select profile, secret, begun_at, proven_at from endpoint_rotation where org = $1 and env = $2 and endpoint = $3"
        ),
        &[&endpoint],
        read_rotation,
    )
}

/// All rotations of the environment.
pub(super) fn rotations(tx: &mut Tx<'_>) -> Result<Vec<(EndpointId, Rotation)>, StoreError> {
    tx.all(
        sql!(
            "select endpoint, profile, secret, begun_at, proven_at from endpoint_rotation where org = $1 and env = $2
             order by endpoint"
        ),
        &[],
        |row| Ok((row.get("endpoint")?, read_rotation(row)?)),
    )
}

/// Begins a rotation; false if one is under way.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    endpoint: EndpointId,
    profile: Option<&'static str>,
    secret: SecretId,
) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let begun = tx.execute(
        sql!(
            "insert into endpoint_rotation (org, env, endpoint, profile, secret, begun_at) values ($1, $2, $3, $4, $5, $6)
             on conflict do nothing"
        ),
        &[&endpoint, &profile.unwrap_or_default(), &secret, &now],
    )?;
    Ok(begun == 1)
}

/// Remembers that the receiver knows this new secret; false if it isn't the one any more.
pub(super) fn prove(tx: &mut Tx<'_>, endpoint: EndpointId, secret: SecretId, at: Time) -> Result<bool, StoreError> {
    let proven = tx.execute(
        sql!(
            "update endpoint_rotation set proven_at = $5 where org = $1 and env = $2 and endpoint = $3 and secret = $4"
        ),
        &[&endpoint, &secret, &at],
    )?;
    Ok(proven == 1)
}

/// What was proven of a rotation is not any more.
pub(super) fn unprove(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    tx.execute(
        sql!("update endpoint_rotation set proven_at = null where org = $1 and env = $2 and endpoint = $3"),
        &[&endpoint],
    )
    .map(drop)
}

/// Ends the rotation that is under way; false if somebody else did.
pub(super) fn end(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<bool, StoreError> {
    let ended =
        tx.execute(sql!("delete from endpoint_rotation where org = $1 and env = $2 and endpoint = $3"), &[&endpoint])?;
    Ok(ended == 1)
}

/// A profile of one's own, as it was described.
pub(in crate::endpoints) fn custom(definition: Option<String>) -> Result<Option<Arc<Custom>>, StoreError> {
    let wrong = || StoreError::Column("definition".into());
    let Some(text) = definition else { return Ok(None) };
    let spec: CustomSpec = serde_json::from_str(&text).map_err(|_| wrong())?;
    Custom::compile(spec).map(Arc::new).map(Some).map_err(|_| wrong())
}

fn read(row: &Row<'_>) -> Result<ProfileRow, StoreError> {
    let secret: Option<SecretId> = row.get("secret")?;
    let stored: bool = row.get("secret_stored")?;
    Ok(ProfileRow {
        name: known(&row.get::<String>("profile")?).ok_or_else(|| StoreError::Column("profile".into()))?,
        definition: row.get("definition")?,
        secret: secret.map(|secret| if stored { Kept::Stored { stored: secret } } else { Kept::Own(secret) }),
    })
}

fn read_rotation(row: &Row<'_>) -> Result<Rotation, StoreError> {
    let profile: String = row.get("profile")?;
    let name = || known(&profile).ok_or_else(|| StoreError::Column("profile".into()));
    Ok(Rotation {
        profile: if profile.is_empty() { None } else { Some(name()?) },
        secret: row.get("secret")?,
        begun_at: row.get("begun_at")?,
        proven_at: row.get("proven_at")?,
    })
}
