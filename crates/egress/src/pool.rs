//! Idle connections, kept per key, and how many may be open.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::elapsed::now;

/// How many connections, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections in use at a time for one key.
    pub(crate) per_key: usize,
    /// Connections in use at a time, all keys together; also the number of idle ones kept.
    pub(crate) total: usize,
    /// An idle connection is closed after this.
    pub(crate) idle: Duration,
    /// A connection is not reused after this age, so that a moved name is resolved again.
    pub(crate) age: Duration,
}

/// Connections of type `C` by key. Cheap to clone.
pub(crate) struct Pool<K, C> {
    shared: Arc<Shared<K, C>>,
}

struct Shared<K, C> {
    limits: Limits,
    total: Arc<Semaphore>,
    state: Mutex<State<K, C>>,
}

struct State<K, C> {
    slots: HashMap<K, Slot<C>>,
    idle: usize,
    sweeping: bool,
}

struct Slot<C> {
    in_use: Arc<Semaphore>,
    idle: Vec<Idle<C>>,
}

struct Idle<C> {
    connection: C,
    opened: Instant,
    since: Instant,
}

/// The right to use one connection of a key. Dropping it gives the right back.
pub(crate) struct Lease {
    _key: OwnedSemaphorePermit,
    _total: OwnedSemaphorePermit,
}

/// A connection out of the pool.
pub(crate) struct Pooled<C> {
    pub(crate) connection: C,
    pub(crate) opened: Instant,
}

impl<K, C> Pool<K, C>
where
    K: Hash + Eq + Clone + Send + 'static,
    C: Send + 'static,
{
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            shared: Arc::new(Shared {
                limits,
                total: Arc::new(Semaphore::new(limits.total)),
                state: Mutex::new(State { slots: HashMap::new(), idle: 0, sweeping: false }),
            }),
        }
    }

    /// Waits for the right to use a connection of `key`. `None` only if the pool is gone.
    pub(crate) async fn lease(&self, key: &K) -> Option<Lease> {
        // The key first: a slow endpoint queues its own senders and no others.
        let in_use = self.slot_semaphore(key);
        let key = in_use.acquire_owned().await.ok()?;
        let total = self.shared.total.clone().acquire_owned().await.ok()?;
        Some(Lease { _key: key, _total: total })
    }

    /// The most recently used idle connection of `key`, if it is fresh enough.
    pub(crate) fn take(&self, key: &K) -> Option<Pooled<C>> {
        let now = now();
        let mut state = self.shared.lock();
        let slot = state.slots.get_mut(key)?;
        let before = slot.idle.len();
        let fresh = std::iter::from_fn(|| slot.idle.pop()).find(|idle| self.shared.limits.is_fresh(idle, now));
        let taken = before - slot.idle.len();
        state.idle -= taken;
        fresh.map(|idle| Pooled { connection: idle.connection, opened: idle.opened })
    }

    /// Keeps a connection for the next call of the same key.
    pub(crate) fn put(&self, key: &K, pooled: Pooled<C>) {
        let idle = Idle { connection: pooled.connection, opened: pooled.opened, since: now() };
        let mut state = self.shared.lock();
        if state.idle >= self.shared.limits.total {
            return;
        }
        let Some(slot) = state.slots.get_mut(key) else {
            return;
        };
        slot.idle.push(idle);
        state.idle += 1;
    }

    fn slot_semaphore(&self, key: &K) -> Arc<Semaphore> {
        let mut state = self.shared.lock();
        if let Some(slot) = state.slots.get(key) {
            return slot.in_use.clone();
        }
        let slot = Slot { in_use: Arc::new(Semaphore::new(self.shared.limits.per_key)), idle: Vec::new() };
        let in_use = slot.in_use.clone();
        state.slots.insert(key.clone(), slot);
        if !state.sweeping {
            state.sweeping = true;
            tokio::spawn(sweep(Arc::downgrade(&self.shared)));
        }
        in_use
    }
}

impl<K, C> Clone for Pool<K, C> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl Limits {
    fn is_fresh<C>(&self, idle: &Idle<C>, now: Instant) -> bool {
        now.duration_since(idle.since) < self.idle && now.duration_since(idle.opened) < self.age
    }
}

