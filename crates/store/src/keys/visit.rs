//! A visit: the operator on the host asks servers that run to let a masked visitor in for a while.
//!
//! What is asked for is a key in the key store, wrapped under the root key: so whoever asks holds both, and what the visitor is known
//! by is made from that key on both sides and travels nowhere. The command that asked takes the key away when it is done.

use sealpost_seal::key::Key;

use super::root::named_place;
use super::{INSTALLATION, Keys, installation};
use crate::clock::Time;
use crate::error::StoreError;
use crate::ids::OrgId;
use crate::org_sql;
use crate::sql::system_sql;
use crate::tx::Tx;

const VISIT: &str = "visit";

/// A visit that is asked for.
pub struct Visit {
    /// To which organisation.
    pub org: OrgId,
    /// What the visitor is known by is made from this.
    pub key: Key,
    /// Since when.
    pub asked_at: Time,
}

impl Keys {
    /// Asks for a visit, instead of any that was asked for before; answers its key.
    pub async fn ask_for_visit(&self, org: OrgId) -> Result<Key, StoreError> {
        let inner = &self.0;
        debug_assert_ne!(org, INSTALLATION, "visitors come to an organisation");
        let key = Key::generate(&*inner.world.rng);
        let wrapped = inner.roots.wrap(&named_place(org, VISIT), &key, &inner.world);
        let ask = org_sql!(
            "insert into named_key (org, name, version, wrapped, created_at) values ($1, $2, 1, $3, $4)
             on conflict (org, name, version) do update set wrapped = excluded.wrapped, created_at = excluded.created_at"
        );
        let ask = move |tx: &mut Tx<'_>| tx.put(ask, &[&VISIT, &wrapped, &tx.ctx().now()]);
        inner.db.write::<_, StoreError>(inner.ctx(org), ask).await?;
        Ok(key)
    }

    /// The visits that are asked for.
    pub async fn visits(&self) -> Result<Vec<Visit>, StoreError> {
        let inner = &self.0;
        let all = system_sql!("select org, wrapped, created_at from named_key where name = $1");
        let all = move |tx: &mut Tx<'_>| {
            tx.all(all, &[&VISIT], |row| {
                Ok((row.get::<OrgId>("org")?, row.get::<Vec<u8>>("wrapped")?, row.get::<Time>("created_at")?))
            })
        };
        let rows = inner.db.read::<_, StoreError>(installation(&inner.world), all).await?;
        let mut visits = Vec::with_capacity(rows.len());
        for (org, wrapped, asked_at) in rows {
            visits.push(Visit { org, key: inner.unwrap_named(org, VISIT, &wrapped).await?, asked_at });
        }
        Ok(visits)
    }

    /// Nobody visits this organisation any more.
    pub async fn end_visit(&self, org: OrgId) -> Result<(), StoreError> {
        let end = org_sql!("delete from named_key where org = $1 and name = $2");
        self.0.db.write(self.0.ctx(org), move |tx| tx.put(end, &[&VISIT])).await
    }
}
