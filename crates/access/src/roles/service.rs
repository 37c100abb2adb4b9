//! Use cases of roles.

use sealpost_store::{ActorKind, Leaf, MemberId, OrgKeys, Recorded, RoleId, StoreError, Tx};
use sealpost_web::{Failure, not_found};

use super::model::{NewRole, Role, RoleRef, StoredRole};
use super::rules::{self, RoleRefused};
use super::store;
use crate::masking::DailyReveals;
use crate::{members, permissions, sessions};

/// Roles of its own that an organisation has at most.
const MOST: i64 = 100;

/// What a role says. Nothing, if it is not there any more.
pub fn find(tx: &mut Tx<'_>, reference: RoleRef) -> Result<Option<Role>, StoreError> {
    match reference {
        RoleRef::Standard(standard) => Ok(Some(standard.role())),
        RoleRef::Custom(id) => Ok(store::find(tx, id)?.map(|stored| stored.role)),
    }
}

/// How many looks at clear data a day the role of whoever acts says at most, if it says so.
pub fn reveals(tx: &mut Tx<'_>) -> Result<Option<DailyReveals>, StoreError> {
    let actor = tx.ctx().actor;
    if actor.kind != ActorKind::Member {
        return Ok(None);
    }
    let Some(member) = members::find(tx, MemberId::from_bytes(actor.id))? else { return Ok(None) };
    Ok(find(tx, member.role)?.and_then(|role| role.reveals))
}

/// A role of the organisation's own.
pub(super) fn find_stored(tx: &mut Tx<'_>, id: RoleId) -> Result<Option<StoredRole>, StoreError> {
    store::find(tx, id)
}

/// Up to `limit` of the organisation's own roles older than `before`, newest first.
pub fn list(tx: &mut Tx<'_>, before: Option<RoleId>, limit: u32) -> Result<Vec<StoredRole>, StoreError> {
    store::page(tx, before.unwrap_or(RoleId::from_bytes([0xff; 16])), limit)
}

/// Makes a role of at most what whoever makes it has.
pub fn create(tx: &mut Tx<'_>, keys: &OrgKeys, new: &NewRole) -> Result<Recorded<StoredRole>, Failure> {
    let (acting, id) = (members::acting(tx)?, RoleId::new(&tx.ctx().world));
    rules::may_make(&acting, &new.role(id))?;
    if store::count(tx)? >= MOST {
        return Err(RoleRefused::Full.into());
    }
    if !store::insert(tx, id, new)? {
        return Err(RoleRefused::NameTaken.into());
    }
    recorded(tx, keys, "role.create", id, new)
}

/// Changes what a role says, for everybody who has it, at once.
pub fn update(tx: &mut Tx<'_>, keys: &OrgKeys, id: RoleId, new: &NewRole) -> Result<Recorded<StoredRole>, Failure> {
    let acting = members::acting(tx)?;
    let before = store::find(tx, id)?.ok_or_else(not_found)?;
    rules::may_change(&acting, &before.role)?;
    rules::may_make(&acting, &new.role(id))?;
    if store::named(tx, new.name.as_str())?.is_some_and(|holder| holder != id) {
        return Err(RoleRefused::NameTaken.into());
    }
    store::update(tx, id, new)?;
    recorded(tx, keys, "role.update", id, new)
}

/// Takes a role away that nobody has.
pub fn remove(tx: &mut Tx<'_>, id: RoleId) -> Result<Recorded<()>, Failure> {
    let acting = members::acting(tx)?;
    let before = store::find(tx, id)?.ok_or_else(not_found)?;
    rules::may_change(&acting, &before.role)?;
    if members::count_with_role(tx, id)? > 0 {
        return Err(RoleRefused::InUse.into());
    }
    store::delete(tx, id)?;
    sessions::tell(tx);
    Ok(tx.record(Leaf::of("role.remove").on(RoleId::PREFIX, id.bytes()), ()))
}

/// A leaf that keeps what the role says, sealed; every node is told.
fn recorded(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    action: &'static str,
    id: RoleId,
    new: &NewRole,
) -> Result<Recorded<StoredRole>, Failure> {
    sessions::tell(tx);
    let details = serde_json::json!({
        "permissions": permissions::to_text(new.permissions),
        "visibility": new.visibility,
        "channels": new.channels,
        "masks": new.masks,
        "require_step_up": new.require_step_up,
        "cidrs": new.cidrs.to_text(),
        "idle_minutes": new.limits.idle.count(),
        "absolute_minutes": new.limits.absolute.count(),
        "reveals_per_day": new.reveals,
    });
    let sealed = keys.seal_audit(tx.ctx(), details.to_string().as_bytes());
    let stored = store::find(tx, id)?.ok_or_else(not_found)?;
    Ok(tx.record(Leaf::of(action).on(RoleId::PREFIX, id.bytes()).with(sealed), stored))
}