impl<K, C> Shared<K, C> {
    fn lock(&self) -> MutexGuard<'_, State<K, C>> {
        // Every critical section leaves the state whole, so a panic elsewhere doesn't spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes what was idle too long, forgets keys nobody uses; ends when nothing is left or the pool is gone.
async fn sweep<K: Hash + Eq, C>(pool: Weak<Shared<K, C>>) {
    loop {
        let Some(idle) = pool.upgrade().map(|shared| shared.limits.idle) else {
            return;
        };
        tokio::time::sleep(idle / 4).await;
        let Some(shared) = pool.upgrade() else {
            return;
        };
        if shared.sweep_once(now()) {
            return;
        }
    }
}

impl<K: Hash + Eq, C> Shared<K, C> {
    /// Answers whether the pool is empty, in which case no sweeper is needed any more.
    fn sweep_once(&self, now: Instant) -> bool {
        let limits = self.limits;
        let mut stale = Vec::new();
        let mut state = self.lock();
        state.slots.retain(|_, slot| {
            stale.extend(slot.idle.extract_if(.., |idle| !limits.is_fresh(idle, now)));
            // A semaphore held by nobody else has no lease and no waiter.
            !slot.idle.is_empty() || Arc::strong_count(&slot.in_use) > 1
        });
        state.idle -= stale.len();
        let empty = state.slots.is_empty();
        state.sweeping = !empty;
        drop(state);
        // Closing sockets happens outside the lock.
        drop(stale);
        empty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn pool(total: usize, idle: Duration, age: Duration) -> Pool<&'static str, u32> {
        Pool::new(Limits { per_key: 2, total, idle, age })
    }

    async fn keep(pool: &Pool<&'static str, u32>, key: &'static str, connection: u32) {
        let _lease = pool.lease(&key).await.unwrap();
        let opened = now();
        pool.put(&key, Pooled { connection, opened });
    }

    fn taken(pool: &Pool<&'static str, u32>, key: &'static str) -> Option<u32> {
        pool.take(&key).map(|pooled| pooled.connection)
    }

    #[tokio::test]
    async fn a_connection_comes_back_for_its_key_only_and_once() {
        let pool = pool(8, MINUTE, MINUTE);
        keep(&pool, "a", 1).await;
        keep(&pool, "a", 2).await;
        assert_eq!(taken(&pool, "b"), None);
        assert_eq!(taken(&pool, "a"), Some(2));
        assert_eq!(taken(&pool, "a"), Some(1));
        assert_eq!(taken(&pool, "a"), None);
    }

    #[tokio::test]
    async fn what_is_idle_too_long_or_too_old_does_not_come_back() {
        for (idle, age) in [(Duration::ZERO, MINUTE), (MINUTE, Duration::ZERO)] {
            let pool = pool(8, idle, age);
            keep(&pool, "a", 1).await;
            assert_eq!(taken(&pool, "a"), None);
            assert_eq!(pool.shared.lock().idle, 0);
        }
    }

    #[tokio::test]
    async fn no_more_are_kept_than_permitted() {
        let pool = pool(1, MINUTE, MINUTE);
        keep(&pool, "a", 1).await;
        keep(&pool, "b", 2).await;
        assert_eq!(taken(&pool, "b"), None);
        assert_eq!(taken(&pool, "a"), Some(1));
    }

    #[tokio::test]
    async fn the_sweeper_closes_the_stale_and_forgets_unused_keys() {
        let pool = pool(8, MINUTE, MINUTE);
        keep(&pool, "stale", 1).await;
        let leased = pool.lease(&"leased").await;
        assert!(!pool.shared.sweep_once(now()));
        assert!(pool.shared.lock().slots.contains_key("stale"));
        assert!(!pool.shared.sweep_once(now() + MINUTE));
        let keys: Vec<_> = pool.shared.lock().slots.keys().copied().collect();
        assert_eq!(keys, ["leased"]);
        drop(leased);
        assert!(pool.shared.sweep_once(now()));
        assert_eq!(pool.shared.lock().idle, 0);
    }

    #[tokio::test]
    async fn a_busy_key_does_not_hold_up_another() {
        let pool = pool(3, MINUTE, MINUTE);
        let _both = (pool.lease(&"a").await, pool.lease(&"a").await);
        let third = pool.lease(&"a");
        let waited = tokio::time::timeout(Duration::from_millis(20), third).await;
        assert!(waited.is_err());
        assert!(pool.lease(&"b").await.is_some());
    }
}
