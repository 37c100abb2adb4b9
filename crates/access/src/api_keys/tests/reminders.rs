//! How an organisation hears that a key is about to end.

use sealpost_store::{Store, StoreError, both_engines, sql};

use super::house::{House, powerful};
use crate::api_keys::model::{Lifetime, NewKey};
use crate::api_keys::{Issued, create_first, look_after, revoke_now, rotate_now};
use crate::notices;
use crate::secrets::Overlap;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

/// What the ledger says of ends, oldest first.
async fn said(house: &House) -> Vec<String> {
    house.acts().await.into_iter().filter(|act| act.starts_with("key.expir")).collect()
}

async fn lives(house: &House, days: u16) -> Issued {
    house.key(NewKey { lifetime: Lifetime::days(days).unwrap(), ..powerful() }).await
}

/// Time goes by, looked at twice a day.
async fn pass(house: &House, days: i64) {
    for _ in 0..days * 2 {
        house.test.clock.advance_ms(12 * HOUR_MS);
        look_after(house.store()).await.unwrap();
    }
}

both_engines! {
    async fn a_key_is_told_of_14_and_3_days_and_a_day_before_its_end_and_at_it(test: TestStore) {
        let house = House::new(test).await;
        lives(&house, 90).await;
        house.test.clock.advance_ms(70 * DAY_MS);
        pass(&house, 5).await;
        assert!(said(&house).await.is_empty());
        for (days, expected) in [(1, "key.expiring days_14"), (11, "key.expiring days_3"), (2, "key.expiring days_1"), (1, "key.expired")] {
            pass(&house, days).await;
            assert_eq!(said(&house).await.last().unwrap(), expected);
        }
        pass(&house, 2).await;
        assert_eq!(said(&house).await.len(), 4, "each once");
        assert_eq!(house.test.jobs_waiting(&house.ctx).await, 4, "and told");
    }

    async fn a_reminder_tells_which_key_and_when(test: TestStore) {
        let house = House::new(test).await;
        let key = lives(&house, 30).await;
        house.test.clock.advance_ms(27 * DAY_MS + HOUR_MS);
        let mut pushed = house.store().bus().subscribe(sealpost_store::outbox::PUSHED);
        look_after(house.store()).await.unwrap();
        let claim = pushed.recv().await.unwrap().hint.unwrap().downcast::<sealpost_store::Claim>().unwrap();
        let id = sealpost_store::NoticeId::from_bytes(claim.target);
        let told = house.store().read(&house.ctx, move |tx| notices::find(tx, id)).await.unwrap().unwrap();
        assert_eq!(told.kind, "api_key.expiring");
        let expected = serde_json::json!({ "key_id": key.key.id, "expires_at": key.key.expires_at, "days_left": 3 });
        assert_eq!(told.data, expected, "and no more: a name was typed by somebody");
    }

    async fn what_was_missed_is_told_once_as_it_is_now(test: TestStore) {
        let house = House::new(test).await;
        lives(&house, 90).await;
        house.test.clock.advance_ms(88 * DAY_MS);
        look_after(house.store()).await.unwrap();
        assert_eq!(said(&house).await, ["key.expiring days_3"]);
        house.test.clock.advance_ms(30 * DAY_MS);
        look_after(house.store()).await.unwrap();
        assert_eq!(said(&house).await, ["key.expiring days_3", "key.expired"]);
    }

    async fn a_key_of_few_days_is_not_told_of_the_moment_it_is_made(test: TestStore) {
        let house = House::new(test).await;
        for days in [1, 3, 14] {
            lives(&house, days).await;
        }
        look_after(house.store()).await.unwrap();
        assert!(said(&house).await.is_empty());
        pass(&house, 1).await;
        assert_eq!(said(&house).await, ["key.expired"]);
    }

    async fn a_key_that_was_revoked_or_replaced_is_not_told_of(test: TestStore) {
        let house = House::new(test).await;
        let (revoked, rotated) = (lives(&house, 20).await, lives(&house, 20).await);
        revoke_now(house.store(), &house.ctx, revoked.key.id).await.unwrap();
        rotate_now(house.store(), &house.ctx, rotated.key.id, Overlap::seconds(3600).unwrap()).await.unwrap();
        pass(&house, 21).await;
        assert_eq!(said(&house).await.len(), 4, "the successor's, and no others");
    }

    async fn several_who_look_at_the_same_time_tell_once(test: TestStore) {
        let house = House::new(test).await;
        for _ in 0..5 {
            lives(&house, 30).await;
        }
        house.test.clock.advance_ms(17 * DAY_MS);
        let other = house.test.another_node().await;
        let nodes: Vec<&Store> = [Some(house.store()), other.as_ref()].into_iter().flatten().collect();
        let rounds = (0..8).map(|at| nodes[at % nodes.len()].clone()).map(|node| tokio::spawn(async move { look_after(&node).await }));
        for round in rounds.collect::<Vec<_>>() {
            round.await.unwrap().unwrap();
        }
        assert_eq!(said(&house).await, ["key.expiring days_14"; 5]);
        assert_eq!(house.test.jobs_waiting(&house.ctx).await, 5);
    }

    async fn an_organisation_whose_keys_can_not_be_read_does_not_silence_the_others(test: TestStore) {
        let house = House::new(test).await;
        lives(&house, 30).await;
        house.store().maintain::<_, StoreError>(&house.ctx, |tx| {
            tx.execute(sql!("update api_key set cidrs = '192.0.2' where org = $1 and env = $2"), &[])
        }).await.unwrap();
        house.test.clock.advance_ms(1);
        let other = house.test.organisation().await;
        let new = NewKey { lifetime: Lifetime::days(30).unwrap(), ..powerful() };
        assert!(create_first(house.store(), &other, new).await.is_ok());
        house.test.clock.advance_ms(17 * DAY_MS);
        assert!(look_after(house.store()).await.is_err());
        assert_eq!(house.test.jobs_waiting(&other).await, 1);
    }

    async fn nothing_is_told_that_is_not_in_the_ledger(test: TestStore) {
        let house = House::new(test).await;
        lives(&house, 30).await;
        house.test.clock.advance_ms(17 * DAY_MS);
        house.test.break_ledger(true);
        assert!(look_after(house.store()).await.is_err());
        house.test.break_ledger(false);
        assert_eq!(house.test.jobs_waiting(&house.ctx).await, 0);
        look_after(house.store()).await.unwrap();
        assert_eq!((said(&house).await.len(), house.test.jobs_waiting(&house.ctx).await), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_no_reminder_and_repeats_none() {
    let house = House::new(sealpost_store::testing::TestStore::sqlite().await).await;
    lives(&house, 30).await;
    house.test.clock.advance_ms(17 * DAY_MS);
    look_after(house.store()).await.unwrap();
    let house = house.restarted().await;
    look_after(house.store()).await.unwrap();
    assert_eq!(said(&house).await, ["key.expiring days_14"]);
    assert_eq!(house.test.jobs_waiting(&house.ctx).await, 1);
    pass(&house, 10).await;
    assert_eq!(said(&house).await, ["key.expiring days_14", "key.expiring days_3"]);
}
