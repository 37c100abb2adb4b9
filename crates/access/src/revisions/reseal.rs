//! What settings said, sealed anew under the organisation's key that is used now. What is sealed stays, byte for byte: so does its digest.

use std::sync::Arc;

use sealpost_store::{Ctx, OrgKeys, RevisionId, Store, StoreError, Tx, org_sql};

use super::store::{LABEL, place};

/// Sealed anew in one transaction.
const AT_ONCE: u32 = 100;

/// Seals every revision anew.
pub(crate) async fn reseal(house: &Store, ctx: &Ctx, keys: &Arc<OrgKeys>) -> Result<(), StoreError> {
    while some(house, ctx, keys).await? {}
    Ok(())
}

/// Seals some of them anew; false if there were none.
async fn some(house: &Store, ctx: &Ctx, keys: &Arc<OrgKeys>) -> Result<bool, StoreError> {
    let (current, org) = (keys.key_id(), ctx.org.id);
    let outdated = org_sql!(
        "select id, content from revision where org = $1 and substr(content, 3, 8) <> $2 order by id limit $3"
    );
    let outdated = move |tx: &mut Tx<'_>| {
        tx.all(outdated, &[&current.0, &AT_ONCE], |row| {
            Ok((row.get::<RevisionId>("id")?, row.get::<Vec<u8>>("content")?))
        })
    };
    let outdated = house.read::<_, StoreError>(ctx, outdated).await?;
    let mut anew = Vec::with_capacity(outdated.len());
    for (id, sealed) in outdated {
        let row = id.bytes();
        let clear = keys.open(LABEL, &place(org, &row), &sealed)?;
        anew.push((id, keys.seal(LABEL, &place(org, &row), &clear, ctx.rng()), sealed));
    }
    let some = !anew.is_empty();
    let put = move |tx: &mut Tx<'_>| {
        let update = org_sql!("update revision set content = $3 where org = $1 and id = $2 and content = $4");
        anew.iter().try_for_each(|(id, fresh, sealed)| tx.put(update, &[id, fresh, sealed]))
    };
    house.maintain::<_, StoreError>(ctx, put).await?;
    Ok(some)
}
