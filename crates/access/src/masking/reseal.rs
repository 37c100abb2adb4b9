//! Rules sealed under an older version of the organisation's key are sealed anew under the one that is used now.

use std::sync::Arc;

use sealpost_store::{Ctx, OrgKeys, Store, StoreError, Tx, org_sql};

use super::store::{LABEL, place_in};

/// Seals every version of the policy anew.
pub(crate) async fn reseal(house: &Store, ctx: &Ctx, keys: &Arc<OrgKeys>) -> Result<(), StoreError> {
    let (current, org) = (keys.key_id(), ctx.org.id);
    let outdated = org_sql!(
        "select version, rules from masking_policy where org = $1 and rules is not null and substr(rules, 3, 8) <> $2"
    );
    let outdated = move |tx: &mut Tx<'_>| {
        tx.all(outdated, &[&current.0], |row| Ok((row.get::<u32>("version")?, row.get::<Vec<u8>>("rules")?)))
    };
    let mut anew = Vec::new();
    for (version, sealed) in house.read::<_, StoreError>(ctx, outdated).await? {
        let row = version.to_be_bytes();
        let clear = keys.open(LABEL, &place_in(org, &row), &sealed)?;
        anew.push((version, keys.seal(LABEL, &place_in(org, &row), &clear, ctx.rng()), sealed));
    }
    let put = move |tx: &mut Tx<'_>| {
        let update = org_sql!("update masking_policy set rules = $3 where org = $1 and version = $2 and rules = $4");
        anew.iter().try_for_each(|(version, fresh, sealed)| tx.put(update, &[version, fresh, sealed]))
    };
    house.maintain::<_, StoreError>(ctx, put).await
}
