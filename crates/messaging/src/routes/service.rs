//! What can be done with routes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sealpost_seal::rng::array;
use sealpost_store::{Ctx, Leaf, Org, OrgKeys, Recorded, RouteId, Store, StoreError, Tx};

use super::model::{NewRoute, Plan, Route, RouteRef, RouteRefusal, RouteVersion, Strategy};
use super::{CHANGED, promotion, rules, store};
use crate::channels::ChannelKind;
use crate::recent::{Recent, anything_of, organisation};
use crate::versions::{Promoted, Published};

/// Routes, and versions of them, remembered.
const REMEMBERED: u64 = 10_000;
/// Rings whose turn is remembered; if there are more, all begin anew.
const RINGS: usize = 10_000;

/// The routes of all organisations; cheap to clone, to be made once.
#[derive(Clone)]
pub struct Routes {
    store: Store,
    live: Arc<Recent<(Org, RouteId), u32>>,
    plans: Arc<Recent<(Org, RouteId, u32), Arc<Plan>>>,
    turns: Arc<Mutex<HashMap<(Org, RouteId), u32>>>,
}

/// Makes a route with its first version, which is in force, or asked for where that takes an approval.
pub fn create(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    new: NewRoute,
) -> Result<Recorded<(Route, Published<RouteVersion>)>, RouteRefusal> {
    let NewRoute { name, plan } = new;
    let kind = check(tx, &plan, None)?;
    let (id, now) = (RouteId::new(&tx.ctx().world), tx.ctx().now());
    let name = name.as_str().to_owned();
    let route = Route { id, name, kind, version: 1, live: 0, promotions: 0, created_at: now };
    if !store::insert(tx, &route)? {
        return Err(RouteRefusal::NameTaken);
    }
    let version = keep_version(tx, id, 1, plan)?;
    let leaf = Leaf::of("route.create").on(RouteId::PREFIX, id.bytes());
    promotion::settle(tx, keys, (route, version), true, leaf)
}

/// Adds a version to a route, and puts it into force unless it is a draft, or asks for that.
pub fn publish(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: RouteId,
    plan: Plan,
    in_force: bool,
) -> Result<Recorded<(Route, Published<RouteVersion>)>, RouteRefusal> {
    let number = store::advance(tx, id)?.ok_or(RouteRefusal::NotFound)?;
    let route = store::find(tx, id)?.ok_or(RouteRefusal::NotFound)?;
    check(tx, &plan, Some(route.kind))?;
    let version = keep_version(tx, id, number, plan)?;
    let leaf = Leaf::of("route.publish").on(RouteId::PREFIX, id.bytes());
    promotion::settle(tx, keys, (route, version), in_force, leaf)
}

/// The channels must be there, all of one kind: that of the route, if it has one already.
fn check(tx: &mut Tx<'_>, plan: &Plan, of: Option<ChannelKind>) -> Result<ChannelKind, RouteRefusal> {
    rules::check(plan)?;
    let mut kind = of;
    for (at, step) in plan.steps.iter().enumerate() {
        match store::channel_kind(tx, step.channel)? {
            Some(found) if *kind.get_or_insert(found) == found => {}
            Some(_) | None => return Err(RouteRefusal::ChannelUnsuitable { step: at }),
        }
    }
    kind.ok_or(RouteRefusal::Plan { at: "/steps".into(), code: "too_few" })
}

fn keep_version(tx: &mut Tx<'_>, id: RouteId, number: u32, plan: Plan) -> Result<RouteVersion, StoreError> {
    let now = tx.ctx().now();
    store::insert_version(tx, id, number, &plan, now)?;
    Ok(RouteVersion { version: number, plan, created_at: now, released_at: None })
}

impl Routes {
    /// Routes in `store`. Needs a running tokio runtime, on which it hears of changes.
    pub fn new(store: Store) -> Self {
        let live = Recent::new(REMEMBERED);
        live.listen(store.bus(), CHANGED, organisation);
        // A version never changes: nobody has to hear of anything.
        Self { store, live, plans: Recent::new(REMEMBERED), turns: Arc::default() }
    }

    /// Where they are.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Forgets what was looked up in an organisation whose routes have just been changed; the bus tells everybody else.
    pub(super) fn changed(&self, ctx: &Ctx) {
        self.live.changed(anything_of(ctx.org));
    }

