//! How the use of keys is remembered.

use sealpost_store::{Environment, both_engines};
use sealpost_web::{Authenticator, Presented, Via};

use super::house::{ELSEWHERE, HERE, House, powerful};
use crate::api_keys::model::{ApiKey, Lifetime, NewKey};
use crate::api_keys::{Day, Issued, KeyAuthenticator, find, look_after, usage};

const DAY_MS: i64 = 86_400_000;

async fn stored(house: &House, key: &Issued) -> ApiKey {
    let id = key.key.id;
    house.store().read(&house.ctx, move |tx| find(tx, id)).await.unwrap().unwrap()
}

async fn used(house: &House, key: &Issued, peer: &str) {
    house.present(key.plain.expose(), peer, false).await.unwrap();
    house.keys.uses().flush().await.unwrap();
}

both_engines! {
    async fn uses_are_counted_and_written_together(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(powerful()).await;
        for _ in 0..5 {
            house.present(key.plain.expose(), HERE, false).await.unwrap();
        }
        assert_eq!(stored(&house, &key).await.uses, 0, "a request writes nothing");
        house.keys.uses().flush().await.unwrap();
        let after = stored(&house, &key).await;
        assert_eq!((after.uses, after.last_use.unwrap().at), (5, house.ctx.now()));
        house.keys.uses().flush().await.unwrap();
        assert_eq!(stored(&house, &key).await.uses, 5);
    }

    async fn a_refused_use_counts_for_nothing(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(powerful()).await;
        house.present(key.plain.expose(), HERE, true).await.err().unwrap();
        house.keys.uses().flush().await.unwrap();
        assert_eq!(stored(&house, &key).await.uses, 0);
    }

    async fn uses_are_counted_for_each_day_however_they_are_written(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(powerful()).await;
        house.present(key.plain.expose(), HERE, false).await.unwrap();
        house.test.clock.advance_ms(DAY_MS);
        for _ in 0..2 {
            house.present(key.plain.expose(), HERE, false).await.unwrap();
        }
        house.keys.uses().flush().await.unwrap();
        used(&house, &key, HERE).await;
        let id = key.key.id;
        let usage = house.store().read(&house.ctx, move |tx| usage(tx, id)).await.ok().unwrap();
        let today = Day::of(house.ctx.now());
        assert_eq!(usage.days, [(today, 3), (today.minus(1), 1)], "one flush may see midnight, one day several flushes");
        assert_eq!(usage.key.uses, 4);
    }

    async fn counts_of_nodes_add_up(test: TestStore) {
        let house = House::new(test).await;
        let Some(other) = house.test.another_node().await else { return };
        let other = KeyAuthenticator::new(other);
        let key = house.key(powerful()).await;
        for keys in [&house.keys, &other, &other] {
            let presented = Presented { via: Via::Bearer, text: key.plain.expose(), environment: Environment::Test };
            keys.authenticate(presented, HERE.parse().unwrap(), false).await.ok().unwrap();
        }
        let (ours, theirs) = (house.keys.uses(), other.uses());
        let (ours, theirs) = tokio::join!(ours.flush(), theirs.flush());
        assert!(ours.is_ok() && theirs.is_ok());
        let id = key.key.id;
        let usage = house.store().read(&house.ctx, move |tx| usage(tx, id)).await.ok().unwrap();
        assert_eq!((usage.key.uses, usage.days), (3, vec![(Day::of(house.ctx.now()), 3)]));
    }

    async fn counts_are_kept_for_90_days(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(NewKey { lifetime: Lifetime::days(366).unwrap(), ..powerful() }).await;
        used(&house, &key, HERE).await;
        let first = Day::of(house.ctx.now());
        let id = key.key.id;
        let kept = async || house.store().read(&house.ctx, move |tx| usage(tx, id)).await.ok().unwrap().days;
        house.test.clock.advance_ms(90 * DAY_MS);
        look_after(house.store()).await.unwrap();
        assert_eq!(kept().await, [(first, 1)]);
        house.test.clock.advance_ms(DAY_MS);
        look_after(house.store()).await.unwrap();
        assert!(kept().await.is_empty());
        assert_eq!(stored(&house, &key).await.uses, 1, "the sum stays");
    }

    async fn the_network_shown_is_no_address_and_changes_with_the_day(test: TestStore) {
        let house = House::new(test).await;
        let (key, other) = (house.key(powerful()).await, house.key(powerful()).await);
        used(&house, &key, HERE).await;
        used(&house, &other, HERE).await;
        let today = stored(&house, &key).await.last_use.unwrap().network();
        assert!(today.len() == 8 && today.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_ne!(today, stored(&house, &other).await.last_use.unwrap().network(), "keys can't be linked by it");
        house.test.clock.advance_ms(DAY_MS);
        used(&house, &key, HERE).await;
        assert_ne!(stored(&house, &key).await.last_use.unwrap().network(), today);
    }

    async fn uses_that_can_not_be_written_are_kept_for_the_next_time(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(powerful()).await;
        used(&house, &key, HERE).await;
        house.test.break_ledger(true);
        house.present(key.plain.expose(), ELSEWHERE, false).await.unwrap();
        assert!(house.keys.uses().flush().await.is_err(), "no alert without its leaf");
        house.test.break_ledger(false);
        used(&house, &key, ELSEWHERE).await;
        assert_eq!(stored(&house, &key).await.uses, 3);
        assert_eq!(house.acts().await.last().unwrap(), "key.new_network");
    }
}
