//! What can be done with events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sealpost_store::{Change, Ctx, EventId, Leaf, Org, Recorded, Store, StoreError, Tx};

use super::model::{Class, Event, EventRefusal, EventSpec, EventVersion, NewEvent, NewVersion};
use super::{CHANGED, store};
use crate::recent::{Recent, anything_of, organisation};
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
pub fn create(tx: &mut Tx<'_>, new: NewEvent) -> Result<Recorded<(Event, EventVersion)>, EventRefusal> {
    check(tx, &new.version)?;
    let (id, now) = (EventId::new(&tx.ctx().world), tx.ctx().now());
    if !store::insert(tx, id, new.name.as_str(), now)? {
        return Err(EventRefusal::NameTaken);
    }
    let version = keep_version(tx, id, 1, new.version)?;
    let event = Event { id, name: new.name.as_str().to_owned(), version: 1, created_at: now };
    Ok(tx.record(Leaf::of("event.create").on(EventId::PREFIX, id.bytes()), (event, version)))
}

/// Adds a version to an event.
pub fn publish(tx: &mut Tx<'_>, id: EventId, new: NewVersion) -> Result<Recorded<EventVersion>, EventRefusal> {
    let number = store::advance(tx, id)?.ok_or(EventRefusal::NotFound)?;
    check(tx, &new)?;
    let version = keep_version(tx, id, number, new)?;
    Ok(tx.record(Leaf::of("event.publish").on(EventId::PREFIX, id.bytes()), version))
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

fn keep_version(tx: &mut Tx<'_>, id: EventId, number: u32, new: NewVersion) -> Result<EventVersion, StoreError> {
    let now = tx.ctx().now();
    store::insert_version(tx, id, number, &new, now)?;
    tx.publish(Change::new(CHANGED, tx.ctx().org, id.bytes()));
    let NewVersion { class, template, template_version, channel, route } = new;
    Ok(EventVersion { version: number, class, template, template_version, channel, route, created_at: now })
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
        self.store.write(ctx, move |tx| create(tx, new)).await
    }

    /// Adds a version to an event.
    pub async fn publish(&self, ctx: &Ctx, id: EventId, new: NewVersion) -> Result<EventVersion, EventRefusal> {
        let published = self.store.write(ctx, move |tx| publish(tx, id, new)).await?;
        self.changed(ctx);
        Ok(published)
    }

    /// Forgets what was looked up in an organisation whose events have just been changed; the bus tells everybody else.
    pub(super) fn changed(&self, ctx: &Ctx) {
        self.recent.changed(anything_of(ctx.org));
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
