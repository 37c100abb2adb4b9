//! Which version of a route is in force.

use sealpost_govern::approvals::{self, Module};
use sealpost_store::{Change, Leaf, OrgKeys, Recorded, RouteId, StoreError, Tx};
use serde_json::json;

use super::model::{Route, RouteRefusal, RouteVersion};
use super::{CHANGED, approval, store};
use crate::versions::{Promoted, Published, Takes, takes};

/// A route and one of its versions.
pub(super) fn whole(tx: &mut Tx<'_>, id: RouteId, version: u32) -> Result<(Route, RouteVersion), RouteRefusal> {
    let route = store::find(tx, id)?.ok_or(RouteRefusal::NotFound)?;
    let version = store::version(tx, id, version)?.ok_or(RouteRefusal::VersionUnknown)?;
    Ok((route, version))
}

/// Puts a version into force in place of the one that is expected to be, or asks for that: an older one takes the route back.
pub fn promote(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: RouteId,
    version: u32,
    expected: u32,
) -> Result<Recorded<Promoted<Route>>, RouteRefusal> {
    let (route, version) = whole(tx, id, version)?;
    if route.live != expected {
        return Err(RouteRefusal::Moved);
    }
    if takes_approval(tx, &version)? {
        let asked = approval::ask(tx, keys, id, version.version)?;
        return Ok(asked.map(|approval| Promoted::Waits(Box::new(approval))));
    }
    let leaf = leaf(tx, keys, &route, &version);
    let route = put_into_force(tx, route, version.version)?;
    Ok(tx.record(leaf, Promoted::InForce(route)))
}

/// What becomes of a version that was just added: in force, asked for, or a draft. The leaf is of what was done to add it.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    (route, mut version): (Route, RouteVersion),
    in_force: bool,
    leaf: Leaf,
) -> Result<Recorded<(Route, Published<RouteVersion>)>, RouteRefusal> {
    tx.publish(Change::new(CHANGED, tx.ctx().org, route.id.bytes()));
    if !in_force {
        return Ok(tx.record(leaf, (route, Published { version, waits: None })));
    }
    if takes_approval(tx, &version)? {
        tx.note(leaf);
        let asked = approval::ask(tx, keys, route.id, version.version)?;
        return Ok(asked.map(|approval| (route, Published { version, waits: Some(Box::new(approval)) })));
    }
    let route = put_into_force(tx, route, version.version)?;
    version.released_at = Some(tx.ctx().now());
    Ok(tx.record(leaf, (route, Published { version, waits: None })))
}

fn takes_approval(tx: &mut Tx<'_>, version: &RouteVersion) -> Result<bool, StoreError> {
    let needed = approvals::is_needed(tx, Module::Route)?;
    Ok(takes(tx.ctx().org.environment, needed, version.released_at.is_some()) == Takes::Approval)
}

/// Puts a version into force from where it stood when `route` was read: of many who try one does.
pub(super) fn put_into_force(tx: &mut Tx<'_>, route: Route, version: u32) -> Result<Route, RouteRefusal> {
    if !store::put_into_force(tx, &route, version)? {
        return Err(RouteRefusal::Moved);
    }
    store::release(tx, route.id, version, tx.ctx().now())?;
    tx.publish(Change::new(CHANGED, tx.ctx().org, route.id.bytes()));
    Ok(Route { live: version, promotions: route.promotions.saturating_add(1), ..route })
}

/// What was put into force in place of what.
pub(super) fn leaf(tx: &Tx<'_>, keys: &OrgKeys, route: &Route, version: &RouteVersion) -> Leaf {
    let details = json!({ "from": route.live, "to": version.version, "says": version.plan });
    let leaf = Leaf::of("route.promote").on(RouteId::PREFIX, route.id.bytes());
    let leaf = if version.released_at.is_some() { leaf.because("rollback") } else { leaf };
    leaf.with(keys.seal_audit(tx.ctx(), details.to_string().as_bytes()))
}
