//! Recently looked up, until told otherwise: a bounded cache that a change anywhere makes forget.
//!
//! A value is looked up under a [`Since`] taken *before* the read, so that a change which commits while the read is under way
//! is never hidden by what the read found. Only what was found is kept, never that nothing was.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use moka::sync::Cache;
use sealpost_store::{Bus, Change, Org};

/// How long a value is believed where no word of its change arrives: another node whose `LISTEN` connection broke.
const BELIEVED: Duration = Duration::from_secs(60);
/// Changes remembered. Each is 48 bytes; a change is remembered longer than any value is believed.
const CHANGES: u64 = 1_000_000;

/// What a value depends on: an object of an organisation, or (with the organisation's own id) any of its objects.
pub(crate) type Mark = (Org, [u8; 16]);

/// A moment, counted in changes.
#[derive(Clone, Copy)]
pub(crate) struct Since(u64);

/// The cache; share it by `Arc`.
pub(crate) struct Recent<K, V> {
    kept: Cache<K, Kept<V>>,
    changed: Cache<Mark, u64>,
    changes: AtomicU64,
}

#[derive(Clone)]
struct Kept<V> {
    value: V,
    mark: Mark,
    since: Since,
}

impl<K, V> Recent<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A cache of at most `capacity` values.
    pub(crate) fn new(capacity: u64) -> Arc<Self> {
        Arc::new(Self {
            kept: Cache::builder().max_capacity(capacity).time_to_live(BELIEVED).build(),
            changed: Cache::builder().max_capacity(CHANGES).time_to_live(2 * BELIEVED).build(),
            changes: AtomicU64::new(0),
        })
    }

    /// Now; ask before reading what [`Recent::put`] will keep.
    pub(crate) fn since(&self) -> Since {
        Since(self.changes.load(Ordering::SeqCst))
    }

    /// The value, unless what it depends on has changed since it was read.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let kept = self.kept.get(key)?;
        let current = self.changed.get(&kept.mark).is_none_or(|at| at < kept.since.0);
        current.then_some(kept.value)
    }

    /// Keeps a value that was read after `since` and depends on `mark`.
    pub(crate) fn put(&self, key: K, value: V, mark: Mark, since: Since) {
        self.kept.insert(key, Kept { value, mark, since });
    }

    /// From now on nothing that depends on `mark` and was read before is believed.
    pub(crate) fn changed(&self, mark: Mark) {
        let at = self.changes.fetch_add(1, Ordering::SeqCst);
        self.changed.insert(mark, at);
    }

    /// Hears of changes of `topic` for as long as the cache lives; `mark` says what such a change touches.
    pub(crate) fn listen(self: &Arc<Self>, bus: &Bus, topic: &'static str, mark: fn(&Change) -> Mark) {
        let mut changes = bus.subscribe(topic);
        let cache: Weak<Self> = Arc::downgrade(self);
        tokio::spawn(async move {
            while let Some(change) = changes.recv().await {
                let Some(cache) = cache.upgrade() else { return };
                cache.changed(mark(&change));
            }
        });
    }
}

/// The change touches the object it names.
pub(crate) fn object(change: &Change) -> Mark {
    (change.org, change.id)
}

/// The change may touch anything of its organisation.
pub(crate) fn organisation(change: &Change) -> Mark {
    anything_of(change.org)
}

/// Whatever belongs to `org`.
pub(crate) fn anything_of(org: Org) -> Mark {
    (org, org.id.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_store::{Environment, OrgId};

    fn mark(byte: u8) -> Mark {
        (Org { id: OrgId::from_bytes([1; 16]), environment: Environment::Test }, [byte; 16])
    }

    #[test]
    fn a_changed_object_is_forgotten_and_its_neighbour_is_not() {
        let cache = Recent::new(10);
        for byte in [1, 2] {
            cache.put(byte, byte, mark(byte), cache.since());
        }
        cache.changed(mark(1));
        assert_eq!((cache.get(&1), cache.get(&2)), (None, Some(2)));
        cache.put(1, 7, mark(1), cache.since());
        assert_eq!(cache.get(&1), Some(7), "what is read after the change is believed again");
    }

    #[test]
    fn a_change_during_the_read_wins_over_what_the_read_found() {
        let cache = Recent::new(10);
        let since = cache.since();
        cache.changed(mark(1));
        cache.put(1, "old", mark(1), since);
        assert_eq!(cache.get(&1), None);
    }
}
