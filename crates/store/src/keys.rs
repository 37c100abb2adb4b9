//! The key store: a database of its own, so that destroying a key reaches every backup of the data.
//!
//! ```text
//! root key ── wraps ── organisation key ── wraps ── slots (32 random bytes each)
//!                                                    ├─ a contact's slot is its subject key
//!                                                    └─ a message's key is derived from the subject key AND a slot of its own
//! ```
//!
//! Slots are minted ahead of need, in bulk, and are durable before the first value sealed under them: the accepting path never
//! waits for a key to be written. Deleting a slot shreds what it protects; see `docs/decisions/0003-key-slots.md`.
//! Beside the slots stand the keys of blind indexes, one for each month.

mod epochs;
mod erased;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use moka::sync::Cache;
use sealpost_seal::envelope;
use sealpost_seal::key::{Key, KeyId, RootKey};
use sealpost_seal::place::Place;
use sealpost_seal::signing::Ed25519Key;
use zeroize::Zeroizing;

use crate::clock::Time;
use crate::ctx::{Ctx, Org, World};
use crate::db::Db;
use crate::error::StoreError;
use crate::ids::{OrgId, SlotId};
use crate::{Environment, org_sql};

pub use epochs::{Epochs, LivingEpoch};
pub use erased::{Erased, SHREDDED};

/// The scope that holds what belongs to the installation and to no organisation.
pub(crate) const INSTALLATION: OrgId = OrgId::from_bytes([0; 16]);

/// The fewest and most slots minted at once.
const MINT: std::ops::RangeInclusive<usize> = 8..=1024;
/// Opened slots kept in memory.
const CACHED_SLOTS: u64 = 50_000;
/// How long an opened slot is believed to be there where no word of its destruction arrives.
const BELIEVED: std::time::Duration = std::time::Duration::from_secs(60);

/// A slot of the key store: its id stands in the row it protects.
#[derive(Clone)]
pub struct Slot {
    /// Where the key is.
    pub id: SlotId,
    /// The key.
    pub key: Arc<Key>,
}

/// All keys, as far as this process may use them.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    db: Db,
    root: RootKey,
    world: World,
    pepper: Key,
    cursor: Key,
    signing: Ed25519Key,
    organisations: Mutex<HashMap<OrgId, Arc<OrgKeys>>>,
    epochs: Mutex<HashMap<OrgId, Arc<[LivingEpoch]>>>,
    pools: Mutex<HashMap<OrgId, Pool>>,
    opened: Cache<(OrgId, SlotId), Arc<Key>>,
    minting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Pool {
    ready: Vec<Slot>,
    minted_last: usize,
    refilling: bool,
}

impl Keys {
    /// `inhabited`: whether there is data already. Then there have to be keys: new ones would open none of it.
    pub(crate) async fn open(db: Db, root: RootKey, world: World, inhabited: bool) -> Result<Self, StoreError> {
        if inhabited && !is_begun(&db, &world).await? {
            return Err(StoreError::KeysLost);
        }
        let pepper = named(&db, &root, &world, INSTALLATION, "token").await.map_err(|error| match error {
            StoreError::Unopenable => StoreError::WrongRoot,
            error => error,
        })?;
        let cursor = pepper.derive("cursor", &[]);
        let checkpoint = named(&db, &root, &world, INSTALLATION, "checkpoint").await?;
        let signing = Ed25519Key::from_seed(&checkpoint.mac(&[b"ed25519"]));
        Ok(Self(Arc::new(Inner {
            db,
            root,
            world,
            pepper,
            cursor,
            signing,
            organisations: Mutex::default(),
            epochs: Mutex::default(),
            pools: Mutex::default(),
            opened: Cache::builder().max_capacity(CACHED_SLOTS).time_to_live(BELIEVED).build(),
            minting: tokio::sync::Mutex::default(),
        })))
    }

    /// Slots that are minted, durable and unused: how many contacts and messages can be taken in before the next are minted.
    pub fn slots_ready(&self) -> usize {
        lock(&self.0.pools).values().map(|pool| pool.ready.len()).sum()
    }

    /// What tokens are hashed with before they are stored.
    pub fn pepper(&self) -> &Key {
        &self.0.pepper
    }

    /// What page cursors are authenticated with.
    pub fn cursor(&self) -> &Key {
        &self.0.cursor
    }

    /// The installation's key for checkpoints and receipts.
    pub fn signing(&self) -> &Ed25519Key {
        &self.0.signing
    }

    /// The organisation's keys, made on first use.
    pub async fn organisation(&self, org: OrgId) -> Result<Arc<OrgKeys>, StoreError> {
        if let Some(keys) = lock(&self.0.organisations).get(&org) {
            return Ok(keys.clone());
        }
        let key = named(&self.0.db, &self.0.root, &self.0.world, org, "organisation").await?;
        let keys = Arc::new(OrgKeys::new(org, key));
        Ok(lock(&self.0.organisations).entry(org).or_insert(keys).clone())
    }

