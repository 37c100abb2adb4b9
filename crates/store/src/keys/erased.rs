//! Who was erased: kept beside the keys, so that it outlives every restore of older data.
//!
//! A person's key goes in the transaction that notes whose it was. Restored data that still has rows of them is found by it, and
//! what was sealed there is noise already.

use super::Keys;
use crate::bus::Bus;
use crate::clock::Time;
use crate::ctx::Org;
use crate::error::StoreError;
use crate::ids::{ContactId, ErasureId, SlotId};
use crate::org_sql;
use crate::sql::Sql;

/// Told after a slot was destroyed, with its id: every node forgets its key.
pub const SHREDDED: &str = "slot.shredded";

/// That a person was erased: ids, nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Who they were.
    pub contact: ContactId,
    /// By which erasure.
    pub erasure: ErasureId,
    /// Where their key was.
    pub slot: SlotId,
    /// When.
    pub at: Time,
}

const NOTE: Sql = org_sql!(
    "insert into erased (org, env, contact, erasure, slot, erased_at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing"
);
const DELETE: Sql = org_sql!("delete from slot where org = $1 and id = $2");
const AFTER: Sql = org_sql!(
    "select contact, erasure, slot, erased_at from erased where org = $1 and env = $2 and contact > $3 order by contact limit $4"
);

impl Keys {
    /// Destroys a person's key, and notes that they were erased. Done again it changes nothing.
    pub async fn erase(&self, org: Org, erased: Erased) -> Result<(), StoreError> {
        self.forget(org, erased.slot);
        let Erased { contact, erasure, slot, at } = erased;
        self.0
            .db
            .write::<_, StoreError>(self.0.ctx(org.id), move |tx| {
                tx.put(NOTE, &[&org.environment, &contact, &erasure, &slot, &at])?;
                tx.put(DELETE, &[&slot])
            })
            .await?;
        // A look that began before the key was gone may have remembered it since.
        self.forget(org, slot);
        Ok(())
    }

    /// Up to `limit` people of this environment who were erased, behind `after`, in order of their ids.
    pub async fn erased(&self, org: Org, after: ContactId, limit: u32) -> Result<Vec<Erased>, StoreError> {
        self.0
            .db
            .read(self.0.ctx(org.id), move |tx| {
                tx.all(AFTER, &[&org.environment, &after, &limit], |row| {
                    Ok(Erased {
                        contact: row.get("contact")?,
                        erasure: row.get("erasure")?,
                        slot: row.get("slot")?,
                        at: row.get("erased_at")?,
                    })
                })
            })
            .await
    }

    /// How many people of this environment are noted as erased.
    pub async fn erased_count(&self, org: Org) -> Result<u64, StoreError> {
        let count = org_sql!("select count(*) as n from erased where org = $1 and env = $2");
        let count = move |tx: &mut crate::Tx<'_>| {
            Ok(tx.optional(count, &[&org.environment], |row| row.get::<u64>("n"))?.unwrap_or(0))
        };
        self.0.db.read(self.0.ctx(org.id), count).await
    }

    /// Forgets that somebody was erased, as an older copy of the key store doesn't know it.
    #[cfg(feature = "testing")]
    pub(crate) async fn unerase(&self, org: Org, contact: ContactId) -> Result<(), StoreError> {
        let forget = org_sql!("delete from erased where org = $1 and env = $2 and contact = $3");
        let forget = move |tx: &mut crate::Tx<'_>| tx.put(forget, &[&org.environment, &contact]);
        self.0.db.write(self.0.ctx(org.id), forget).await
    }

    /// Leaves nothing of keys that were destroyed in the key store's files, as far as the engine can be told.
    pub(crate) async fn leave_nothing_deleted(&self) -> Result<(), StoreError> {
        self.0.db.leave_nothing_deleted().await
    }

    /// Forgets keys that other nodes destroyed, for as long as the store lives.
    pub(crate) fn listen(&self, bus: &Bus) {
        let mut changes = bus.subscribe(SHREDDED);
        let keys = std::sync::Arc::downgrade(&self.0);
        tokio::spawn(async move {
            while let Some(change) = changes.recv().await {
                let Some(inner) = keys.upgrade() else { return };
                inner.opened.invalidate(&(change.org.id, SlotId::from_bytes(change.id)));
            }
        });
    }

    fn forget(&self, org: Org, slot: SlotId) {
        self.0.opened.invalidate(&(org.id, slot));
    }
}
