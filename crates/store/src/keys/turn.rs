//! The turn of an organisation's key: a new version is made, what was wrapped under older ones is wrapped anew, and they are destroyed
//! once nothing is left under them.
//!
//! Every step can be done again, at any time and by several nodes at once. How far the slots have come is a cursor that moves in the
//! transaction that wraps them anew.

use sealpost_seal::key::Key;

use super::root::named_place;
use super::{Keys, LASTING, ORGANISATION, lock, slot_place};
use crate::clock::Time;
use crate::error::StoreError;
use crate::failpoint::{self, Point};
use crate::ids::{OrgId, SlotId};
use crate::org_sql;
use crate::sql::Sql;
use crate::tx::Tx;

/// How long after a version came into use older ones are kept at least: whoever began under one has finished.
const GRACE_MS: i64 = 30_000;

/// How the turn to a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnStanding {
    /// Slots that were looked at.
    pub slots: u64,
    /// Slots there were when it began.
    pub total: u64,
}

const INSERT: Sql = org_sql!(
    "insert into named_key (org, name, version, wrapped, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing"
);
const BEGIN: Sql = org_sql!(
    "insert into rewrap (org, version, passed, slots, total) values ($1, $2, $3, 0, $4) on conflict do nothing"
);
const STANDING: Sql = org_sql!("select passed, slots, total from rewrap where org = $1 and version = $2");
const SLOTS: Sql = org_sql!("select count(*) as n from slot where org = $1");
// Primary key (org, id).
const BEHIND: Sql = org_sql!("select id, wrapped from slot where org = $1 and id > $2 order by id limit $3");
const REWRAP: Sql = org_sql!("update slot set wrapped = $3 where org = $1 and id = $2 and wrapped = $4");
const PASS: Sql =
    org_sql!("update rewrap set passed = $3, slots = slots + $4 where org = $1 and version = $2 and passed = $5");
const AGAIN: Sql = org_sql!("update rewrap set passed = $3, slots = 0 where org = $1 and version = $2");
const SLOTS_LEFT: Sql = org_sql!("select id from slot where org = $1 and substr(wrapped, 3, 8) <> $2 limit 1");
const INDEXES_LEFT: Sql =
    org_sql!("select epoch, wrapped from index_key where org = $1 and substr(wrapped, 3, 8) <> $2");
const REWRAP_INDEX: Sql = org_sql!("update index_key set wrapped = $3 where org = $1 and epoch = $2 and wrapped = $4");
const DESTROY: Sql = org_sql!("delete from named_key where org = $1 and name = $2 and version < $3");
const FORGET: Sql = org_sql!("delete from rewrap where org = $1 and version <= $2");

const FIRST: SlotId = SlotId::from_bytes([0; 16]);

