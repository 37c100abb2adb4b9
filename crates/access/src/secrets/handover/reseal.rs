//! What waits to be handed over, sealed anew under the organisation's key that is used now: the outer of its two seals.

use std::sync::Arc;

use sealpost_store::{Ctx, HandOverId, OrgKeys, Store, StoreError, Tx, sql};

use super::service::{LABEL, place};

/// Seals the hand-overs of this environment anew: there are few at a time.
pub(in crate::secrets) async fn reseal(house: &Store, ctx: &Ctx, keys: &Arc<OrgKeys>) -> Result<(), StoreError> {
    let current = keys.key_id();
    let outdated = sql!(
        "select id, sealed from handover where org = $1 and env = $2 and sealed is not null and substr(sealed, 3, 8) <> $3"
    );
    let outdated = move |tx: &mut Tx<'_>| {
        tx.all(outdated, &[&current.0], |row| Ok((row.get::<HandOverId>("id")?, row.get::<Vec<u8>>("sealed")?)))
    };
    let mut anew = Vec::new();
    for (id, sealed) in house.read::<_, StoreError>(ctx, outdated).await? {
        let row = id.bytes();
        let inner = keys.open(LABEL, &place(ctx.org, &row), &sealed)?;
        anew.push((id, keys.seal(LABEL, &place(ctx.org, &row), &inner, ctx.rng()), sealed));
    }
    let put = move |tx: &mut Tx<'_>| {
        let update = sql!("update handover set sealed = $4 where org = $1 and env = $2 and id = $3 and sealed = $5");
        anew.iter().try_for_each(|(id, fresh, sealed)| tx.put(update, &[id, fresh, sealed]))
    };
    house.maintain::<_, StoreError>(ctx, put).await
}
