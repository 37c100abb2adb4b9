//! Rules sealed under an older version of the organisation's key are sealed anew under the one that is used now.

use std::sync::Arc;

use sealpost_store::{Ctx, OrgKeys, Sql, Store, StoreError, Tx, org_sql};

use super::store::{LABEL, RULES, TEST_RULES, place_in};

/// Seals every version of the policy anew.
pub(crate) async fn reseal(house: &Store, ctx: &Ctx, keys: &Arc<OrgKeys>) -> Result<(), StoreError> {
    let live = Column {
        name: RULES,
        outdated: org_sql!(
            "select version, rules as sealed from masking_policy where org = $1 and rules is not null and substr(rules, 3, 8) <> $2"
        ),
        update: org_sql!("update masking_policy set rules = $3 where org = $1 and version = $2 and rules = $4"),
    };
    let test = Column {
        name: TEST_RULES,
        outdated: org_sql!(
            "select version, test_rules as sealed from masking_policy \
             where org = $1 and test_rules is not null and substr(test_rules, 3, 8) <> $2"
        ),
        update: org_sql!(
            "update masking_policy set test_rules = $3 where org = $1 and version = $2 and test_rules = $4"
        ),
    };
    live.reseal(house, ctx, keys).await?;
    test.reseal(house, ctx, keys).await
}

/// A column that rules stand in.
struct Column {
    name: &'static str,
    outdated: Sql,
    update: Sql,
}

impl Column {
    async fn reseal(self, house: &Store, ctx: &Ctx, keys: &Arc<OrgKeys>) -> Result<(), StoreError> {
        let (current, org) = (keys.key_id(), ctx.org.id);
        let outdated = move |tx: &mut Tx<'_>| {
            tx.all(self.outdated, &[&current.0], |row| Ok((row.get::<u32>("version")?, row.get::<Vec<u8>>("sealed")?)))
        };
        let mut anew = Vec::new();
        for (version, sealed) in house.read::<_, StoreError>(ctx, outdated).await? {
            let row = version.to_be_bytes();
            let place = place_in(org, self.name, &row);
            let clear = keys.open(LABEL, &place, &sealed)?;
            anew.push((version, keys.seal(LABEL, &place, &clear, ctx.rng()), sealed));
        }
        let put = move |tx: &mut Tx<'_>| {
            anew.iter().try_for_each(|(version, fresh, sealed)| tx.put(self.update, &[version, fresh, sealed]))
        };
        house.maintain::<_, StoreError>(ctx, put).await
    }
}