impl Keys {
    /// Makes this version of the organisation's key, unless it is there. Nobody uses it for the first seconds.
    pub async fn turn(&self, org: OrgId, version: u32) -> Result<(), StoreError> {
        let inner = &self.0;
        let keys = self.organisation(org).await?;
        if keys.versions().first().is_none_or(|newest| *newest >= version) {
            return Ok(());
        }
        let fresh = Key::generate(&*inner.world.rng);
        let fresh = inner.roots.wrap(&named_place(org, ORGANISATION), &fresh, &inner.world);
        let lasting = inner.wrapped_lasting(org).await?;
        let make = move |tx: &mut Tx<'_>| {
            let now = tx.ctx().now();
            if let Some(lasting) = &lasting {
                tx.execute(INSERT, &[&LASTING, &1_u32, lasting, &now])?;
            }
            tx.execute(INSERT, &[&ORGANISATION, &version, &fresh, &now])?;
            let total = tx.optional(SLOTS, &[], |row| row.get::<u64>("n"))?.unwrap_or(0);
            tx.execute(BEGIN, &[&version, &FIRST, &total])?;
            Ok::<_, StoreError>(())
        };
        inner.db.write(inner.ctx(org), make).await?;
        failpoint::pass(Point::KeyTurned);
        self.read_anew(org).await.map(drop)
    }

    /// Wraps up to `at_once` of what is under older versions anew under this one, in one transaction; false once nothing is left, or
    /// while nobody uses this version yet.
    pub async fn rewrap_some(&self, org: OrgId, version: u32, at_once: u32) -> Result<bool, StoreError> {
        let (inner, keys) = (&self.0, self.organisation(org).await?);
        if keys.version() != version {
            return Ok(false);
        }
        let look = move |tx: &mut Tx<'_>| {
            let Some(passed) = tx.optional(STANDING, &[&version], |row| row.get::<SlotId>("passed"))? else {
                return Ok(None);
            };
            let rows = tx.all(BEHIND, &[&passed, &at_once], |row| {
                Ok((row.get::<SlotId>("id")?, row.get::<Vec<u8>>("wrapped")?))
            })?;
            Ok::<_, StoreError>(Some((passed, rows)))
        };
        let Some((passed, rows)) = inner.db.read(inner.ctx(org), look).await? else { return Ok(false) };
        let Some((last, _)) = rows.last() else { return Ok(false) };
        let (last, seen) = (*last, rows.len() as u64);
        let mut anew = Vec::with_capacity(rows.len());
        for (id, wrapped) in rows {
            if keys.is_outdated(&wrapped) {
                let bytes = id.bytes();
                let place = slot_place(org, &bytes);
                anew.push((id, keys.wrap(&place, &keys.unwrap(&place, &wrapped)?)?, wrapped));
            }
        }
        let write = move |tx: &mut Tx<'_>| {
            for (id, fresh, wrapped) in &anew {
                // Whoever was shredded meanwhile stays so.
                tx.put(REWRAP, &[id, fresh, wrapped])?;
            }
            tx.put(PASS, &[&version, &last, &seen, &passed])
        };
        inner.db.write::<_, StoreError>(inner.ctx(org), write).await?;
        failpoint::pass(Point::SlotsRewrapped);
        Ok(true)
    }

    /// Wraps the keys of blind indexes anew under the version that is used now.
    pub async fn rewrap_indexes(&self, org: OrgId) -> Result<(), StoreError> {
        let (inner, keys) = (&self.0, self.organisation(org).await?);
        let current = keys.key_id();
        let left = move |tx: &mut Tx<'_>| {
            tx.all(INDEXES_LEFT, &[&current.0], |row| Ok((row.get::<u32>("epoch")?, row.get::<Vec<u8>>("wrapped")?)))
        };
        let left = inner.db.read::<_, StoreError>(inner.ctx(org), left).await?;
        let mut anew = Vec::with_capacity(left.len());
        for (epoch, wrapped) in left {
            let row = epoch.to_be_bytes();
            let place = super::epochs::place(org, &row);
            anew.push((epoch, keys.wrap(&place, &keys.unwrap(&place, &wrapped)?)?, wrapped));
        }
        let write = move |tx: &mut Tx<'_>| {
            anew.iter().try_for_each(|(epoch, fresh, wrapped)| tx.put(REWRAP_INDEX, &[epoch, fresh, wrapped]))
        };
        inner.db.write::<_, StoreError>(inner.ctx(org), write).await
    }

    /// Destroys every version before this one, if it has been in use for long enough and nothing in the key store is under them.
    /// Whoever asks knows that of the data. False if it is too early; then, if something is left, it is wrapped anew from the start.
    pub async fn destroy_before(&self, org: OrgId, version: u32) -> Result<bool, StoreError> {
        let inner = &self.0;
        let keys = self.read_anew(org).await?;
        let Some(from) = keys.in_use_since().filter(|_| keys.version() == version) else { return Ok(false) };
        if inner.world.clock.now().since(from) < GRACE_MS {
            return Ok(false);
        }
        let current = keys.key_id();
        let destroy = move |tx: &mut Tx<'_>| {
            let slot = tx.optional(SLOTS_LEFT, &[&current.0], |row| row.get::<SlotId>("id"))?;
            let index = tx.optional(INDEXES_LEFT, &[&current.0], |row| row.get::<u32>("epoch"))?;
            if slot.is_some() || index.is_some() {
                tx.execute(AGAIN, &[&version, &FIRST])?;
                return Ok(false);
            }
            tx.execute(DESTROY, &[&ORGANISATION, &version])?;
            tx.execute(FORGET, &[&version])?;
            Ok::<_, StoreError>(true)
        };
        let destroyed = inner.db.write(inner.ctx(org), destroy).await?;
        if destroyed {
            failpoint::pass(Point::OldKeyGone);
            self.read_anew(org).await?;
            inner.db.leave_nothing_deleted().await?;
        }
        Ok(destroyed)
    }

    /// How the turn to this version stands; nothing before it has begun in the key store, and once it is over.
    pub async fn turn_standing(&self, org: OrgId, version: u32) -> Result<Option<TurnStanding>, StoreError> {
        let standing = move |tx: &mut Tx<'_>| {
            tx.optional(STANDING, &[&version], |row| {
                Ok(TurnStanding { slots: row.get("slots")?, total: row.get("total")? })
            })
        };
        self.0.db.read(self.0.ctx(org), standing).await
    }

    /// Reads the organisation's keys anew, whatever is remembered.
    pub(super) async fn read_anew(&self, org: OrgId) -> Result<std::sync::Arc<super::OrgKeys>, StoreError> {
        let keys = std::sync::Arc::new(self.0.read_organisation(org).await?);
        lock(&self.0.organisations).insert(org, keys.clone());
        Ok(keys)
    }

    /// Has the index keys turn in a moment: every node knows by then. Answers from when on.
    pub async fn turn_indexes(&self, org: OrgId) -> Result<Time, StoreError> {
        let inner = &self.0;
        let turn = move |tx: &mut Tx<'_>| {
            let from = tx.ctx().now().plus_ms(super::ring::LEARNING_MS);
            let turns = org_sql!("select count(*) as n from index_turn where org = $1");
            let turns = tx.optional(turns, &[], |row| row.get::<u32>("n"))?.unwrap_or(0);
            let insert =
                org_sql!("insert into index_turn (org, turn, from_at) values ($1, $2, $3) on conflict do nothing");
            tx.execute(insert, &[&turns.saturating_add(1), &from])?;
            Ok::<_, StoreError>(from)
        };
        let from = inner.db.write(inner.ctx(org), turn).await?;
        self.read_anew(org).await?;
        Ok(from)
    }
}

impl super::Inner {
    /// The key that lasts, wrapped for its place, where it has none: then it is the organisation's first.
    async fn wrapped_lasting(&self, org: OrgId) -> Result<Option<Vec<u8>>, StoreError> {
        let rows = self.db.read(self.ctx(org), super::stored).await?;
        if rows.iter().any(|row| row.name == LASTING) {
            return Ok(None);
        }
        let first = rows.iter().filter(|row| row.name == ORGANISATION).min_by_key(|row| row.version);
        let first = first.ok_or(StoreError::KeyGone)?;
        let key = self.unwrap_named(org, ORGANISATION, &first.wrapped).await?;
        Ok(Some(self.roots.wrap(&named_place(org, LASTING), &key, &self.world)))
    }
}
