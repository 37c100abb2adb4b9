//! Statements about endpoints.

use sealpost_access::secrets::Kept;
use sealpost_egress::guard::OtherPort;
use sealpost_store::{EndpointId, Row, StoreError, Tx, sql};

use super::model::{Endpoint, Filter, Hearer, Profiles, State};
use super::signing;

/// Stores a new endpoint; false if the name is taken.
pub(super) fn insert(tx: &mut Tx<'_>, e: &Endpoint) -> Result<bool, StoreError> {
    let inserted = tx.execute(
        sql!(
            "insert into endpoint (org, env, id, name, url, description, events, profiles, state, state_detail, secret, signing,
                created_at, updated_at, secret_stored)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14) on conflict do nothing"
        ),
        &[
            &e.id,
            &e.name,
            &e.url,
            &e.description,
            &e.events.patterns().join(" "),
            &e.profiles.names().join(" "),
            &e.state.word(),
            &e.state.detail(),
            &e.secret.id(),
            &e.signing,
            &e.created_at,
            &u32::from(e.secret.stored().is_some()),
        ],
    )?;
    Ok(inserted == 1)
}

/// Writes back what may change.
pub(super) fn update(tx: &mut Tx<'_>, e: &Endpoint) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        sql!(
            "update endpoint set url = $4, description = $5, events = $6, profiles = $7, state = $8, state_detail = $9, updated_at = $10,
                secret = $11, secret_stored = $12
             where org = $1 and env = $2 and id = $3"
        ),
        &[
            &e.id,
            &e.url,
            &e.description,
            &e.events.patterns().join(" "),
            &e.profiles.names().join(" "),
            &e.state.word(),
            &e.state.detail(),
            &now,
            &e.secret.id(),
            &u32::from(e.secret.stored().is_some()),
        ],
    )
}

/// Counts a change of an endpoint's policy from where it stood; false if somebody else has changed it.
pub(super) fn advance(tx: &mut Tx<'_>, id: EndpointId, from: u32) -> Result<bool, StoreError> {
    let counted = tx.execute(
        sql!("update endpoint set version = version + 1 where org = $1 and env = $2 and id = $3 and version = $4"),
        &[&id, &from],
    )?;
    Ok(counted == 1)
}

/// Keeps whether others have agreed to an endpoint; false if that stood there.
pub(super) fn admit(tx: &mut Tx<'_>, id: EndpointId, admitted: bool) -> Result<bool, StoreError> {
    let kept = tx.execute(
        sql!("update endpoint set admitted = $4 where org = $1 and env = $2 and id = $3 and admitted <> $4"),
        &[&id, &u32::from(admitted)],
    )?;
    Ok(kept == 1)
}

/// Keeps which port others have agreed to with the URL that stands there; nothing, if they haven't or didn't have to.
pub(super) fn agree_port(tx: &mut Tx<'_>, id: EndpointId, port: Option<OtherPort>) -> Result<(), StoreError> {
    tx.put(
        sql!("update endpoint set agreed_port = $4 where org = $1 and env = $2 and id = $3"),
        &[&id, &port.map(|port| u32::from(port.number()))],
    )
}

/// Which port others have agreed to with the URL that stands there.
pub(super) fn agreed_port(tx: &mut Tx<'_>, id: EndpointId) -> Result<Option<OtherPort>, StoreError> {
    let found =
        tx.optional(sql!("select agreed_port from endpoint where org = $1 and env = $2 and id = $3"), &[&id], |row| {
            row.get::<Option<u32>>("agreed_port")
        })?;
    Ok(found.flatten().and_then(|port| u16::try_from(port).ok()).and_then(OtherPort::of))
}

/// Brings an endpoint to another state, unless somebody else did meanwhile.
pub(super) fn set_state(tx: &mut Tx<'_>, id: EndpointId, from: &State, to: &State) -> Result<bool, StoreError> {
    let now = tx.ctx().now();
    let changed = tx.execute(
        sql!("update endpoint set state = $5, state_detail = $6, updated_at = $7 where org = $1 and env = $2 and id = $3 and state = $4"),
        &[&id, &from.word(), &to.word(), &to.detail(), &now],
    )?;
    Ok(changed == 1)
}

