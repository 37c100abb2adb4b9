//! How keys are used: counted in memory, written together.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sealpost_seal::token::KeyKind;
use sealpost_store::{ApiKeyId, Ctx, Org, Store, StoreError, Time};

use super::day::Day;
use super::model::ApiKey;
use super::network::CoarseNetwork;
use super::watch;

/// Networks of one key remembered until the next flush.
const FRESH: usize = 8;

/// Uses of keys that are not written yet.
pub struct KeyUse {
    house: Store,
    pending: Mutex<HashMap<ApiKeyId, Pending>>,
    met: Mutex<Met>,
}

/// Networks that were written down for a key today, so that they aren't written again.
#[derive(Default)]
struct Met {
    day: Option<Day>,
    networks: HashSet<(ApiKeyId, CoarseNetwork)>,
}

/// Uses of one key.
#[derive(Clone)]
pub(super) struct Pending {
    pub(super) org: Org,
    pub(super) kind: KeyKind,
    pub(super) first: Time,
    pub(super) last: Time,
    /// How many on which day; a flush rarely sees more than one.
    pub(super) days: Vec<(Day, u64)>,
    /// Distinct, latest last.
    pub(super) networks: Vec<CoarseNetwork>,
}

impl KeyUse {
    pub(super) fn new(house: Store) -> Self {
        Self { house, pending: Mutex::default(), met: Mutex::default() }
    }

    /// Counts a use. Takes a lock for some nanoseconds; touches no database.
    pub(super) fn count(&self, key: &ApiKey, org: Org, now: Time, peer: IpAddr) {
        let network = CoarseNetwork::of(peer);
        let mut pending = lock(&self.pending);
        let used = pending.entry(key.id).or_insert_with(|| Pending::new(org, key.kind, now));
        used.last = used.last.max(now);
        used.add(Day::of(now), 1);
        used.saw(network);
    }

    /// Writes what was counted since the last time. What can't be written is kept for the next.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let pending = std::mem::take(&mut *lock(&self.pending));
        // In the order of their ids: nodes that write the same keys must not wait for each other in circles.
        let mut by_org: HashMap<Org, BTreeMap<ApiKeyId, Pending>> = HashMap::new();
        for (id, used) in pending {
            by_org.entry(used.org).or_default().insert(id, used);
        }
        let mut outcome = Ok(());
        for (org, used) in by_org {
            let used = Arc::new(used);
            if let Err(error) = self.write(org, used.clone()).await {
                self.put_back(&used);
                outcome = Err(error);
            }
        }
        outcome
    }

    async fn write(&self, org: Org, used: Arc<BTreeMap<ApiKeyId, Pending>>) -> Result<(), StoreError> {
        let keys = self.house.keys().organisation(org.id).await?;
        let ctx = Ctx::system(org, self.house.world().clone());
        let today = Day::of(ctx.now());
        let (written, unmet) = (used.clone(), self.unmet(&used, today));
        let act = move |tx: &mut sealpost_store::Tx<'_>| {
            let mut noticed = Vec::new();
            for ((id, used), networks) in written.iter().zip(&unmet) {
                noticed.extend(watch::write(tx, &keys, *id, used, networks)?.map(|what| (*id, what)));
            }
            Ok::<_, StoreError>(noticed)
        };
        for (id, what) in self.house.maintain(&ctx, act).await? {
            tracing::warn!(key = %id, new_network = what.new_network, woke = what.woke, "key.use_noticed");
        }
        self.meet(&used, today);
        Ok(())
    }

    /// The networks of each key that were not written today.
    fn unmet(&self, used: &BTreeMap<ApiKeyId, Pending>, today: Day) -> Vec<Vec<CoarseNetwork>> {
        let met = lock(&self.met);
        let is_met = |id, network| met.day == Some(today) && met.networks.contains(&(id, network));
        let unmet = |(id, used): (&ApiKeyId, &Pending)| {
            used.networks.iter().filter(|network| !is_met(*id, **network)).copied().collect()
        };
        used.iter().map(unmet).collect()
    }

    fn meet(&self, used: &BTreeMap<ApiKeyId, Pending>, today: Day) {
        let mut met = lock(&self.met);
        if met.day != Some(today) {
            *met = Met { day: Some(today), networks: HashSet::new() };
        }
        // Publishable keys are used from anywhere, and their networks are not written at all.
        for (id, used) in used.iter().filter(|(_, used)| used.kind == KeyKind::Secret) {
            met.networks.extend(used.networks.iter().map(|network| (*id, *network)));
        }
    }

    fn put_back(&self, used: &BTreeMap<ApiKeyId, Pending>) {
        let mut pending = lock(&self.pending);
        for (id, used) in used {
            let newer = pending.entry(*id).or_insert_with(|| Pending::new(used.org, used.kind, used.last));
            newer.first = newer.first.min(used.first);
            newer.last = newer.last.max(used.last);
            used.days.iter().for_each(|(day, uses)| newer.add(*day, *uses));
            used.networks.iter().for_each(|network| newer.saw(*network));
        }
    }
}

impl Pending {
    fn new(org: Org, kind: KeyKind, at: Time) -> Self {
        Self { org, kind, first: at, last: at, days: Vec::new(), networks: Vec::new() }
    }

    fn add(&mut self, day: Day, uses: u64) {
        match self.days.iter_mut().rev().find(|(known, _)| *known == day) {
            Some((_, count)) => *count += uses,
            None => self.days.push((day, uses)),
        }
    }

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
