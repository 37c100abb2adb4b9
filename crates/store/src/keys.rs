//! The key store: a database of its own, so that destroying a key reaches every backup of the data.
//!
//! ```text
//! root key ── wraps ── organisation key, in versions ── wraps ── slots (32 random bytes each)
//!                                                    ├─ a contact's slot is its subject key
//!                                                    └─ a message's key is derived from the subject key AND a slot of its own
//! ```
//!
//! Slots are minted ahead of need, in bulk, and are durable before the first value sealed under them: the accepting path never
//! waits for a key to be written. Deleting a slot shreds what it protects; see `docs/decisions/0003-key-slots.md`.
//! Beside the slots stand the keys of blind indexes, one for each month.

mod copies;
mod epochs;
mod erased;
mod ring;
mod root;
mod turn;
mod visit;

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use moka::sync::Cache;
use sealpost_seal::key::{Key, RootKey};
use sealpost_seal::place::Place;
use sealpost_seal::signing::Ed25519Key;

use crate::clock::Time;
use crate::ctx::{Ctx, Org, World};
use crate::db::Db;
use crate::error::StoreError;
use crate::ids::{OrgId, SlotId};
use crate::tx::Tx;
use crate::{Environment, org_sql};

pub use copies::KeyCopy;
pub use epochs::{Epochs, LivingEpoch};
pub use erased::{Erased, SHREDDED};
pub use ring::OrgKeys;
pub use root::RootStanding;
pub use turn::TurnStanding;
pub use visit::Visit;

use ring::Version;
use root::{Roots, named_place};

/// The scope that holds what belongs to the installation and to no organisation.
pub(crate) const INSTALLATION: OrgId = OrgId::from_bytes([0; 16]);

