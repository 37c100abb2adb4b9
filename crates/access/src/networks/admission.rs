//! The lists in force, at hand for every request.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use sealpost_store::{Change, Ctx, Environment, Org, OrgId, Store, StoreError};
use sealpost_web::problem::NETWORK_NOT_ADMITTED;
use sealpost_web::{Cidrs, Refusal};
use tokio::sync::mpsc::UnboundedReceiver;

use super::model::Standing;
use super::{CHANGED, store};

/// Organisations remembered at once.
const REMEMBERED: u64 = 20_000;
/// Even a node that a change doesn't reach (its connection to PostgreSQL is down), or that was reading during the change, believes
/// nothing that is older. Less than the second that is promised: a stream that is open asks only every quarter of one.
const FRESH: Duration = Duration::from_millis(700);

/// The lists of all organisations.
pub struct Admission {
    house: Store,
    known: Cache<OrgId, Arc<Standing>>,
    changes: Mutex<UnboundedReceiver<Change>>,
}

impl Admission {
    /// The lists in this store.
    pub fn new(house: Store) -> Self {
        let known = Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build();
        let changes = Mutex::new(house.bus().subscribe(CHANGED));
        Self { house, known, changes }
    }

    /// How it stands with the organisation, at most a second old. Changes are taken from the bus before, so that whoever was told
    /// of one finds it in force.
    pub async fn of(&self, org: OrgId) -> Result<Arc<Standing>, StoreError> {
        self.hear();
        if let Some(standing) = self.known.get(&org) {
            return Ok(standing);
        }
        let ctx = Ctx::system(Org { id: org, environment: Environment::Live }, self.house.world().clone());
        let standing = Arc::new(self.house.peek::<_, StoreError>(&ctx, store::standing).await?);
        self.known.insert(org, standing.clone());
        Ok(standing)
    }

    fn hear(&self) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        while let Ok(change) = changes.try_recv() {
            self.known.invalidate(&change.org.id);
        }
    }
}

/// Refuses whoever comes from elsewhere; `name` is the list's in the API.
pub(crate) fn expect(list: &Cidrs, peer: IpAddr, name: &'static str) -> Result<(), Refusal> {
    if list.admit(peer) { Ok(()) } else { Err(Refusal::of(&NETWORK_NOT_ADMITTED).member("list", name)) }
}
