//! What is remembered of sessions between requests, and how it is forgotten.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use sealpost_store::{Change, Org, Store, Time};
use tokio::sync::mpsc::UnboundedReceiver;

use super::CHANGED;
use super::model::SessionRow;
use crate::members::MemberState;
use crate::roles::Role;

/// Sessions remembered at once.
const REMEMBERED: u64 = 20_000;
/// Even a node that a change doesn't reach (its connection to PostgreSQL is down) believes nothing that is older. Less than the
/// second that is promised: a stream that is open asks only every quarter of one.
const FRESH: Duration = Duration::from_millis(700);

/// A session that was looked up, and what decides what it may.
pub(super) struct Known {
    pub(super) org: Org,
    pub(super) session: SessionRow,
    pub(super) role: Arc<Role>,
    pub(super) state: MemberState,
    seen_at: AtomicI64,
    generation: u64,
}

/// Sessions by the keyed hash of their token.
///
/// Changes are taken from the bus before every look-up, and each makes everything remembered from before worthless: changes are
/// rare, a look-up is two reads, and nothing has to know which sessions a change is about. A look-up that was under way during a
/// change carries the generation in which it began.
pub(super) struct SessionCache {
    known: Cache<[u8; 32], Arc<Known>>,
    changes: Mutex<UnboundedReceiver<Change>>,
    generation: AtomicU64,
}

/// When a look-up began.
#[derive(Clone, Copy)]
pub(super) struct Began(u64);

impl SessionCache {
    pub(super) fn new(house: &Store) -> Self {
        Self {
            known: Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build(),
            changes: Mutex::new(house.bus().subscribe(CHANGED)),
            generation: AtomicU64::new(0),
        }
    }

    /// What is known of the session with this hash; or, if nothing is, the moment from which it is looked up.
    pub(super) fn find(&self, mac: &[u8; 32]) -> Result<Arc<Known>, Began> {
        self.hear();
        let generation = self.generation.load(Ordering::SeqCst);
        self.known.get(mac).filter(|known| known.generation == generation).ok_or(Began(generation))
    }

    /// Remembers what a look-up found.
    pub(super) fn remember(
        &self,
        began: Began,
        mac: [u8; 32],
        org: Org,
        (session, role, state): (SessionRow, Arc<Role>, MemberState),
    ) -> Arc<Known> {
        let seen_at = AtomicI64::new(session.seen_at.unix_ms());
        let known = Arc::new(Known { org, session, role, state, seen_at, generation: began.0 });
        self.known.insert(mac, known.clone());
        known
    }

    /// Forgets everything, without waiting for the bus to say so.
    pub(super) fn forget(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    fn hear(&self) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        while changes.try_recv().is_ok() {
            self.forget();
        }
    }
}

impl Known {
    /// When the session was used last, as far as this node knows.
    pub(super) fn seen_at(&self) -> Time {
        Time::from_unix_ms(self.seen_at.load(Ordering::Relaxed))
    }

    /// Takes down that it is used now; true for the one of all who do so at the same time that is to tell the database.
    pub(super) fn see(&self, before: Time, now: Time) -> bool {
        self.seen_at.compare_exchange(before.unix_ms(), now.unix_ms(), Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}