/// The fewest and most slots minted at once.
const MINT: std::ops::RangeInclusive<usize> = 8..=1024;
/// Opened slots kept in memory.
const CACHED_SLOTS: u64 = 50_000;
/// How long an opened slot is believed to be there where no word of its destruction arrives: erased is erased within five seconds.
const BELIEVED: std::time::Duration = std::time::Duration::from_secs(4);
/// How long an organisation's keys are believed to be as they were read: shorter than new ones are left unused.
const FRESH_MS: i64 = 2_000;
/// How long they are used when they can't be read anew.
const STALE_MS: i64 = 10_000;
/// The name of an organisation's key.
const ORGANISATION: &str = "organisation";
/// The name of the key that stays when the organisation's turns.
const LASTING: &str = "lasting";

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
    roots: Roots,
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
        let roots = Roots::new(root);
        let pepper = named(&db, &roots, &world, "token").await.map_err(|error| match error {
            StoreError::Unopenable => StoreError::WrongRoot,
            error => error,
        })?;
        let cursor = pepper.derive("cursor", &[]);
        let checkpoint = named(&db, &roots, &world, "checkpoint").await?;
        let signing = Ed25519Key::from_seed(&checkpoint.mac(&[b"ed25519"]));
        Ok(Self(Arc::new(Inner {
            db,
            roots,
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
        let known = lock(&self.0.organisations).get(&org).cloned();
        let Some(known) = known else { return self.read_anew(org).await };
        let age = self.0.world.clock.now().since(known.read_at);
        if age < FRESH_MS {
            return Ok(known);
        }
        let usable = age < STALE_MS;
        // One reads; the others go on with what there is while that may be.
        if usable && known.being_read.swap(true, Ordering::Relaxed) {
            return Ok(known);
        }
        match self.read_anew(org).await {
            Err(error) if usable => {
                known.being_read.store(false, Ordering::Relaxed);
                tracing::warn!(error = %error, "keys.not_read_anew");
                Ok(known)
            }
            read => read,
        }
    }

    /// The organisation's keys, read anew if there is none among them that this is under.
    async fn organisation_for(&self, org: OrgId, wrapped: &[u8]) -> Result<Arc<OrgKeys>, StoreError> {
        let keys = self.organisation(org).await?;
        if keys.knows(wrapped) { Ok(keys) } else { self.read_anew(org).await }
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
        let mut rows: Vec<(SlotId, Vec<u8>)> = Vec::with_capacity(slots.len());
        for slot in &slots {
            rows.push((slot.id, keys.wrap(&slot_place(org, &slot.id.bytes()), &slot.key)?));
        }
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
        let keys = self.organisation_for(org, &wrapped).await?;
        let key = Arc::new(keys.unwrap(&slot_place(org, &id.bytes()), &wrapped)?);
        self.0.opened.insert((org, id), key.clone());
        Ok(key)
    }

    /// Whether the key store takes changes.
    pub async fn can_be_written(&self) -> bool {
        let leave_no_trace = |tx: &mut Tx<'_>, probe: &[u8]| {
            let (name, now) = ("probe", tx.ctx().now());
            let make =
                org_sql!("insert into named_key (org, name, version, wrapped, created_at) values ($1, $2, 0, $3, $4)");
            tx.execute(make, &[&name, &probe, &now])?;
            tx.execute(org_sql!("delete from named_key where org = $1 and name = $2"), &[&name]).map(drop)
        };
        self.0.db.has_room(self.0.ctx(INSTALLATION), leave_no_trace).await
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

    /// An organisation's keys as they are stored, made if there are none.
    async fn read_organisation(&self, org: OrgId) -> Result<OrgKeys, StoreError> {
        let look = |tx: &mut Tx<'_>| Ok::<_, StoreError>((stored(tx)?, index_turns(tx)?));
        let (mut rows, turns) = self.db.peek(self.ctx(org), look).await?;
        if rows.is_empty() {
            rows = self.make_organisation(org).await?;
        }
        let (mut versions, mut lasting) = (Vec::with_capacity(1), None);
        for row in &rows {
            let key = self.unwrap_named(org, &row.name, &row.wrapped).await?;
            match &*row.name {
                LASTING => lasting = Some(key),
                _ => versions.push(Version::new(row.version, row.at, key)),
            }
        }
        let lasting = match (lasting, rows.iter().rev().find(|row| row.name == ORGANISATION)) {
            (Some(lasting), _) => lasting,
            // An organisation that is older than the key that lasts, and whose own has not turned yet: its first key is both.
            (None, Some(first)) => self.unwrap_named(org, ORGANISATION, &first.wrapped).await?,
            (None, None) => return Err(StoreError::KeyGone),
        };
        OrgKeys::new(org, self.world.clone(), versions, lasting, turns).ok_or(StoreError::KeyGone)
    }

    async fn make_organisation(&self, org: OrgId) -> Result<Vec<Stored>, StoreError> {
        let fresh = [ORGANISATION, LASTING].map(|name| {
            let key = Key::generate(&*self.world.rng);
            (name, self.roots.wrap(&named_place(org, name), &key, &self.world))
        });
        // Another node may be first: whoever was, its keys are the ones.
        let make = move |tx: &mut Tx<'_>| {
            let [organisation, lasting] = &fresh;
            if insert_named(tx, organisation)? {
                insert_named(tx, lasting)?;
            }
            stored(tx)
        };
        self.db.write(self.ctx(org), make).await
    }

    /// Unwraps a named key, whichever root key it is under while that turns.
    async fn unwrap_named(&self, org: OrgId, name: &str, wrapped: &[u8]) -> Result<Key, StoreError> {
        unwrap_named(&self.db, &self.roots, &self.world, (org, name), wrapped).await
    }
}

fn slot_place(org: OrgId, id: &[u8; 16]) -> Place<'_> {
    Place { org: org.bytes(), environment: None, table: "slot", column: "wrapped", row: id, owner: None }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A context for what belongs to no organisation.
fn installation(world: &World) -> Arc<Ctx> {
    Arc::new(Ctx::system(Org { id: INSTALLATION, environment: Environment::Live }, world.clone()))
}

/// Whether any key was ever made.
async fn is_begun(db: &Db, world: &World) -> Result<bool, StoreError> {
    let one = org_sql!("select name from named_key where org = $1 limit 1");
    let found = db.read(installation(world), move |tx| tx.optional(one, &[], |row| row.get::<String>("name"))).await?;
    Ok(found.is_some())
}

/// A key of an organisation, as it is stored.
struct Stored {
    name: String,
    version: u32,
    wrapped: Vec<u8>,
    at: Time,
}

/// The versions of the organisation's key, newest first, and the key that lasts.
fn stored(tx: &mut Tx<'_>) -> Result<Vec<Stored>, StoreError> {
    let all = org_sql!(
        "select name, version, wrapped, created_at from named_key where org = $1 and name in ('organisation', 'lasting')
         order by version desc"
    );
    tx.all(all, &[], |row| {
        Ok(Stored {
            name: row.get("name")?,
            version: row.get("version")?,
            wrapped: row.get("wrapped")?,
            at: row.get("created_at")?,
        })
    })
}

fn index_turns(tx: &mut Tx<'_>) -> Result<Vec<Time>, StoreError> {
    tx.all(org_sql!("select from_at from index_turn where org = $1 order by turn"), &[], |row| row.get("from_at"))
}

/// Stores the first version of a named key; false if there is one.
fn insert_named(tx: &mut Tx<'_>, (name, wrapped): &(&'static str, Vec<u8>)) -> Result<bool, StoreError> {
    let insert = org_sql!(
        "insert into named_key (org, name, version, wrapped, created_at) values ($1, $2, 1, $3, $4) on conflict do nothing"
    );
    Ok(tx.execute(insert, &[name, wrapped, &tx.ctx().now()])? == 1)
}

/// Unwraps a named key; if it is under a root key that this process doesn't hold, it learns whether the root key turns.
async fn unwrap_named(
    db: &Db,
    roots: &Roots,
    world: &World,
    (org, name): (OrgId, &str),
    wrapped: &[u8],
) -> Result<Key, StoreError> {
    match roots.unwrap(&named_place(org, name), wrapped) {
        Err(StoreError::WrongRoot) => {
            roots.learn(db, world).await?;
            roots.unwrap(&named_place(org, name), wrapped)
        }
        known => known,
    }
}

/// A key of the installation, made if there is none, wrapped by the root key.
async fn named(db: &Db, roots: &Roots, world: &World, name: &'static str) -> Result<Key, StoreError> {
    let find = move |tx: &mut Tx<'_>| {
        tx.optional(org_sql!("select wrapped from named_key where org = $1 and name = $2"), &[&name], |row| {
            row.get::<Vec<u8>>("wrapped")
        })
    };
    let ctx = installation(world);
    if let Some(wrapped) = db.read(ctx.clone(), find).await? {
        return unwrap_named(db, roots, world, (INSTALLATION, name), &wrapped).await;
    }
    let fresh = (name, roots.wrap(&named_place(INSTALLATION, name), &Key::generate(&*world.rng), world));
    // Another node may be first: whoever was, its key is the one.
    let make = move |tx: &mut Tx<'_>| {
        insert_named(tx, &fresh)?;
        find(tx)
    };
    let wrapped: Option<Vec<u8>> = db.write::<_, StoreError>(ctx, make).await?;
    unwrap_named(db, roots, world, (INSTALLATION, name), &wrapped.ok_or(StoreError::KeyGone)?).await
}