/// The endpoint of this id.
pub(super) fn find(tx: &mut Tx<'_>, id: EndpointId) -> Result<Option<Endpoint>, StoreError> {
    tx.optional(
        sql!(
            "select id, name, url, description, events, profiles, state, state_detail, secret, signing, created_at, updated_at,
                secret_stored, is_default, version, admitted,
                (select p.definition from endpoint_profile p
                 where p.org = $1 and p.env = $2 and p.endpoint = endpoint.id and p.profile = 'custom') as definition
             from endpoint where org = $1 and env = $2 and id = $3"
        ),
        &[&id],
        read,
    )
}

/// All endpoints of the environment: there are few.
pub(super) fn all(tx: &mut Tx<'_>) -> Result<Vec<Endpoint>, StoreError> {
    tx.all(
        sql!(
            "select id, name, url, description, events, profiles, state, state_detail, secret, signing, created_at, updated_at,
                secret_stored, is_default, version, admitted,
                (select p.definition from endpoint_profile p
                 where p.org = $1 and p.env = $2 and p.endpoint = endpoint.id and p.profile = 'custom') as definition
             from endpoint where org = $1 and env = $2 order by id"
        ),
        &[],
        read,
    )
}

/// The endpoint of this name, if it has been verified. Asked for each message that names one: by the index of names, not by reading what
/// there is.
pub(super) fn verified(tx: &mut Tx<'_>, name: &str) -> Result<Option<EndpointId>, StoreError> {
    tx.optional(
        sql!("select id from endpoint where org = $1 and env = $2 and name = $3 and state <> 'pending'"),
        &[&name],
        |row| row.get("id"),
    )
}

/// Who is told of something: those that are called, also while they fail. Read for whatever is told, so no more of each than that takes.
pub(super) fn hearers(tx: &mut Tx<'_>) -> Result<Vec<Hearer>, StoreError> {
    tx.all(
        sql!(
            "select id, events, is_default from endpoint
             where org = $1 and env = $2 and state in ('active', 'failing') order by id"
        ),
        &[],
        hearer_of,
    )
}

/// The one of this name.
pub(super) fn hearer(tx: &mut Tx<'_>, name: &str) -> Result<Option<Hearer>, StoreError> {
    tx.optional(
        sql!(
            "select id, events, is_default from endpoint
             where org = $1 and env = $2 and name = $3 and state in ('active', 'failing')"
        ),
        &[&name],
        hearer_of,
    )
}

fn hearer_of(row: &Row<'_>) -> Result<Hearer, StoreError> {
    Ok(Hearer { id: row.get("id")?, events: filter(row)?, is_default: row.get("is_default")? })
}

fn filter(row: &Row<'_>) -> Result<Filter, StoreError> {
    let patterns = row.get::<String>("events")?.split_ascii_whitespace().map(str::to_owned).collect();
    Filter::new(patterns).map_err(|_| StoreError::Column("events".into()))
}

/// Removes an endpoint; false if there was none.
pub(super) fn delete(tx: &mut Tx<'_>, id: EndpointId) -> Result<bool, StoreError> {
    Ok(tx.execute(sql!("delete from endpoint where org = $1 and env = $2 and id = $3"), &[&id])? == 1)
}

fn read(row: &Row<'_>) -> Result<Endpoint, StoreError> {
    let words = |name: &str| {
        Ok::<_, StoreError>(
            row.get::<String>(name)?.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect::<Vec<_>>(),
        )
    };
    let wrong = |name: &str| StoreError::Column(name.to_owned());
    Ok(Endpoint {
        id: row.get("id")?,
        name: row.get("name")?,
        url: row.get("url")?,
        description: row.get("description")?,
        events: filter(row)?,
        profiles: Profiles::read(&words("profiles")?).map_err(|_| wrong("profiles"))?,
        custom: signing::custom(row.get("definition")?)?,
        is_default: row.get("is_default")?,
        state: State::read(&row.get::<String>("state")?, &row.get::<String>("state_detail")?)
            .ok_or_else(|| wrong("state"))?,
        secret: match row.get("secret_stored")? {
            false => Kept::Own(row.get("secret")?),
            true => Kept::Stored { stored: row.get("secret")? },
        },
        signing: row.get("signing")?,
        version: row.get("version")?,
        is_admitted: row.get("admitted")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