    /// Makes a route.
    pub async fn create(&self, ctx: &Ctx, new: NewRoute) -> Result<(Route, RouteVersion), RouteRefusal> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let (route, made) = self.store.write(ctx, move |tx| create(tx, &keys, new)).await?;
        Ok((route, made.version))
    }

    /// Adds a version to a route.
    pub async fn publish(
        &self,
        ctx: &Ctx,
        id: RouteId,
        plan: Plan,
        in_force: bool,
    ) -> Result<RouteVersion, RouteRefusal> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let (_, published) = self.store.write(ctx, move |tx| publish(tx, &keys, id, plan, in_force)).await?;
        self.changed(ctx);
        Ok(published.version)
    }

    /// Puts a version into force, or asks for that.
    pub async fn promote(
        &self,
        ctx: &Ctx,
        id: RouteId,
        version: u32,
        expected: u32,
    ) -> Result<Promoted<Route>, RouteRefusal> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let promoted = self.store.write(ctx, move |tx| promotion::promote(tx, &keys, id, version, expected)).await?;
        self.changed(ctx);
        Ok(promoted)
    }

    /// A route.
    pub async fn find(&self, ctx: &Ctx, id: RouteId) -> Result<Route, RouteRefusal> {
        let found = self.store.peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        found.ok_or(RouteRefusal::NotFound)
    }

    /// Up to `limit` routes older than `before`, newest first.
    pub async fn list(&self, ctx: &Ctx, before: Option<RouteId>, limit: u32) -> Result<Vec<Route>, RouteRefusal> {
        let before = before.unwrap_or(RouteId::from_bytes([0xff; 16]));
        Ok(self.store.read::<_, StoreError>(ctx, move |tx| store::before(tx, before, limit)).await?)
    }

    /// One version of a route.
    pub async fn version(&self, ctx: &Ctx, id: RouteId, version: u32) -> Result<RouteVersion, RouteRefusal> {
        let found = self.store.peek::<_, StoreError>(ctx, move |tx| store::version(tx, id, version)).await?;
        found.ok_or(RouteRefusal::VersionUnknown)
    }

    /// All versions of a route, newest first.
    pub async fn versions(&self, ctx: &Ctx, id: RouteId) -> Result<Vec<RouteVersion>, RouteRefusal> {
        let versions = self.store.read::<_, StoreError>(ctx, move |tx| store::versions(tx, id)).await?;
        if versions.is_empty() { Err(RouteRefusal::NotFound) } else { Ok(versions) }
    }

    /// The version of a route that is in force now, if any is.
    pub(crate) async fn in_force(&self, ctx: &Ctx, id: RouteId) -> Result<Option<RouteRef>, StoreError> {
        let key = (ctx.org, id);
        let some = |version: u32| (version > 0).then_some(RouteRef { id, version });
        if let Some(version) = self.live.get(&key) {
            return Ok(some(version));
        }
        let since = self.live.since();
        let found = self.store.peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        let version = found.ok_or(StoreError::Missing("route"))?.live;
        self.live.put(key, version, anything_of(ctx.org), since);
        Ok(some(version))
    }

    /// What a version of a route says.
    pub(crate) async fn plan(&self, ctx: &Ctx, RouteRef { id, version }: RouteRef) -> Result<Arc<Plan>, StoreError> {
        let key = (ctx.org, id, version);
        if let Some(plan) = self.plans.get(&key) {
            return Ok(plan);
        }
        let since = self.plans.since();
        let found = self.store.peek::<_, StoreError>(ctx, move |tx| store::version(tx, id, version)).await?;
        let plan = Arc::new(found.ok_or(StoreError::Missing("route_version"))?.plan);
        self.plans.put(key, plan.clone(), anything_of(ctx.org), since);
        Ok(plan)
    }

    /// Whose turn it is for a message that begins now. Each process counts for itself, from anywhere in the ring: a count that is kept
    /// would be a row that every message waits for, and makes turns no more equal than by one for each process that lived.
    pub(crate) fn turn(&self, ctx: &Ctx, route: RouteId, plan: &Plan) -> u32 {
        if plan.strategy != Strategy::RoundRobin {
            return 0;
        }
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= RINGS {
            turns.clear();
        }
        let turn = turns.entry((ctx.org, route)).or_insert_with(|| u32::from_be_bytes(array(ctx.rng())));
        let steps = u32::try_from(plan.steps.len()).unwrap_or(1).max(1);
        *turn = (*turn % steps + 1) % steps;
        *turn
    }
}
