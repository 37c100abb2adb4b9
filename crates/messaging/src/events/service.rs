//! What can be done with events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sealpost_store::{Ctx, Environment, EventId, Leaf, Org, OrgKeys, Recorded, Store, StoreError, Tx};

use super::face::{self, Difference, Face};
use super::model::{Class, Event, EventRefusal, EventSpec, EventVersion, NewEvent, NewVersion};
use super::{CHANGED, crossing, promotion, store};
use crate::recent::{Recent, anything_of, organisation};
use crate::templates::New;
use crate::versions::{Expected, Promoted, Published};
use crate::{channels, routes, templates};

/// Names remembered.
const REMEMBERED: u64 = 10_000;
/// The longest name there can be.
const MAX_NAME: usize = 64;

/// The events of all organisations; cheap to clone, to be made once.
#[derive(Clone)]
pub struct Events {
    store: Store,
    recent: Arc<Recent<(Org, String), Arc<EventSpec>>>,
}

/// Makes an event with its first version.
pub fn create(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    new: NewEvent,
    becomes: New,
) -> Result<Recorded<(Event, Published<EventVersion>)>, EventRefusal> {
    check(tx, &new.version)?;
    let event = promotion::insert(tx, new.name.as_str())?;
    let version = keep_version(tx, event.id, 1, new.version)?;
    let leaf = Leaf::of("event.create").on(EventId::PREFIX, event.id.bytes());
    promotion::settle(tx, keys, (event, version), becomes, leaf)
}

/// Adds a version to an event.
pub fn publish(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: EventId,
    new: NewVersion,
    becomes: New,
) -> Result<Recorded<(Event, Published<EventVersion>)>, EventRefusal> {
    let number = store::advance(tx, id)?.ok_or(EventRefusal::NotFound)?;
    check(tx, &new)?;
    let version = keep_version(tx, id, number, new)?;
    let event = store::find(tx, id)?.ok_or(EventRefusal::NotFound)?;
    let leaf = Leaf::of("event.publish").on(EventId::PREFIX, id.bytes());
    promotion::settle(tx, keys, (event, version), becomes, leaf)
}

/// The template must be there, and the channel or the route must be for what the template is for.
fn check(tx: &mut Tx<'_>, new: &NewVersion) -> Result<(), EventRefusal> {
    let kind = store::template_kind(tx, new)?.ok_or(EventRefusal::TemplateUnknown)?;
    if new.channel.is_some() && store::channel_kind(tx, new)? != Some(kind) {
        return Err(EventRefusal::ChannelUnsuitable);
    }
    if let Some(route) = new.route
        && (new.channel.is_some() || routes::kind_of(tx, route)? != Some(kind))
    {
        return Err(EventRefusal::RouteUnsuitable);
    }
    Ok(())
}

pub(super) fn keep_version(
    tx: &mut Tx<'_>,
    id: EventId,
    number: u32,
    new: NewVersion,
) -> Result<EventVersion, StoreError> {
    let now = tx.ctx().now();
    store::insert_version(tx, id, number, &new, now)?;
    let NewVersion { class, template, template_version, channel, route } = new;
    Ok(EventVersion {
        version: number,
        class,
        template,
        template_version,
        channel,
        route,
        created_at: now,
        released_at: None,
    })
}

impl Events {
    /// Events in `store`. Needs a running tokio runtime, on which it hears of changes.
    pub fn new(store: Store) -> Self {
        let recent = Recent::new(REMEMBERED);
        for topic in [CHANGED, templates::CHANGED, channels::CHANGED] {
            recent.listen(store.bus(), topic, organisation);
        }
        Self { store, recent }
    }

