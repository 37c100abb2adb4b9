//! The policies in force, at hand for every message.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use sealpost_store::{Change, Ctx, Environment, Org, OrgId, Store, StoreError};
use tokio::sync::mpsc::UnboundedReceiver;

use super::model::Policy;
use super::{CHANGED, store};

/// Organisations remembered at once.
const REMEMBERED: u64 = 20_000;
/// Even a node that a change doesn't reach believes nothing that is older.
const FRESH: Duration = Duration::from_secs(1);

/// The policies of all organisations; one for each process.
pub struct Policies {
    house: Store,
    known: Cache<OrgId, Arc<Policy>>,
    changes: Mutex<UnboundedReceiver<Change>>,
}

impl Policies {
    /// The policies in this store.
    pub(crate) fn new(house: Store) -> Arc<Self> {
        let known = Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build();
        let changes = Mutex::new(house.bus().subscribe(CHANGED));
        Arc::new(Self { house, known, changes })
    }

    /// The organisation's policy, at most a second old. Changes are taken from the bus before, so that whoever was told of one
    /// finds it in force.
    pub async fn of(&self, org: OrgId) -> Result<Arc<Policy>, StoreError> {
        self.hear();
        if let Some(policy) = self.known.get(&org) {
            return Ok(policy);
        }
        let ctx = Ctx::system(Org { id: org, environment: Environment::Live }, self.house.world().clone());
        let policy = Arc::new(self.house.peek(&ctx, store::standing).await?.policy);
        self.known.insert(org, policy.clone());
        Ok(policy)
    }

    fn hear(&self) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        while let Ok(change) = changes.try_recv() {
            self.known.invalidate(&change.org.id);
        }
    }
}
