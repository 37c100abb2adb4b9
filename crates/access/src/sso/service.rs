//! Use cases of connections.

use sealpost_store::{
    Credential, CredentialKind, Ctx, Environment, Keys, Leaf, Org, OrgKeys, Recorded, SsoConnectionId, Store,
    StoreError, Tx, directory,
};
use sealpost_web::problem::{BODY_INVALID, CHANGED_MEANWHILE};
use sealpost_web::{Failure, Refusal, not_found};
use serde_json::json;

use super::codes::{SSO_FULL, SSO_IN_USE, SSO_ROLE_UNSUITABLE};
use super::model::{Connection, GroupRole, Kind, MOST, MOST_GROUPS};
use super::{credentials, policy, rules, store};
use crate::members::{self, MemberRefused};
use crate::roles::{self, RoleRef, Standard};
use crate::sessions::{self, Ended};

/// A connection to be made.
#[derive(Clone)]
pub(crate) struct New {
    /// By which protocol.
    pub(crate) kind: Kind,
    /// What people will call it.
    pub(crate) name: String,
    /// What its kind keeps: JSON without secrets.
    pub(crate) settings: String,
    /// As what somebody becomes a member whom nobody has invited.
    pub(crate) newcomers: Option<RoleRef>,
    /// Which groups give which role.
    pub(crate) groups: Vec<GroupRole>,
}

/// What changes about a connection: what is absent stays.
#[derive(Clone, Default)]
pub(super) struct Changes {
    pub(super) name: Option<String>,
    pub(super) enabled: Option<bool>,
    pub(super) newcomers: Option<Option<RoleRef>>,
    pub(super) groups: Option<Vec<GroupRole>>,
    pub(super) settings: Option<String>,
}

/// Makes a connection.
pub(crate) fn create(
    tx: &mut Tx<'_>,
    (keys, organisation): (&Keys, &OrgKeys),
    new: &New,
) -> Result<Recorded<Connection>, Failure> {
    if store::all(tx)?.len() as i64 >= MOST {
        return Err(Refusal::of(&SSO_FULL).into());
    }
    fits(tx, &new.name, new.newcomers, &new.groups)?;
    let id = SsoConnectionId::new(&tx.ctx().world);
    store::insert(tx, id, new)?;
    if credentials::mark(new.kind, &new.settings).is_some() {
        store::mark_credential(tx, id)?;
    }
    directory::enter(tx, CredentialKind::SsoConnection, &mac(keys, id), id.bytes())?;
    let connection = find(tx, id)?.ok_or_else(not_found)?;
    let leaf = leaf(tx, organisation, "sso_connection.create", &connection);
    Ok(tx.record(leaf, connection))
}

/// Changes what its kind keeps, and what it is called.
pub(crate) fn set_settings(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: SsoConnectionId,
    known: Option<u32>,
    (name, settings): (Option<String>, String),
) -> Result<Recorded<Connection>, Failure> {
    update(tx, keys, id, known, Changes { name, settings: Some(settings), ..Changes::default() })
}

/// Changes a connection. Whoever came by one that is switched off is signed out.
pub(super) fn update(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: SsoConnectionId,
    known: Option<u32>,
    changes: Changes,
) -> Result<Recorded<Connection>, Failure> {
    let before = find(tx, id)?.ok_or_else(not_found)?;
    if known.is_some_and(|known| known != before.version) {
        return Err(Refusal::of(&CHANGED_MEANWHILE).into());
    }
    let after = Connection {
        name: changes.name.unwrap_or_else(|| before.name.clone()),
        enabled: changes.enabled.unwrap_or(before.enabled),
        newcomers: changes.newcomers.unwrap_or(before.newcomers),
        groups: changes.groups.unwrap_or_else(|| before.groups.clone()),
        settings: changes.settings.unwrap_or_else(|| before.settings.clone()),
        version: before.version + 1,
        updated_at: tx.ctx().now(),
        ..before.clone()
    };
    if (after.newcomers, &after.groups) != (before.newcomers, &before.groups) {
        fits(tx, &after.name, after.newcomers, &after.groups)?;
    }
    if !rules::is_name(&after.name) {
        return Err(Refusal::of(&BODY_INVALID).at("/name", "name_invalid").into());
    }
    if before.enabled && !after.enabled {
        spare(tx, id)?;
        sessions::end_all_of_connection(tx, id, Ended::Revoked)?;
    }
    if !store::update(tx, &after)? {
        return Err(Refusal::of(&CHANGED_MEANWHILE).into());
    }
    if credentials::mark(after.kind, &after.settings) != credentials::mark(before.kind, &before.settings) {
        store::mark_credential(tx, id)?;
    }
    let leaf = leaf(tx, keys, "sso_connection.update", &after);
    Ok(tx.record(leaf, after))
}

