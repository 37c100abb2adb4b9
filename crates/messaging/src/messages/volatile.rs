//! What only this process has: messages and runs of classes of which nothing may ever be written.
//!
//! Room is reserved before one is accepted, and taken in the transaction that accepts it; whatever is in the memory of a
//! process that dies is lost, and said to be lost by whoever finds its job. A process is told from an earlier one on the
//! same host by a number drawn at its start, and is believed to live while it says so.

use std::any::Any;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sealpost_seal::rng;
use sealpost_store::{Ctx, Environment, MessageId, Org, OrgId, Sql, Store, StoreError, Time, Tx, org_sql, sql};

use super::store;

/// Told after what was in somebody's memory came to its end.
pub(crate) const OVER: &str = "message.over";

/// All that may be in memory, and what one organisation may have of it.
const MOST_BYTES: usize = 64 << 20;
const SHARE: usize = MOST_BYTES / 2;
/// What an entry takes beside what is sealed.
const ENTRY: usize = 1024;
/// For how long a process is believed to live after it said so.
pub(crate) const ALIVE_MS: i64 = 20_000;
/// For how long an entry may be in memory before it is looked for in the database: its transaction may have failed.
const UNSEEN_MS: i64 = 60_000;
/// For how long a holder who is dead is remembered.
const FORGOTTEN_MS: i64 = 86_400_000;

/// What may be held: how it is written down who holds it, and how it is known to be over.
pub(crate) struct Kind {
    /// Remembers the holder: of the id in `$3` it is `$4`, since `$5`.
    pub(crate) held: Sql,
    /// The `holder` of the id in `$3`.
    pub(crate) holder: Sql,
    /// Nobody holds the id in `$3` any more, or needs to.
    pub(crate) released: Sql,
    /// Whether what has this id came to its end, or never began.
    pub(crate) is_over: fn(&mut Tx<'_>, [u8; 16]) -> Result<bool, StoreError>,
}

impl Kind {
    /// It is not in anybody's memory any more, or needs not be.
    pub(crate) fn release(&self, tx: &mut Tx<'_>, id: [u8; 16]) -> Result<(), StoreError> {
        tx.put(self.released, &[&id])
    }
}

/// Messages that were accepted and are not sent yet.
pub(super) static MESSAGES: Kind = Kind {
    held: sql!("insert into volatile_message (org, env, message, holder, created_at) values ($1, $2, $3, $4, $5)"),
    holder: sql!("select holder from volatile_message where org = $1 and env = $2 and message = $3"),
    released: sql!("delete from volatile_message where org = $1 and env = $2 and message = $3"),
    is_over: |tx, id| Ok(store::find(tx, MessageId::from_bytes(id))?.is_none_or(|message| message.state.is_final())),
};

/// What is in memory; cheap to clone, one for each process.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    holder: [u8; 16],
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: HashMap<[u8; 16], Entry>,
    bytes: usize,
    by_org: HashMap<OrgId, usize>,
    /// For whom this process has ever held anything.
    orgs: BTreeSet<OrgId>,
}

struct Entry {
    org: Org,
    kind: &'static Kind,
    held: Arc<dyn Any + Send + Sync>,
    since: Time,
    _room: Room,
}

