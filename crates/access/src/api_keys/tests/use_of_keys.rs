//! How the use of keys is remembered.

use sealpost_store::both_engines;

use super::house::{ELSEWHERE, HERE, House, powerful};
use crate::api_keys::model::ApiKey;
use crate::api_keys::{Issued, find};

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

    async fn a_network_never_seen_leaves_a_leaf_once_and_the_first_and_familiar_ones_none(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(powerful()).await;
        let alerts = async || house.acts().await.iter().filter(|act| *act == "key.new_network").count();
        used(&house, &key, HERE).await;
        used(&house, &key, "192.0.2.99").await;
        assert_eq!(alerts().await, 0, "the first network, and an address beside it");
        house.test.clock.advance_ms(DAY_MS);
        used(&house, &key, HERE).await;
        assert_eq!(alerts().await, 0, "the same network on another day");
        used(&house, &key, ELSEWHERE).await;
        assert_eq!(alerts().await, 1);
        used(&house, &key, HERE).await;
        used(&house, &key, ELSEWHERE).await;
        assert_eq!(alerts().await, 1, "both are familiar now");
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