/// Removes a connection: whoever came by it is signed out, and nobody is known by it any more.
pub(super) fn remove(tx: &mut Tx<'_>, keys: &Keys, id: SsoConnectionId) -> Result<Recorded<()>, Failure> {
    let connection = find(tx, id)?.ok_or_else(not_found)?;
    if connection.enabled {
        spare(tx, id)?;
    }
    for domain in store::domains(tx)?.iter().filter(|domain| domain.connection == id) {
        super::domains::forget(tx, keys, domain)?;
    }
    sessions::end_all_of_connection(tx, id, Ended::Revoked)?;
    store::forget_identities(tx, id)?;
    store::delete(tx, id)?;
    directory::remove(tx, CredentialKind::SsoConnection, &mac(keys, id))?;
    let leaf = Leaf::of("sso_connection.remove").on(SsoConnectionId::PREFIX, id.bytes());
    Ok(tx.record(leaf, ()))
}

/// The connection with this id.
pub(super) fn find(tx: &mut Tx<'_>, id: SsoConnectionId) -> Result<Option<Connection>, StoreError> {
    store::find(tx, id)
}

/// The connection somebody comes by, and whose it is. Before anybody is known.
pub(super) async fn locate(house: &Store, id: SsoConnectionId) -> Result<Option<(Org, Connection)>, StoreError> {
    let credential = house.credential(CredentialKind::SsoConnection, mac(house.keys(), id)).await?;
    let Some(Credential { org, .. }) = credential else { return Ok(None) };
    let org = Org { environment: Environment::Live, ..org };
    let ctx = Ctx::system(org, house.world().clone());
    let connection = house.peek::<_, StoreError>(&ctx, move |tx| store::find(tx, id)).await?;
    Ok(connection.filter(|connection| connection.enabled).map(|connection| (org, connection)))
}

/// Refuses to take away what members have to sign in by.
fn spare(tx: &mut Tx<'_>, id: SsoConnectionId) -> Result<(), Failure> {
    let others = store::all(tx)?.iter().any(|one| one.enabled && one.id != id);
    if policy::is_required(tx)? && !others { Err(Refusal::of(&SSO_IN_USE).into()) } else { Ok(()) }
}

/// Whether whoever acts may say this of newcomers and groups: nobody gives what they lack, and no service makes owners.
fn fits(tx: &mut Tx<'_>, name: &str, newcomers: Option<RoleRef>, groups: &[GroupRole]) -> Result<(), Failure> {
    if !rules::is_name(name) {
        return Err(Refusal::of(&BODY_INVALID).at("/name", "name_invalid").into());
    }
    if groups.len() > MOST_GROUPS {
        return Err(Refusal::of(&BODY_INVALID).at("/groups", "too_many").into());
    }
    if groups.iter().any(|one| one.group.is_empty() || one.group.len() > 256 || one.group.chars().any(char::is_control))
    {
        return Err(Refusal::of(&BODY_INVALID).at("/groups", "group_invalid").into());
    }
    let acting = members::acting(tx)?;
    let given =
        newcomers.iter().map(|role| ("/newcomers", *role)).chain(groups.iter().map(|one| ("/groups", one.role)));
    for (at, role) in given {
        if role == RoleRef::Standard(Standard::Owner) {
            return Err(Refusal::of(&SSO_ROLE_UNSUITABLE).at(at, "owner").into());
        }
        let role = roles::find(tx, role)?.ok_or(MemberRefused::RoleUnknown)?;
        members::may_give(&acting, &role)?;
    }
    Ok(())
}

fn mac(keys: &Keys, id: SsoConnectionId) -> [u8; 32] {
    keys.pepper().mac(&[b"sso-connection:", &id.bytes()])
}

/// A leaf that keeps what the connection is now, sealed.
fn leaf(tx: &Tx<'_>, keys: &OrgKeys, action: &'static str, connection: &Connection) -> Leaf {
    let details = json!({
        "name": connection.name,
        "kind": connection.kind,
        "enabled": connection.enabled,
        "newcomers": connection.newcomers.map(|role| role.to_string()),
        "groups": connection.groups,
        "settings": connection.settings,
        "version": connection.version,
    });
    let sealed = keys.seal_audit(tx.ctx(), details.to_string().as_bytes());
    Leaf::of(action).on(SsoConnectionId::PREFIX, connection.id.bytes()).with(sealed)
}
