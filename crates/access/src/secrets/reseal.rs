//! Values sealed under an older version of the organisation's key are sealed anew under the one that is used now.

use std::sync::Arc;

use sealpost_store::{Ctx, OrgKeys, SecretId, Store, StoreError, Tx, sql};

use super::handover;
use super::service::{LABEL, place, place_row};

/// Values sealed anew in one transaction.
const AT_ONCE: u32 = 100;

/// Seals the secrets of this environment anew.
pub(crate) async fn reseal(house: &Store, ctx: &Ctx, keys: &Arc<OrgKeys>) -> Result<(), StoreError> {
    let current = keys.key_id();
    loop {
        let outdated = sql!(
            "select id, version, sealed from secret where org = $1 and env = $2 and substr(sealed, 3, 8) <> $3
             order by id, version limit $4"
        );
        let outdated = move |tx: &mut Tx<'_>| {
            tx.all(outdated, &[&current.0, &AT_ONCE], |row| {
                Ok((row.get::<SecretId>("id")?, row.get::<u32>("version")?, row.get::<Vec<u8>>("sealed")?))
            })
        };
        let outdated = house.read::<_, StoreError>(ctx, outdated).await?;
        if outdated.is_empty() {
            return handover::reseal(house, ctx, keys).await;
        }
        let mut anew = Vec::with_capacity(outdated.len());
        for (id, version, sealed) in outdated {
            let row = place_row(id, version);
            let clear = keys.open(LABEL, &place(ctx, &row), &sealed)?;
            anew.push((id, version, keys.seal(LABEL, &place(ctx, &row), &clear, ctx.rng()), sealed));
        }
        let put = move |tx: &mut Tx<'_>| {
            let update = sql!(
                "update secret set sealed = $5 where org = $1 and env = $2 and id = $3 and version = $4 and sealed = $6"
            );
            anew.iter().try_for_each(|(id, version, fresh, sealed)| tx.put(update, &[id, version, fresh, sealed]))
        };
        house.maintain::<_, StoreError>(ctx, put).await?;
    }
}
