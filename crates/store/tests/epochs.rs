//! What is promised about the keys of blind indexes, on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use sealpost_store::testing::TestStore;
use sealpost_store::{Clock, Ctx, Environment, Epoch, OrgId, both_engines};

const MONTH_MS: i64 = 31 * 86_400_000;
const VALUE: &str = "+12025550143";

/// What a value's index is under each living epoch, newest first.
async fn indexes(house: &TestStore, org: OrgId) -> Vec<(u32, [u8; 16])> {
    let epochs = house.store.keys().epochs(org, house.store.world().clock.now()).await.unwrap();
    let all = std::iter::once(&epochs.current).chain(&epochs.before);
    all.map(|one| (one.epoch.number(), one.index(Environment::Test, "phone").of(VALUE))).collect()
}

/// The wrapped key of an epoch, as it is stored.
async fn wrapped(house: &TestStore, ctx: &Ctx, epoch: u32) -> Option<Vec<u8>> {
    if house.urls.is_some() {
        let [_, keys] = support::postgres(house).await;
        let org = uuid::Uuid::from_bytes(ctx.org.id.bytes());
        keys.batch_execute(&format!("set app.org = '{org}'")).await.unwrap();
        let sql = format!("select wrapped from index_key where org = '{org}' and epoch = {epoch}");
        return keys.query_opt(&sql, &[]).await.unwrap().map(|row| row.get(0));
    }
    let [_, keys] = support::sqlite(house);
    let mut statement = keys.prepare("select wrapped from index_key where org = ?1 and epoch = ?2").unwrap();
    let mut rows = statement.query((ctx.org.id.bytes(), epoch)).unwrap();
    rows.next().unwrap().map(|row| row.get(0).unwrap())
}

both_engines! {
    async fn an_index_key_is_there_before_its_month_and_the_same_for_everybody(house: TestStore) {
        let (ctx, others) = (house.organisation().await, house.organisation().await);
        let first = indexes(&house, ctx.org.id).await;
        assert_eq!(first, indexes(&house, ctx.org.id).await);
        assert_ne!(first, indexes(&house, others.org.id).await);
        assert!(wrapped(&house, &ctx, 1).await.is_some(), "next month's is ready");
        house.clock.advance_ms(MONTH_MS);
        let later = indexes(&house, ctx.org.id).await;
        assert_eq!(later.iter().map(|(epoch, _)| *epoch).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(later[1], first[0]);
        assert_ne!(later[0].1, later[1].1);
        house.clock.advance_ms(2 * MONTH_MS);
        assert_eq!(indexes(&house, ctx.org.id).await.len(), 3, "an epoch nobody prepared is made when it is needed");
    }

    async fn a_destroyed_index_key_is_in_no_file_and_nothing_makes_its_values_again(house: TestStore) {
        let ctx = house.organisation().await;
        let old = indexes(&house, ctx.org.id).await[0];
        let stored = wrapped(&house, &ctx, old.0).await.unwrap();
        house.clock.advance_ms(MONTH_MS);
        assert!(indexes(&house, ctx.org.id).await.contains(&old));
        house.store.keys().destroy_epoch(ctx.org.id, Epoch::from_number(old.0)).await.unwrap();
        house.store.keys().prepare_epochs(ctx.org.id, house.store.world().clock.now()).await.unwrap();
        assert!(wrapped(&house, &ctx, old.0).await.is_none());
        let left = indexes(&house, ctx.org.id).await;
        assert!(left.iter().all(|(epoch, value)| *epoch > old.0 && *value != old.1), "{left:?}");
        let Some(folder) = &house.folder else { return };
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(stored.len()).any(|window| window == stored), "{path:?}");
        }
        // What is left, opened with the root key, is all there is to make indexes from.
        house.clock.advance_ms(-MONTH_MS);
        let reopened = house.reopened().await;
        assert_ne!(indexes(&reopened, ctx.org.id).await[0].1, old.1);
    }
}