    /// A fresh slot, durable already.
    pub async fn mint(&self, org: OrgId) -> Result<Slot, StoreError> {
        loop {
            let (slot, refill) = self.take(org);
            if refill {
                let keys = self.clone();
                tokio::spawn(async move {
                    if let Err(error) = keys.refill(org).await {
                        tracing::error!(error = %error, "keys.mint_failed");
                    }
                });
            }
            if let Some(slot) = slot {
                return Ok(slot);
            }
            let _one_at_a_time = self.0.minting.lock().await;
            if lock(&self.0.pools).get(&org).is_none_or(|pool| pool.ready.is_empty()) {
                self.refill(org).await?;
            }
        }
    }

    /// A slot from the pool, and whether it is time to mint more in the background.
    fn take(&self, org: OrgId) -> (Option<Slot>, bool) {
        let mut pools = lock(&self.0.pools);
        let pool = pools.entry(org).or_default();
        let slot = pool.ready.pop();
        let refill = slot.is_some() && !pool.refilling && pool.ready.len() < pool.minted_last / 2;
        pool.refilling |= refill;
        (slot, refill)
    }

    async fn refill(&self, org: OrgId) -> Result<(), StoreError> {
        let keys = self.organisation(org).await?;
        let count =
            lock(&self.0.pools).entry(org).or_default().minted_last.saturating_mul(2).clamp(*MINT.start(), *MINT.end());
        let inner = &self.0;
        let slots: Vec<Slot> = (0..count)
            .map(|_| Slot { id: SlotId::new(&inner.world), key: Arc::new(Key::generate(&*inner.world.rng)) })
            .collect();
        let rows: Vec<(SlotId, Vec<u8>)> = slots
            .iter()
            .map(|slot| {
                let wrapped = envelope::wrap(
                    &keys.wrapping,
                    keys.id,
                    &slot_place(org, &slot.id.bytes()),
                    &slot.key,
                    &*inner.world.rng,
                );
                (slot.id, wrapped)
            })
            .collect();
        let stored = inner
            .db
            .write(inner.ctx(org), move |tx| {
                let now = tx.ctx().now();
                for (id, wrapped) in &rows {
                    tx.put(
                        org_sql!(
                            "insert into slot (org, id, purpose, wrapped, created_at) values ($1, $2, $3, $4, $5)"
                        ),
                        &[id, &"pool", wrapped, &now],
                    )?;
                }
                Ok::<_, StoreError>(())
            })
            .await;
        let mut pools = lock(&inner.pools);
        let pool = pools.entry(org).or_default();
        pool.refilling = false;
        stored?;
        pool.minted_last = count;
        pool.ready.extend(slots);
        Ok(())
    }

    /// The key in a slot; [`StoreError::KeyGone`] once it is shredded.
    pub async fn slot(&self, org: OrgId, id: SlotId) -> Result<Arc<Key>, StoreError> {
        if let Some(key) = self.0.opened.get(&(org, id)) {
            return Ok(key);
        }
        let wrapped = self
            .0
            .db
            .peek(self.0.ctx(org), move |tx| {
                tx.optional(org_sql!("select wrapped from slot where org = $1 and id = $2"), &[&id], |row| {
                    row.get::<Vec<u8>>("wrapped")
                })
            })
            .await?
            .ok_or(StoreError::KeyGone)?;
        let keys = self.organisation(org).await?;
        let key = Arc::new(envelope::unwrap(&keys.wrapping, &slot_place(org, &id.bytes()), &wrapped)?);
        self.0.opened.insert((org, id), key.clone());
        Ok(key)
    }

    /// Whether the key store takes changes.
    pub async fn can_be_written(&self) -> bool {
        let written = self.0.db.write(self.0.ctx(INSTALLATION), |tx| {
            let same = org_sql!("update named_key set created_at = created_at where org = $1 and name = $2");
            tx.execute(same, &[&"token"])
        });
        written.await.is_ok_and(|rows| rows > 0)
    }

    /// Destroys slots: whatever is sealed under them is noise from now on, in every copy.
    pub async fn shred(&self, org: OrgId, ids: Vec<SlotId>) -> Result<(), StoreError> {
        for id in &ids {
            self.0.opened.invalidate(&(org, *id));
        }
        self.0
            .db
            .write(self.0.ctx(org), move |tx| {
                for id in &ids {
                    tx.put(org_sql!("delete from slot where org = $1 and id = $2"), &[id])?;
                }
                Ok(())
            })
            .await
    }
}

impl Inner {
    fn ctx(&self, org: OrgId) -> Arc<Ctx> {
        Arc::new(Ctx::system(Org { id: org, environment: Environment::Live }, self.world.clone()))
    }
}

fn slot_place(org: OrgId, id: &[u8; 16]) -> Place<'_> {
    Place { org: org.bytes(), environment: None, table: "slot", column: "wrapped", row: id, owner: None }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether any key was ever made.
