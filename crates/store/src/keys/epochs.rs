//! Keys of blind indexes: random, one for each organisation and epoch, made ahead of need, and destroyed when nothing stands under
//! them any more.
//!
//! They are not derived from the organisation's key: what can be derived can't be destroyed. See
//! `docs/decisions/0012-index-epochs.md`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use sealpost_seal::index::IndexKey;
use sealpost_seal::key::Key;
use sealpost_seal::place::Place;

use super::{Keys, lock};
use crate::clock::Time;
use crate::epoch::Epoch;
use crate::error::StoreError;
use crate::ids::OrgId;
use crate::tx::Tx;
use crate::{Environment, org_sql};

/// An epoch whose key is there; cheap to clone.
#[derive(Clone)]
pub struct LivingEpoch {
    /// Which one.
    pub epoch: Epoch,
    keys: Arc<EpochKeys>,
}

struct EpochKeys {
    key: Key,
    indexes: Mutex<HashMap<(Environment, &'static str), Arc<IndexKey>>>,
}

impl LivingEpoch {
    /// The key of a blind index in this epoch.
    pub fn index(&self, environment: Environment, kind: &'static str) -> Arc<IndexKey> {
        lock(&self.keys.indexes)
            .entry((environment, kind))
            .or_insert_with(|| Arc::new(IndexKey::new(&self.keys.key, environment, kind)))
            .clone()
    }
}

/// The epochs under which something may be found.
pub struct Epochs {
    /// The one in which new values are indexed.
    pub current: LivingEpoch,
    /// Those before it that are not destroyed, newest first: none, but in the days after the turn of a month.
    pub before: Vec<LivingEpoch>,
}

impl Epochs {
    /// Nothing if the current epoch has no key yet.
    fn among(living: &[LivingEpoch], current: Epoch) -> Option<Self> {
        let at = living.iter().position(|one| one.epoch == current)?;
        Some(Self { current: living[at].clone(), before: living[at + 1..].to_vec() })
    }
}

impl Keys {
    /// The organisation's index keys at `now`, from memory unless a month has turned for which none was prepared.
    pub async fn epochs(&self, org: OrgId, now: Time) -> Result<Epochs, StoreError> {
        let current = self.epoch(org, now).await?;
        if let Some(epochs) = lock(&self.0.epochs).get(&org).and_then(|living| Epochs::among(living, current)) {
            return Ok(epochs);
        }
        self.prepare_epochs(org, now).await
    }

    /// The organisation's epoch at `now`: that of the calendar, and one more for each time somebody had it turn besides.
    pub async fn epoch(&self, org: OrgId, now: Time) -> Result<Epoch, StoreError> {
        let keys = self.organisation(org).await?;
        let turns = keys.index_turns.iter().filter(|from| **from <= now);
        Ok(turns.fold(Epoch::at(now), |epoch, _| epoch.next()))
    }

    /// Makes the keys for the epoch of `now` and the next one where there are none, and takes over what other nodes made or
    /// destroyed. Call it often enough for the next month's key to be there when the month begins.
    pub async fn prepare_epochs(&self, org: OrgId, now: Time) -> Result<Epochs, StoreError> {
        let keys = self.organisation(org).await?;
        let (inner, current) = (&self.0, self.epoch(org, now).await?);
        let mut rows = inner.db.read(inner.ctx(org), stored).await?;
        let mut missing: Vec<(Epoch, Vec<u8>)> = Vec::new();
        for epoch in [current, current.next()] {
            if rows.iter().all(|(stored, _)| *stored != epoch) {
                let row = epoch.number().to_be_bytes();
                missing.push((epoch, keys.wrap(&place(org, &row), &Key::generate(&*inner.world.rng))?));
            }
        }
        if !missing.is_empty() {
            // Another node may be first: whoever was, its key is the one.
            let make = move |tx: &mut Tx<'_>| {
                for (epoch, wrapped) in &missing {
                    tx.execute(INSERT, &[&epoch.number(), wrapped, &tx.ctx().now()])?;
                }
                stored(tx)
            };
            rows = inner.db.write(inner.ctx(org), make).await?;
        }
        let mut living = Vec::with_capacity(rows.len());
        for (epoch, wrapped) in rows {
            let keys = self.organisation_for(org, &wrapped).await?;
            let key = keys.unwrap(&place(org, &epoch.number().to_be_bytes()), &wrapped)?;
            living.push(LivingEpoch { epoch, keys: Arc::new(EpochKeys { key, indexes: Mutex::default() }) });
        }
        let epochs = Epochs::among(&living, current).ok_or(StoreError::KeyGone)?;
        lock(&inner.epochs).insert(org, living.into());
        Ok(epochs)
    }

    /// Destroys the key of an epoch: nobody can tell any more whose value an index of it is, in any copy of the data. For when
    /// nothing is to be found under it.
    pub async fn destroy_epoch(&self, org: OrgId, epoch: Epoch) -> Result<(), StoreError> {
        let delete = move |tx: &mut Tx<'_>| tx.put(DELETE, &[&epoch.number()]);
        self.0.db.write::<_, StoreError>(self.0.ctx(org), delete).await?;
        lock(&self.0.epochs).remove(&org);
        self.0.db.leave_nothing_deleted().await
    }
}

const INSERT: crate::Sql =
    org_sql!("insert into index_key (org, epoch, wrapped, created_at) values ($1, $2, $3, $4) on conflict do nothing");
const DELETE: crate::Sql = org_sql!("delete from index_key where org = $1 and epoch = $2");

/// What is stored, newest first.
fn stored(tx: &mut Tx<'_>) -> Result<Vec<(Epoch, Vec<u8>)>, StoreError> {
    tx.all(org_sql!("select epoch, wrapped from index_key where org = $1 order by epoch desc"), &[], |row| {
        Ok((Epoch::from_number(row.get("epoch")?), row.get("wrapped")?))
    })
}

pub(super) fn place<'a>(org: OrgId, row: &'a [u8; 4]) -> Place<'a> {
    Place { org: org.bytes(), environment: None, table: "index_key", column: "wrapped", row, owner: None }
}
