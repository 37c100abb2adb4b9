//! What is out of the ordinary in the use of a key.

use sealpost_seal::token::KeyKind;
use sealpost_store::testing::TestStore;
use sealpost_store::{Environment, both_engines};
use sealpost_web::{Authenticator, Presented, Via};

use super::house::{ELSEWHERE, HERE, House, powerful, secret};
use crate::api_keys::model::{Lifetime, NewKey};
use crate::api_keys::{Issued, KeyAuthenticator, look_after};

const DAY_MS: i64 = 86_400_000;

async fn used(house: &House, key: &Issued, peer: &str) {
    house.present(key.plain.expose(), peer, false).await.unwrap();
    house.keys.uses().flush().await.unwrap();
}

async fn count(house: &House, action: &str) -> usize {
    house.acts().await.iter().filter(|act| *act == action).count()
}

async fn strangers(house: &House) -> usize {
    count(house, "key.new_network").await
}

/// A key that outlives these tests.
async fn lasting(house: &House) -> Issued {
    house.key(NewKey { lifetime: Lifetime::days(366).unwrap(), ..powerful() }).await
}

both_engines! {
    async fn a_network_never_seen_leaves_a_leaf_once_and_the_first_and_familiar_ones_none(test: TestStore) {
        let house = House::new(test).await;
        let key = lasting(&house).await;
        used(&house, &key, HERE).await;
        used(&house, &key, "192.0.2.99").await;
        assert_eq!(strangers(&house).await, 0, "the first network, and an address beside it");
        house.test.clock.advance_ms(DAY_MS);
        used(&house, &key, HERE).await;
        assert_eq!(strangers(&house).await, 0, "the same network on another day");
        used(&house, &key, ELSEWHERE).await;
        assert_eq!(strangers(&house).await, 1);
        assert_eq!(house.test.jobs_waiting(&house.ctx).await, 1, "and is told");
        for _ in 0..3 {
            house.test.clock.advance_ms(DAY_MS);
            used(&house, &key, HERE).await;
            used(&house, &key, ELSEWHERE).await;
        }
        assert_eq!(strangers(&house).await, 1, "both are familiar now");
    }

    async fn a_network_not_seen_for_90_days_is_strange_again(test: TestStore) {
        let house = House::new(test).await;
        let key = lasting(&house).await;
        used(&house, &key, HERE).await;
        used(&house, &key, ELSEWHERE).await;
        for _ in 0..7 {
            house.test.clock.advance_ms(13 * DAY_MS);
            used(&house, &key, HERE).await;
        }
        look_after(house.store()).await.unwrap();
        used(&house, &key, HERE).await;
        assert_eq!(strangers(&house).await, 1);
        used(&house, &key, ELSEWHERE).await;
        assert_eq!(strangers(&house).await, 2);
    }

    async fn a_key_used_from_anywhere_is_no_news_any_more(test: TestStore) {
        let house = House::new(test).await;
        let key = lasting(&house).await;
        for network in 0..40 {
            used(&house, &key, &format!("198.51.{network}.1")).await;
        }
        assert_eq!(strangers(&house).await, 31);
        used(&house, &key, "198.51.0.1").await;
        used(&house, &key, "198.51.39.1").await;
        assert_eq!(strangers(&house).await, 31);
    }

    async fn a_publishable_key_is_used_from_wherever_people_are(test: TestStore) {
        let house = House::new(test).await;
        let public = house.key(NewKey { kind: KeyKind::Publishable, ..secret(&[]) }).await;
        used(&house, &public, HERE).await;
        used(&house, &public, ELSEWHERE).await;
        assert_eq!(strangers(&house).await, 0);
    }

    async fn a_key_that_slept_is_told_of_when_it_wakes_and_not_before_or_after(test: TestStore) {
        let house = House::new(test).await;
        let (key, never_used) = (lasting(&house).await, lasting(&house).await);
        used(&house, &key, HERE).await;
        house.test.clock.advance_ms(29 * DAY_MS);
        used(&house, &key, HERE).await;
        assert_eq!(count(&house, "key.idle_woken").await, 0);
        house.test.clock.advance_ms(30 * DAY_MS);
        for key in [&key, &key, &never_used, &never_used] {
            used(&house, key, HERE).await;
        }
        assert_eq!(count(&house, "key.idle_woken").await, 2, "each once");
        assert_eq!(house.test.jobs_waiting(&house.ctx).await, 2);
    }

    async fn nodes_that_see_the_same_at_the_same_time_tell_once(test: TestStore) {
        let house = House::new(test).await;
        let Some(other) = house.test.another_node().await else { return };
        let other = KeyAuthenticator::new(other);
        let key = lasting(&house).await;
        used(&house, &key, HERE).await;
        house.test.clock.advance_ms(40 * DAY_MS);
        for keys in [&house.keys, &other] {
            let presented = Presented { via: Via::Bearer, text: key.plain.expose(), environment: Environment::Test };
            keys.authenticate(presented, ELSEWHERE.parse().unwrap(), false).await.ok().unwrap();
        }
        let (ours, theirs) = (house.keys.uses(), other.uses());
        let (ours, theirs) = tokio::join!(ours.flush(), theirs.flush());
        assert!(ours.is_ok() && theirs.is_ok());
        assert_eq!((strangers(&house).await, count(&house, "key.idle_woken").await), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_familiar_stays_so_over_a_restart() {
    let house = House::new(TestStore::sqlite().await).await;
    let key = lasting(&house).await;
    used(&house, &key, HERE).await;
    used(&house, &key, ELSEWHERE).await;
    let house = house.restarted().await;
    used(&house, &key, HERE).await;
    used(&house, &key, ELSEWHERE).await;
    assert_eq!(strangers(&house).await, 1);
    used(&house, &key, "198.51.100.1").await;
    assert_eq!(strangers(&house).await, 2);
}