async fn is_begun(db: &Db, world: &World) -> Result<bool, StoreError> {
    let ctx = Arc::new(Ctx::system(Org { id: INSTALLATION, environment: Environment::Live }, world.clone()));
    let one = org_sql!("select name from named_key where org = $1 limit 1");
    let found = db.read(ctx, move |tx| tx.optional(one, &[], |row| row.get::<String>("name"))).await?;
    Ok(found.is_some())
}

/// The newest version of a named key, made if there is none, wrapped by the root key.
async fn named(db: &Db, root: &RootKey, world: &World, org: OrgId, name: &'static str) -> Result<Key, StoreError> {
    let ctx = Arc::new(Ctx::system(Org { id: org, environment: Environment::Live }, world.clone()));
    let row = org.bytes();
    let place =
        Place { org: row, environment: None, table: "named_key", column: "wrapped", row: name.as_bytes(), owner: None };
    let find = move |tx: &mut crate::Tx<'_>| {
        tx.optional(
            org_sql!("select wrapped from named_key where org = $1 and name = $2 order by version desc limit 1"),
            &[&name],
            |row| row.get::<Vec<u8>>("wrapped"),
        )
    };
    if let Some(wrapped) = db.read(ctx.clone(), find).await? {
        return Ok(envelope::unwrap(root.key(), &place, &wrapped)?);
    }
    let fresh = envelope::wrap(root.key(), root.id(), &place, &Key::generate(&*world.rng), &*world.rng);
    // Another node may be first: whoever was, its key is the one.
    let wrapped = db
        .write(ctx, move |tx| {
            tx.execute(
                org_sql!("insert into named_key (org, name, version, wrapped, created_at) values ($1, $2, 1, $3, $4) on conflict do nothing"),
                &[&name, &fresh, &tx.ctx().now()],
            )?;
            find(tx)
        })
        .await?;
    Ok(envelope::unwrap(root.key(), &place, &wrapped.ok_or(StoreError::KeyGone)?)?)
}

/// An organisation's keys: what is derived from its one key, each for one purpose.
pub struct OrgKeys {
    org: OrgId,
    id: KeyId,
    wrapping: Key,
    root: Key,
    derived: Mutex<HashMap<&'static str, Arc<Key>>>,
    days: Mutex<HashMap<i64, Arc<Key>>>,
}

impl OrgKeys {
    fn new(org: OrgId, key: Key) -> Self {
        let mut id = KeyId([0; 8]);
        id.0.copy_from_slice(&key.derive("key-id", &[]).mac(&[])[..8]);
        Self {
            org,
            id,
            wrapping: key.derive("wrap", &[]),
            root: key,
            derived: Mutex::default(),
            days: Mutex::default(),
        }
    }

    /// The key for one purpose: `secret`, `settings`, `commitment`, `ip`, `device`, `export`.
    pub fn purpose(&self, label: &'static str) -> Arc<Key> {
        lock(&self.derived).entry(label).or_insert_with(|| Arc::new(self.root.derive(label, &[]))).clone()
    }

    /// Seals a value of the organisation itself (no data subject) where it will stand.
    pub fn seal(
        &self,
        label: &'static str,
        place: &Place<'_>,
        clear: &[u8],
        rng: &dyn sealpost_seal::rng::Rng,
    ) -> Vec<u8> {
        envelope::seal(&self.purpose(label), self.id, place, clear, rng)
    }

    /// Opens what [`OrgKeys::seal`] sealed, from the same place.
    pub fn open(
        &self,
        label: &'static str,
        place: &Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        Ok(envelope::open(&self.purpose(label), place, sealed)?)
    }

    /// Seals the details of a ledger leaf under the key of its day.
    pub fn seal_audit(&self, ctx: &Ctx, details: &[u8]) -> Vec<u8> {
        let (key, org) = (self.audit_day(ctx.now()), self.org.bytes());
        envelope::seal(&key, self.id, &audit_place(org, &ctx.request.bytes()), details, ctx.rng())
    }

    /// Opens the details of the leaf that was recorded at `at` for `request`.
    pub fn open_audit(&self, at: Time, request: [u8; 16], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        Ok(envelope::open(&self.audit_day(at), &audit_place(self.org.bytes(), &request), sealed)?)
    }

    fn audit_day(&self, at: Time) -> Arc<Key> {
        let day = at.unix_ms().div_euclid(86_400_000);
        let mut days = lock(&self.days);
        if days.len() > 8 {
            days.clear();
        }
        days.entry(day).or_insert_with(|| Arc::new(self.root.derive("audit", &[&day.to_be_bytes()]))).clone()
    }
}

fn audit_place<'a>(org: [u8; 16], request: &'a [u8; 16]) -> Place<'a> {
    Place { org, environment: None, table: "ledger_leaf", column: "content", row: request, owner: None }
}