    /// Where they are.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Makes an event.
    pub async fn create(&self, ctx: &Ctx, new: NewEvent) -> Result<(Event, EventVersion), EventRefusal> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let (event, made) = self.store.write(ctx, move |tx| create(tx, &keys, new, New::InForce)).await?;
        Ok((event, made.version))
    }

    /// Adds a version to an event.
    pub async fn publish(&self, ctx: &Ctx, id: EventId, new: NewVersion) -> Result<EventVersion, EventRefusal> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let (_, published) = self.store.write(ctx, move |tx| publish(tx, &keys, id, new, New::InForce)).await?;
        self.changed(ctx);
        Ok(published.version)
    }

    /// Puts a version into force, or asks for that.
    pub async fn promote(
        &self,
        ctx: &Ctx,
        id: EventId,
        version: u32,
        expected: Expected,
    ) -> Result<Promoted<Event>, EventRefusal> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let promoted = self.store.write(ctx, move |tx| promotion::promote(tx, &keys, id, version, &expected)).await?;
        self.changed(ctx);
        Ok(promoted)
    }

    /// Takes a version (the one in force, if none is named) from test to live with the template it names, or asks for that.
    pub async fn go_live(&self, ctx: &Ctx, id: EventId, version: Option<u32>) -> Result<Promoted<Event>, EventRefusal> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let promoted = self.store.write(ctx, move |tx| crossing::go_live(tx, &keys, id, version)).await?;
        self.live_changed(ctx);
        Ok(promoted)
    }

    /// Versions of an event with what says whether the same stands elsewhere, newest first.
    pub(crate) async fn faces(&self, ctx: &Ctx, id: EventId) -> Result<Vec<(EventVersion, Face)>, EventRefusal> {
        let faces = move |tx: &mut Tx<'_>| {
            let versions = store::versions(tx, id)?;
            versions.into_iter().map(|one| Ok((one.clone(), face::of(tx, &one)?))).collect::<Result<Vec<_>, _>>()
        };
        let faces = self.store.read::<_, StoreError>(ctx, faces).await?;
        if faces.is_empty() { Err(EventRefusal::NotFound) } else { Ok(faces) }
    }

    /// The event of the same name in the other environment, with the version in force there.
    pub(crate) async fn elsewhere(
        &self,
        ctx: &Ctx,
        event: &Event,
    ) -> Result<Option<(Event, Option<(u32, Face)>)>, StoreError> {
        let name = event.name.clone();
        let look = move |tx: &mut Tx<'_>| {
            let there = match tx.ctx().org.environment {
                Environment::Test => Environment::Live,
                Environment::Live => Environment::Test,
            };
            tx.in_environment(there, |tx| promotion::in_force(tx, &name))
        };
        self.store.read(ctx, look).await
    }

    /// Forgets what was looked up in an organisation whose events have just been changed; the bus tells everybody else.
    pub(super) fn changed(&self, ctx: &Ctx) {
        self.recent.changed(anything_of(ctx.org));
    }

    /// The same of the live environment, where something came from test.
    pub(super) fn live_changed(&self, ctx: &Ctx) {
        self.recent.changed(anything_of(Org { environment: Environment::Live, ..ctx.org }));
    }

    /// What differs between two versions: the one in force and the newest, unless others are named.
    pub(crate) async fn difference(
        &self,
        ctx: &Ctx,
        id: EventId,
        from: Option<u32>,
        to: Option<u32>,
    ) -> Result<Difference, EventRefusal> {
        let event = self.find(ctx, id).await?;
        let faces = self.faces(ctx, id).await?;
        let of = |number: u32| {
            let found = faces.iter().find(|(version, _)| version.version == number);
            found.map(|(_, face)| face).ok_or(EventRefusal::NotFound)
        };
        let to = to.unwrap_or(event.version);
        // Where nothing is in force, what is new differs from itself in nothing.
        let from = from.or(event.in_force).unwrap_or(to);
        let (before, after) = (of(from)?, of(to)?);
        let fields = Face::lines(Some(before), after);
        Ok(Difference { from: (from, before.digest()), to: (to, after.digest()), fields })
    }

    /// An event.
    pub async fn find(&self, ctx: &Ctx, id: EventId) -> Result<Event, EventRefusal> {
        let found = self.store.peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        found.ok_or(EventRefusal::NotFound)
    }

    /// Events by name, with the class they have now.
    pub(crate) async fn by_class(&self, ctx: &Ctx) -> Result<Vec<(String, Class)>, StoreError> {
        self.store.read(ctx, store::classes).await
    }

    /// What events are called, of those that are there.
    pub(crate) async fn names(
        &self,
        ctx: &Ctx,
        ids: BTreeSet<EventId>,
    ) -> Result<BTreeMap<EventId, String>, StoreError> {
        let names = move |tx: &mut Tx<'_>| {
            let mut names = BTreeMap::new();
            for id in ids {
                names.extend(store::find(tx, id)?.map(|event| (id, event.name)));
            }
            Ok(names)
        };
        self.store.read(ctx, names).await
    }

    /// A version of an event.
    pub(crate) async fn version(&self, ctx: &Ctx, id: EventId, version: u32) -> Result<EventVersion, EventRefusal> {
        let found = self.store.peek::<_, StoreError>(ctx, move |tx| store::version(tx, id, version)).await?;
        found.ok_or(EventRefusal::NotFound)
    }

    /// All versions of an event, newest first.
    pub async fn versions(&self, ctx: &Ctx, id: EventId) -> Result<Vec<EventVersion>, EventRefusal> {
        let versions = self.store.read::<_, StoreError>(ctx, move |tx| store::versions(tx, id)).await?;
        if versions.is_empty() { Err(EventRefusal::NotFound) } else { Ok(versions) }
    }

    /// Up to `limit` events older than `before`, newest first.
    pub async fn list(&self, ctx: &Ctx, before: Option<EventId>, limit: u32) -> Result<Vec<Event>, EventRefusal> {
        let before = before.unwrap_or(EventId::from_bytes([0xff; 16]));
        Ok(self.store.read::<_, StoreError>(ctx, move |tx| store::before(tx, before, limit)).await?)
    }

    /// What firing the event of this name means now.
    pub async fn by_name(&self, ctx: &Ctx, name: &str) -> Result<Option<Arc<EventSpec>>, StoreError> {
        if name.len() > MAX_NAME {
            return Ok(None);
        }
        let key = (ctx.org, name.to_owned());
        if let Some(spec) = self.recent.get(&key) {
            return Ok(Some(spec));
        }
        let since = self.recent.since();
        let name = name.to_owned();
        let Some(spec) = self.store.peek::<_, StoreError>(ctx, move |tx| store::spec(tx, &name)).await? else {
            return Ok(None);
        };
        let spec = Arc::new(spec);
        self.recent.put(key, spec.clone(), anything_of(ctx.org), since);
        Ok(Some(spec))
    }
}
