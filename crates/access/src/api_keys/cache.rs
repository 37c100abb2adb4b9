//! What is remembered of keys between requests, and how it is forgotten.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use sealpost_store::{ApiKeyId, Change, Org, Store};
use sealpost_web::Caller;
use tokio::sync::mpsc::UnboundedReceiver;

use super::CHANGED;
use super::model::ApiKey;

/// Keys remembered at once; some kilobytes each at most.
const REMEMBERED: u64 = 20_000;
/// A node that a change doesn't reach (its connection to PostgreSQL is down) believes an outdated key no longer than this.
const LEASE: Duration = Duration::from_secs(5);

/// A key that was looked up: what decides whether it may be used, and the caller it makes.
pub(super) struct Known {
    pub(super) key: ApiKey,
    pub(super) org: Org,
    pub(super) caller: Arc<Caller>,
}

/// Keys by the keyed hash of their text.
///
/// Changes are taken from the bus before every look-up, so that whoever was told of a revocation and presents the key again is
/// refused, without a task that might lag behind. A look-up that was under way during a change is not remembered.
pub(super) struct KeyCache {
    known: Cache<[u8; 32], Arc<Known>>,
    macs: Cache<ApiKeyId, [u8; 32]>,
    changes: Mutex<UnboundedReceiver<Change>>,
    generation: AtomicU64,
}

/// When a look-up began.
#[derive(Clone, Copy)]
pub(super) struct Began(u64);

impl KeyCache {
    pub(super) fn new(house: &Store) -> Self {
        Self {
            known: Cache::builder().max_capacity(REMEMBERED).time_to_live(LEASE).build(),
            macs: Cache::builder().max_capacity(REMEMBERED).time_to_live(LEASE).build(),
            changes: Mutex::new(house.bus().subscribe(CHANGED)),
            generation: AtomicU64::new(0),
        }
    }

    /// What is known of the key with this hash; or, if nothing is, the moment from which it is looked up.
    pub(super) fn find(&self, mac: &[u8; 32]) -> Result<Arc<Known>, Began> {
        self.hear();
        self.known.get(mac).ok_or_else(|| Began(self.generation.load(Ordering::SeqCst)))
    }

    /// Remembers what a look-up found, unless something changed meanwhile.
    pub(super) fn remember(&self, began: Began, mac: [u8; 32], known: Arc<Known>) {
        let id = known.key.id;
        self.macs.insert(id, mac);
        self.known.insert(mac, known);
        // Checked after inserting: either this sees the change, or the change finds what was inserted.
        self.hear();
        if self.generation.load(Ordering::SeqCst) != began.0 {
            self.known.invalidate(&mac);
        }
    }

    /// Forgets a key: its standing has changed.
    pub(super) fn forget(&self, id: ApiKeyId) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        if let Some(mac) = self.macs.get(&id) {
            self.known.invalidate(&mac);
        }
    }

    fn hear(&self) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        while let Ok(change) = changes.try_recv() {
            self.forget(ApiKeyId::from_bytes(change.id));
        }
    }
}
