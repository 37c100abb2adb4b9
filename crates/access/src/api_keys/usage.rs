//! How keys are used: counted in memory, written together, and watched for new networks.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sealpost_store::{ApiKeyId, Ctx, Leaf, Org, OrgKeys, Store, StoreError, Time, Tx};

use super::model::LastUse;
use super::network::{CoarseNetwork, NetworkName};
use super::store;

/// Networks of one key that don't raise an alert again in this process. A key used from more than these is used from anywhere,
/// and says so at most once in a flush.
const FAMILIAR: usize = 32;
/// Networks of one key remembered until the next flush.
const FRESH: usize = 8;

/// Uses of keys that are not written yet.
pub struct KeyUse {
    house: Store,
    pending: Mutex<HashMap<ApiKeyId, Pending>>,
    familiar: Mutex<HashMap<ApiKeyId, Vec<CoarseNetwork>>>,
}

struct Pending {
    org: Org,
    uses: u64,
    last: Time,
    /// Distinct, latest last.
    networks: Vec<CoarseNetwork>,
}

impl KeyUse {
    pub(super) fn new(house: Store) -> Self {
        Self { house, pending: Mutex::default(), familiar: Mutex::default() }
    }

    /// Counts a use. Takes a lock for some nanoseconds; touches no database.
    pub(super) fn count(&self, id: ApiKeyId, org: Org, now: Time, peer: IpAddr) {
        let network = CoarseNetwork::of(peer);
        let mut pending = lock(&self.pending);
        let used = pending.entry(id).or_insert_with(|| Pending { org, uses: 0, last: now, networks: Vec::new() });
        used.uses += 1;
        used.last = used.last.max(now);
        used.saw(network);
    }

    /// Writes what was counted since the last time. What can't be written is kept for the next.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let pending = std::mem::take(&mut *lock(&self.pending));
        let mut by_org: HashMap<Org, Vec<(ApiKeyId, Pending)>> = HashMap::new();
        for (id, used) in pending {
            by_org.entry(used.org).or_default().push((id, used));
        }
        let mut outcome = Ok(());
        for (org, used) in by_org {
            let used = Arc::new(used);
            if let Err(error) = self.write(org, used.clone()).await {
                self.put_back(used);
                outcome = Err(error);
            }
        }
        outcome
    }

    async fn write(&self, org: Org, used: Arc<Vec<(ApiKeyId, Pending)>>) -> Result<(), StoreError> {
        let keys = self.house.keys().organisation(org.id).await?;
        let ctx = Ctx::system(org, self.house.world().clone());
        let familiar: Vec<Vec<CoarseNetwork>> = used.iter().map(|(id, _)| self.familiar_to(*id)).collect();
        let written = used.clone();
        let strange = self.house.maintain::<_, StoreError>(&ctx, move |tx| {
            let mut strange = Vec::new();
            for ((id, used), familiar) in written.iter().zip(&familiar) {
                if write_one(tx, &keys, *id, used, familiar)? {
                    strange.push(*id);
                }
            }
            Ok(strange)
        });
        for id in strange.await? {
            tracing::warn!(key = %id, "key.new_network");
        }
        self.make_familiar(&used);
        Ok(())
    }

    fn familiar_to(&self, id: ApiKeyId) -> Vec<CoarseNetwork> {
        lock(&self.familiar).get(&id).cloned().unwrap_or_default()
    }

    fn make_familiar(&self, used: &[(ApiKeyId, Pending)]) {
        let mut familiar = lock(&self.familiar);
        for (id, used) in used {
            let known = familiar.entry(*id).or_default();
            for network in &used.networks {
                known.retain(|other| other != network);
                known.push(*network);
            }
            let surplus = known.len().saturating_sub(FAMILIAR);
            known.drain(..surplus);
        }
    }

    fn put_back(&self, used: Arc<Vec<(ApiKeyId, Pending)>>) {
        let mut pending = lock(&self.pending);
        for (id, used) in used.iter() {
            let newer = pending.entry(*id).or_insert_with(|| Pending {
                org: used.org,
                uses: 0,
                last: used.last,
                networks: Vec::new(),
            });
            newer.uses += used.uses;
            used.networks.iter().for_each(|network| newer.saw(*network));
        }
    }
}

impl Pending {
    fn saw(&mut self, network: CoarseNetwork) {
        if self.networks.last() == Some(&network) {
            return;
        }
        self.networks.retain(|other| *other != network);
        self.networks.push(network);
        if self.networks.len() > FRESH {
            self.networks.remove(0);
        }
    }
}

/// Writes the uses of one key; true, and a leaf, if it was used from a network it was not known from. The first ever is none.
fn write_one(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: ApiKeyId,
    used: &Pending,
    familiar: &[CoarseNetwork],
) -> Result<bool, StoreError> {
    let Some(network) = used.networks.last() else { return Ok(false) };
    let before = store::last_use(tx, id)?;
    // A name is of one day: what is new is compared under the day of what is stored.
    let is_new = |seen: &CoarseNetwork| {
        !familiar.contains(seen)
            && before.is_some_and(|before| NetworkName::new(keys, id, *seen, before.at) != before.network)
    };
    let is_strange = used.networks.iter().any(is_new);
    if is_strange {
        tx.note(Leaf::of("key.new_network").on(ApiKeyId::PREFIX, id.bytes()));
    }
    store::add_uses(
        tx,
        id,
        used.uses,
        LastUse { at: used.last, network: NetworkName::new(keys, id, *network, used.last) },
    )?;
    Ok(is_strange)
}

/// Flushes at this interval, for as long as it is polled. To stop, drop it and [`KeyUse::flush`] once more.
pub async fn flush_forever(uses: Arc<KeyUse>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        if let Err(error) = uses.flush().await {
            tracing::error!(error = %error, "key_use.flush_failed");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
