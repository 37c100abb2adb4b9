//! The root key, and its turn: what it wraps is wrapped anew under the next one, online.
//!
//! While it turns, two rows stand in the key store: the next root key wrapped under the one before, and the other way round. So every
//! process that holds either can open everything, whatever is wrapped under which by now: a server that runs learns of the next key
//! without being told, and one that is started with the next key opens what is still under the old one. Once they are deleted the old
//! root key opens nothing any more.

use std::sync::{Arc, Mutex};

use sealpost_seal::envelope;
use sealpost_seal::key::{Custody, Key, KeyId, RootKey};
use sealpost_seal::place::Place;

use super::{INSTALLATION, Inner, Keys, lock};
use crate::ctx::World;
use crate::db::Db;
use crate::error::StoreError;
use crate::failpoint::{self, Point};
use crate::ids::OrgId;
use crate::org_sql;
use crate::sql::system_sql;
use crate::tx::Tx;

/// The next root key, wrapped under the one before.
const NEXT: &str = "root.next";
/// The root key before, wrapped under the next.
const BEFORE: &str = "root.before";
/// Rows wrapped anew in one transaction.
const AT_ONCE: u32 = 100;
/// How long the two rows stand at least: every process that runs looks for them every few seconds.
const LEARNING_MS: i64 = 20_000;

/// How the turn of the root key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootStanding {
    /// What the root key is called that new keys are wrapped under.
    pub newest: KeyId,
    /// Keys that are still under the one before.
    pub left: u64,
    /// Whether the one before still opens everything.
    pub turning: bool,
}

/// The root keys that this process holds.
pub(super) struct Roots {
    own: RootKey,
    other: Mutex<Option<Other>>,
}

#[derive(Clone)]
struct Other {
    key: Arc<RootKey>,
    is_newer: bool,
}

impl Roots {
    pub(super) fn new(own: RootKey) -> Self {
        Self { own, other: Mutex::default() }
    }

    fn other(&self) -> Option<Other> {
        lock(&self.other).clone()
    }

    /// What the root key is called that new keys are wrapped under.
    pub(super) fn newest(&self) -> KeyId {
        self.other().filter(|other| other.is_newer).map_or(self.own.id(), |other| other.key.id())
    }

    pub(super) fn wrap(&self, place: &Place<'_>, key: &Key, world: &World) -> Vec<u8> {
        let newer = self.other().filter(|other| other.is_newer);
        let root = newer.as_ref().map_or(&self.own, |other| &other.key);
        envelope::wrap(root.key(), root.id(), place, key, &*world.rng)
    }

    pub(super) fn unwrap(&self, place: &Place<'_>, wrapped: &[u8]) -> Result<Key, StoreError> {
        let id = envelope::key_id_of(wrapped).ok_or(StoreError::Unopenable)?;
        if id == self.own.id() {
            return Ok(envelope::unwrap(self.own.key(), place, wrapped)?);
        }
        match self.other().filter(|other| other.key.id() == id) {
            Some(other) => Ok(envelope::unwrap(other.key.key(), place, wrapped)?),
            None => Err(StoreError::WrongRoot),
        }
    }

    /// Learns the other root key, if the root key turns.
    pub(super) async fn learn(&self, db: &Db, world: &World) -> Result<(), StoreError> {
        let rows = db.read(super::installation(world), bridge).await?;
        let mut known = lock(&self.other);
        let open = |root: &RootKey, name: &str| {
            let (_, wrapped) = rows.iter().find(|(stored, _)| stored == name)?;
            envelope::unwrap(root.key(), &named_place(INSTALLATION, name), wrapped).ok().map(RootKey::from_key)
        };
        let newer = open(&self.own, NEXT)
            // The root key may turn twice while a process runs.
            .or_else(|| known.as_ref().filter(|known| known.is_newer).and_then(|known| open(&known.key, NEXT)));
        let other = match newer {
            Some(key) => Some(Other { key: Arc::new(key), is_newer: true }),
            None => open(&self.own, BEFORE).map(|key| Other { key: Arc::new(key), is_newer: false }),
        };
        // The rows go in the end. Whoever has learnt the next key by then goes on with it.
        if other.is_some() || known.as_ref().is_some_and(|known| !known.is_newer) {
            *known = other;
        }
        Ok(())
    }
}

/// Where a named key stands.
pub(super) fn named_place(org: OrgId, name: &str) -> Place<'_> {
    Place {
        org: org.bytes(),
        environment: None,
        table: "named_key",
        column: "wrapped",
        row: name.as_bytes(),
        owner: None,
    }
}

/// A named key, wherever it stands.
struct Row {
    org: OrgId,
    name: String,
    version: u32,
    wrapped: Vec<u8>,
}

fn bridge(tx: &mut Tx<'_>) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let rows = org_sql!("select name, wrapped from named_key where org = $1 and name in ('root.next', 'root.before')");
    tx.all(rows, &[], |row| Ok((row.get("name")?, row.get("wrapped")?)))
}

/// Up to `limit` named keys of all organisations that are not under this root key.
fn behind(tx: &mut Tx<'_>, newest: KeyId, limit: u32) -> Result<Vec<Row>, StoreError> {
    let rows = system_sql!(
        "select org, name, version, wrapped from named_key
         where substr(wrapped, 3, 8) <> $1 and name not in ('root.next', 'root.before') order by org, name, version limit $2"
    );
    tx.all(rows, &[&newest.0, &limit], |row| {
        Ok(Row {
            org: row.get("org")?,
            name: row.get("name")?,
            version: row.get("version")?,
            wrapped: row.get("wrapped")?,
        })
    })
}

const REWRAP: crate::Sql =
    system_sql!("update named_key set wrapped = $4 where org = $1 and name = $2 and version = $3 and wrapped = $5");

