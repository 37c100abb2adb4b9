//! What only this process has: messages of classes of which nothing may ever be written.
//!
//! Room is reserved before a message is accepted, and taken in the transaction that accepts it; whatever is in the memory of a
//! process that dies is lost, and said to be lost by whoever finds the message's job. A process is told from an earlier one on the
//! same host by a number drawn at its start, and is believed to live while it says so.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sealpost_seal::rng;
use sealpost_store::{Ctx, Environment, MessageId, Org, OrgId, Sql, Store, StoreError, Time, Tx, org_sql, sql};

use super::dispatch::Accepted;
use super::store;

/// Told after a message that was in somebody's memory came to its end.
pub(super) const OVER: &str = "message.over";

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

/// Messages in memory; cheap to clone, one for each process.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    holder: [u8; 16],
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: HashMap<MessageId, Entry>,
    bytes: usize,
    by_org: HashMap<OrgId, usize>,
    /// For whom this process has ever held anything.
    orgs: BTreeSet<OrgId>,
}

struct Entry {
    org: Org,
    accepted: Arc<Accepted>,
    since: Time,
    _room: Room,
}

/// Room for one message; free again once it is dropped.
pub(super) struct Room {
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
                Self(inner).forget(MessageId::from_bytes(change.id));
            }
        });
        vault
    }

    /// Room for a message of this size, if there is any.
    pub(super) fn reserve(&self, org: OrgId, bytes: usize) -> Option<Room> {
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

    /// The message, if this process has it.
    pub(super) fn get(&self, id: MessageId) -> Option<Arc<Accepted>> {
        self.0.state().entries.get(&id).map(|entry| entry.accepted.clone())
    }

    fn forget(&self, id: MessageId) {
        // Dropped outside of the lock: its room takes it.
        let _gone = self.0.state().entries.remove(&id);
    }

    /// How many messages are in memory.
    pub fn len(&self) -> usize {
        self.0.state().entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether another process that lives has this message.
    pub(super) async fn is_elsewhere(&self, house: &Store, ctx: &Ctx, id: MessageId) -> Result<bool, StoreError> {
        if house.is_alone() {
            return Ok(false);
        }
        let (own, now) = (self.0.holder, ctx.now());
        let found = house
            .peek::<_, StoreError>(ctx, move |tx| {
                let Some(holder) = holder_of(tx, id)? else { return Ok(None) };
                Ok(alive_until(tx, holder)?.map(|until| (holder, until)))
            })
            .await?;
        Ok(found.is_some_and(|(holder, until)| holder != own && until >= now))
    }

    /// Says that this process lives, to every organisation it holds anything for; forgets what is not to be sent any more.
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
        for (org, id) in old {
            let ctx = Ctx::system(org, house.world().clone());
            let found = house.peek(&ctx, move |tx| store::find(tx, id)).await?;
            if found.is_none_or(|message| message.state.is_final()) {
                self.forget(id);
            }
        }
        Ok(())
    }

    fn due(&self, now: Time) -> (Vec<OrgId>, Vec<(Org, MessageId)>) {
        let state = self.0.state();
        let old = state.entries.iter().filter(|(_, entry)| now.since(entry.since) > UNSEEN_MS);
        (state.orgs.iter().copied().collect(), old.map(|(id, entry)| (entry.org, *id)).collect())
    }
}

impl Room {
    /// Takes the room, in the transaction that accepts the message. If that fails, the entry is forgotten some time later.
    pub(super) fn take(self, tx: &mut Tx<'_>, id: MessageId, accepted: Arc<Accepted>) -> Result<(), StoreError> {
        let ctx = tx.ctx();
        let (org, now, inner) = (ctx.org, ctx.now(), self.vault.clone());
        tx.put(BORN, &[&inner.holder, &now.plus_ms(ALIVE_MS)])?;
        tx.put(HELD, &[&id, &inner.holder, &now])?;
        let entry = Entry { org, accepted, since: now, _room: self };
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
const HELD: Sql =
    sql!("insert into volatile_message (org, env, message, holder, created_at) values ($1, $2, $3, $4, $5)");
const RELEASED: Sql = sql!("delete from volatile_message where org = $1 and env = $2 and message = $3");

/// The message is not in anybody's memory any more, or needs not be.
pub(super) fn release(tx: &mut Tx<'_>, id: MessageId) -> Result<(), StoreError> {
    tx.put(RELEASED, &[&id])
}

fn holder_of(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<[u8; 16]>, StoreError> {
    tx.optional(
        sql!("select holder from volatile_message where org = $1 and env = $2 and message = $3"),
        &[&id],
        |row| row.get("holder"),
    )
}

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
