//! Use cases of roles.

use sealpost_store::{ActorKind, Leaf, MemberId, OrgKeys, Recorded, RoleId, StoreError, Tx};
use sealpost_web::{Failure, Fault, not_found};

use super::model::{NewRole, Role, RoleRef, StoredRole};
use super::rules::{self, RoleRefused};
use super::store;
use super::whole::Whole;
use crate::masking::DailyReveals;
use crate::revisions::{self, Change, Setting, Subject};
use crate::{Asked, members, permissions, sessions};

/// Its name among the settings that leave revisions.
pub const SETTING: Setting = Setting::new("role");

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

/// A role that is to be made, or to say something else.
pub struct Wish<'a> {
    /// Which; nothing of one that is to be made.
    pub id: Option<RoleId>,
    /// What it would say.
    pub role: &'a Role,
}

/// Asks others before a role says more than it did, where that takes an approval; nothing, where it doesn't.
pub type Gate = fn(&mut Tx<'_>, &OrgKeys, &Wish<'_>, Option<&str>) -> Result<Option<Recorded<Asked>>, Failure>;

/// Nobody is asked.
pub const OPEN: Gate = |_, _, _, _| Ok(None);

/// What became of a wish.
pub enum Outcome {
    /// It is so.
    InForce(StoredRole),
    /// Others have to agree first.
    Waits(Asked),
}

/// Makes a role, or changes what one says; asks for that, if it would say more and that takes an approval.
pub fn decide(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    gate: Gate,
    (id, new): (Option<RoleId>, &NewRole),
    why: Option<&str>,
) -> Result<Recorded<Outcome>, Failure> {
    let before = may(tx, id, new)?;
    let role = new.role(id.unwrap_or(RoleId::from_bytes([0; 16])));
    if rules::widens(before.as_ref().map(|stored| &stored.role), &role)
        && let Some(asked) = gate(tx, keys, &Wish { id, role: &role }, why)?
    {
        return Ok(asked.map(Outcome::Waits));
    }
    let done = match id {
        Some(id) => update(tx, keys, id, new, why)?,
        None => create(tx, keys, new, why)?,
    };
    Ok(done.map(Outcome::InForce))
}

/// Whether whoever acts may make a role that says this, or change this one to it; answers what that says now.
fn may(tx: &mut Tx<'_>, id: Option<RoleId>, new: &NewRole) -> Result<Option<StoredRole>, Failure> {
    let acting = members::acting(tx)?;
    let Some(id) = id else {
        rules::may_make(&acting, &new.role(RoleId::from_bytes([0; 16])))?;
        if store::count(tx)? >= MOST {
            return Err(RoleRefused::Full.into());
        }
        let taken = store::named(tx, new.name.as_str())?.is_some();
        return if taken { Err(RoleRefused::NameTaken.into()) } else { Ok(None) };
    };
    let before = store::find(tx, id)?.ok_or_else(not_found)?;
    rules::may_change(&acting, &before.role)?;
    rules::may_make(&acting, &new.role(id))?;
    if store::named(tx, new.name.as_str())?.is_some_and(|holder| holder != id) {
        return Err(RoleRefused::NameTaken.into());
    }
    Ok(Some(before))
}

/// Makes a role of at most what whoever makes it has.
pub fn create(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    new: &NewRole,
    why: Option<&str>,
) -> Result<Recorded<StoredRole>, Failure> {
    may(tx, None, new)?;
    let id = RoleId::new(&tx.ctx().world);
    if !store::insert(tx, id, new)? {
        return Err(RoleRefused::NameTaken.into());
    }
    recorded(tx, keys, "role.create", (id, None), new, why)
}

/// Changes what a role says, for everybody who has it, at once.
pub fn update(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: RoleId,
    new: &NewRole,
    why: Option<&str>,
) -> Result<Recorded<StoredRole>, Failure> {
    let before = may(tx, Some(id), new)?;
    store::update(tx, id, new)?;
    recorded(tx, keys, "role.update", (id, before.as_ref().map(|stored| &stored.role)), new, why)
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

/// A revision, and a leaf that keeps what the role says, sealed; every node is told.
fn recorded(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    action: &'static str,
    (id, before): (RoleId, Option<&Role>),
    new: &NewRole,
    why: Option<&str>,
) -> Result<Recorded<StoredRole>, Failure> {
    sessions::tell(tx);
    let whole = |role: &Role| serde_json::to_value(Whole::of(Some(id), role)).map_err(Fault::new);
    let change = Change {
        of: Subject { setting: SETTING, target: Some(id.bytes()), environment: None },
        number: None,
        before: before.map(whole).transpose()?,
        after: whole(&new.role(id))?,
        why,
    };
    let digest: String = revisions::keep(tx, keys, change)?.iter().map(|byte| format!("{byte:02x}")).collect();
    let details = serde_json::json!({
        "digest": digest,
        "reason": why,
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