impl Keys {
    /// How the turn of the root key stands.
    pub async fn root(&self) -> Result<RootStanding, StoreError> {
        let inner = &self.0;
        inner.roots.learn(&inner.db, &inner.world).await?;
        let newest = inner.roots.newest();
        let count = system_sql!(
            "select count(*) as n from named_key
             where substr(wrapped, 3, 8) <> $1 and name not in ('root.next', 'root.before')"
        );
        let standing = move |tx: &mut Tx<'_>| {
            let left = tx.optional(count, &[&newest.0], |row| row.get::<u64>("n"))?.unwrap_or(0);
            Ok(RootStanding { newest, left, turning: !bridge(tx)?.is_empty() })
        };
        inner.db.read(super::installation(&inner.world), standing).await
    }

    /// Wraps everything that is under the root key anew under `next`. It may be interrupted at any time and done again; a server
    /// that runs meanwhile goes on. The key before opens everything until [`Keys::finish_root`]. Answers how many keys were wrapped.
    pub async fn turn_root(&self, next: &RootKey) -> Result<u64, StoreError> {
        let inner = &self.0;
        if next.id() != inner.roots.own.id() {
            inner.build_bridge(next).await?;
        }
        inner.roots.learn(&inner.db, &inner.world).await?;
        if inner.roots.newest() != next.id() {
            return Err(StoreError::Unsuitable(
                "the root key is being changed to another one: finish that first".into(),
            ));
        }
        self.rewrap_roots().await
    }

    async fn rewrap_roots(&self) -> Result<u64, StoreError> {
        let (inner, mut wrapped) = (&self.0, 0);
        loop {
            let newest = inner.roots.newest();
            let rows = inner.db.read(super::installation(&inner.world), move |tx| behind(tx, newest, AT_ONCE)).await?;
            if rows.is_empty() {
                return Ok(wrapped);
            }
            let mut anew = Vec::with_capacity(rows.len());
            for row in rows {
                let place = named_place(row.org, &row.name);
                let key = inner.roots.unwrap(&place, &row.wrapped)?;
                let fresh = inner.roots.wrap(&place, &key, &inner.world);
                anew.push((row, fresh));
            }
            wrapped += anew.len() as u64;
            let write = move |tx: &mut Tx<'_>| {
                for (row, fresh) in &anew {
                    tx.execute(REWRAP, &[&row.org, &row.name, &row.version, fresh, &row.wrapped])?;
                }
                Ok::<_, StoreError>(())
            };
            inner.db.write(super::installation(&inner.world), write).await?;
            failpoint::pass(Point::RootRewrapped);
        }
    }

    /// Ends the turn: from now on the root key before opens nothing, in this key store. This process has to hold the new one.
    pub async fn finish_root(&self) -> Result<u64, StoreError> {
        let inner = &self.0;
        inner.roots.learn(&inner.db, &inner.world).await?;
        let Some(other) = inner.roots.other() else { return Ok(0) };
        if other.is_newer {
            return Err(StoreError::Unsuitable(
                "this is the root key before: name the new one in the configuration first".into(),
            ));
        }
        let begun = org_sql!("select created_at from named_key where org = $1 and name = 'root.next'");
        let begun = move |tx: &mut Tx<'_>| tx.optional(begun, &[], |row| row.get::<crate::Time>("created_at"));
        let begun = inner.db.read::<_, StoreError>(super::installation(&inner.world), begun).await?;
        if begun.is_some_and(|at| inner.world.clock.now().since(at) < LEARNING_MS) {
            return Err(StoreError::Unsuitable(
                "servers that run still learn of the new root key: try again in a moment".into(),
            ));
        }
        let wrapped = self.rewrap_roots().await?;
        let tear_down = org_sql!("delete from named_key where org = $1 and name in ('root.next', 'root.before')");
        inner.db.write(super::installation(&inner.world), move |tx| tx.execute(tear_down, &[])).await?;
        inner.roots.learn(&inner.db, &inner.world).await?;
        inner.db.leave_nothing_deleted().await?;
        Ok(wrapped)
    }

    /// Learns of the next root key, if somebody turns it, and forgets the one before once that is over.
    pub async fn learn_root(&self) -> Result<(), StoreError> {
        self.0.roots.learn(&self.0.db, &self.0.world).await
    }

    /// What the root key is called that new keys are wrapped under.
    pub fn root_id(&self) -> KeyId {
        self.0.roots.newest()
    }

    /// Who keeps the root key that this process was started with.
    pub fn custody(&self) -> Custody {
        self.0.roots.own.custody()
    }
}

impl Inner {
    /// Lets whoever holds one of the two root keys open what is under the other.
    async fn build_bridge(&self, next: &RootKey) -> Result<(), StoreError> {
        let own = &self.roots.own;
        let rng = &*self.world.rng;
        let forth = envelope::wrap(own.key(), own.id(), &named_place(INSTALLATION, NEXT), next.key(), rng);
        let back = envelope::wrap(next.key(), next.id(), &named_place(INSTALLATION, BEFORE), own.key(), rng);
        let insert = org_sql!(
            "insert into named_key (org, name, version, wrapped, created_at) values ($1, $2, 1, $3, $4) on conflict do nothing"
        );
        let build = move |tx: &mut Tx<'_>| {
            let now = tx.ctx().now();
            // Both or none: a turn that is under way stays what it is.
            if tx.execute(insert, &[&NEXT, &forth, &now])? == 1 {
                tx.execute(insert, &[&BEFORE, &back, &now])?;
            }
            Ok::<_, StoreError>(())
        };
        self.db.write(super::installation(&self.world), build).await
    }
}