/// Room for one of them; free again once it is dropped.
pub(crate) struct Room {
    vault: Arc<Inner>,
    org: OrgId,
    bytes: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut state = self.vault.state();
        state.bytes = state.bytes.saturating_sub(self.bytes);
        if let Some(own) = state.by_org.get_mut(&self.org) {
            *own = own.saturating_sub(self.bytes);
            if *own == 0 {
                state.by_org.remove(&self.org);
            }
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vault {
    /// An empty one; a task forgets what comes to its end, on whichever node.
    pub(crate) fn new(house: &Store) -> Self {
        let vault = Self(Arc::new(Inner { holder: rng::array(&*house.world().rng), state: Mutex::default() }));
        let (mut ended, known) = (house.bus().subscribe(OVER), Arc::downgrade(&vault.0));
        tokio::spawn(async move {
            while let Some(change) = ended.recv().await {
                let Some(inner) = known.upgrade() else { return };
                Self(inner).forget(change.id);
            }
        });
        vault
    }

    /// Room for something of this size, if there is any.
    pub(crate) fn reserve(&self, org: OrgId, bytes: usize) -> Option<Room> {
        let bytes = bytes.saturating_add(ENTRY);
        let mut state = self.0.state();
        let own = state.by_org.get(&org).copied().unwrap_or_default();
        if state.bytes.saturating_add(bytes) > MOST_BYTES || own.saturating_add(bytes) > SHARE {
            return None;
        }
        state.bytes += bytes;
        state.by_org.insert(org, own + bytes);
        state.orgs.insert(org);
        Some(Room { vault: self.0.clone(), org, bytes })
    }

    /// What is held under this id, if this process has it.
    pub(crate) fn get<T: Send + Sync + 'static>(&self, id: [u8; 16]) -> Option<Arc<T>> {
        let held = self.0.state().entries.get(&id).map(|entry| entry.held.clone());
        held.and_then(|held| held.downcast().ok())
    }

    fn forget(&self, id: [u8; 16]) {
        // Dropped outside of the lock: its room takes it.
        let _gone = self.0.state().entries.remove(&id);
    }

    /// How many messages and runs are in memory.
    pub fn len(&self) -> usize {
        self.0.state().entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether another process that lives has what is of this kind and id.
    pub(crate) async fn is_elsewhere(
        &self,
        house: &Store,
        ctx: &Ctx,
        kind: &'static Kind,
        id: [u8; 16],
    ) -> Result<bool, StoreError> {
        if house.is_alone() {
            return Ok(false);
        }
        let (own, now) = (self.0.holder, ctx.now());
        let found = house
            .peek::<_, StoreError>(ctx, move |tx| {
                let holder = tx.optional(kind.holder, &[&id], |row| row.get("holder"))?;
                let Some(holder) = holder else { return Ok(None) };
                Ok(alive_until(tx, holder)?.map(|until| (holder, until)))
            })
            .await?;
        Ok(found.is_some_and(|(holder, until)| holder != own && until >= now))
    }

    /// Says that this process lives, to every organisation it holds anything for; forgets what came to its end.
    pub(crate) async fn look_after(&self, house: &Store, now: Time) -> Result<(), StoreError> {
        let (orgs, old) = self.due(now);
        for id in orgs {
            let ctx = Ctx::system(Org { id, environment: Environment::Live }, house.world().clone());
            let holder = self.0.holder;
            house
                .maintain::<_, StoreError>(&ctx, move |tx| {
                    let now = tx.ctx().now();
                    tx.put(LIVE_ON, &[&holder, &now.plus_ms(ALIVE_MS)])?;
                    tx.put(FORGET_HOLDERS, &[&now.plus_ms(-FORGOTTEN_MS)])
                })
                .await?;
        }
        for (org, kind, id) in old {
            let ctx = Ctx::system(org, house.world().clone());
            if house.peek::<_, StoreError>(&ctx, move |tx| (kind.is_over)(tx, id)).await? {
                self.forget(id);
            }
        }
        Ok(())
    }

    fn due(&self, now: Time) -> (Vec<OrgId>, Vec<(Org, &'static Kind, [u8; 16])>) {
        let state = self.0.state();
        let old = state.entries.iter().filter(|(_, entry)| now.since(entry.since) > UNSEEN_MS);
        (state.orgs.iter().copied().collect(), old.map(|(id, entry)| (entry.org, entry.kind, *id)).collect())
    }
}

impl Room {
    /// Takes the room, in the transaction that accepts what is held. If that fails, the entry is forgotten some time later.
    pub(crate) fn take<T: Send + Sync + 'static>(
        self,
        tx: &mut Tx<'_>,
        kind: &'static Kind,
        id: [u8; 16],
        held: Arc<T>,
    ) -> Result<(), StoreError> {
        let ctx = tx.ctx();
        let (org, now, inner) = (ctx.org, ctx.now(), self.vault.clone());
        tx.put(BORN, &[&inner.holder, &now.plus_ms(ALIVE_MS)])?;
        tx.put(kind.held, &[&id, &inner.holder, &now])?;
        let entry = Entry { org, kind, held, since: now, _room: self };
        let _before = inner.state().entries.insert(id, entry);
        Ok(())
    }
}

const BORN: Sql =
    org_sql!("insert into volatile_holder (org, holder, alive_until) values ($1, $2, $3) on conflict do nothing");
const LIVE_ON: Sql = org_sql!(
    "insert into volatile_holder (org, holder, alive_until) values ($1, $2, $3)
     on conflict (org, holder) do update set alive_until = excluded.alive_until"
);
const FORGET_HOLDERS: Sql = org_sql!("delete from volatile_holder where org = $1 and alive_until < $2");

fn alive_until(tx: &mut Tx<'_>, holder: [u8; 16]) -> Result<Option<Time>, StoreError> {
    tx.optional(org_sql!("select alive_until from volatile_holder where org = $1 and holder = $2"), &[&holder], |row| {
        row.get("alive_until")
    })
}

#[cfg(test)]
mod tests {
    use sealpost_store::testing::TestStore;

    use super::*;

    #[tokio::test]
    async fn nobody_takes_all_of_the_memory_and_what_is_dropped_is_free_again() {
        let house = TestStore::sqlite().await;
        let vault = Vault::new(&house.store);
        let [one, other, third] = [1, 2, 3].map(|byte| OrgId::from_bytes([byte; 16]));
        let size = (1 << 20) - ENTRY;
        let mut rooms: Vec<Room> = std::iter::from_fn(|| vault.reserve(one, size)).collect();
        assert_eq!(rooms.len(), SHARE >> 20);
        rooms.extend(std::iter::from_fn(|| vault.reserve(other, size)));
        assert_eq!(rooms.len(), MOST_BYTES >> 20);
        assert!(vault.reserve(third, 0).is_none(), "it is full");
        assert!(vault.reserve(third, usize::MAX).is_none());
        rooms.pop();
        assert!(vault.reserve(one, 0).is_none() && vault.reserve(third, size).is_some());
        rooms.clear();
        let left = vault.0.state();
        assert_eq!((left.bytes, left.by_org.len()), (0, 0));
    }
}
