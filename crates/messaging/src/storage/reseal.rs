//! Reasons of holds, sealed anew under the organisation's key that is used now.

use std::sync::Arc;

use sealpost_store::{Ctx, LegalHoldId, OrgKeys, Store, StoreError, Tx, sql};
use sealpost_web::BoxFuture;

use super::holds::{LABEL, place_of};

/// Reasons sealed anew in one transaction.
const AT_ONCE: u32 = 100;

/// Seals the reasons of this environment anew.
pub(crate) fn reseal<'a>(
    house: &'a Store,
    ctx: &'a Ctx,
    keys: &'a Arc<OrgKeys>,
) -> BoxFuture<'a, Result<(), StoreError>> {
    Box::pin(async move {
        let current = keys.key_id();
        loop {
            let outdated = sql!(
                "select id, reason from legal_hold where org = $1 and env = $2 and substr(reason, 3, 8) <> $3 order by id limit $4"
            );
            let outdated = move |tx: &mut Tx<'_>| {
                tx.all(outdated, &[&current.0, &AT_ONCE], |row| {
                    Ok((row.get::<LegalHoldId>("id")?, row.get::<Vec<u8>>("reason")?))
                })
            };
            let outdated = house.read::<_, StoreError>(ctx, outdated).await?;
            if outdated.is_empty() {
                return Ok(());
            }
            let mut anew = Vec::with_capacity(outdated.len());
            for (id, sealed) in outdated {
                let row = id.bytes();
                let clear = keys.open(LABEL, &place_of(ctx, &row), &sealed)?;
                anew.push((id, keys.seal(LABEL, &place_of(ctx, &row), &clear, ctx.rng()), sealed));
            }
            let put = move |tx: &mut Tx<'_>| {
                let update =
                    sql!("update legal_hold set reason = $4 where org = $1 and env = $2 and id = $3 and reason = $5");
                anew.iter().try_for_each(|(id, fresh, sealed)| tx.put(update, &[id, fresh, sealed]))
            };
            house.maintain::<_, StoreError>(ctx, put).await?;
        }
    })
}
