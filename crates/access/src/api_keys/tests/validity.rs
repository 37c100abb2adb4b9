//! Whether a presented key is believed.

use std::sync::Arc;
use std::time::Duration;

use sealpost_seal::token::KeyKind;
use sealpost_store::testing::TestStore;
use sealpost_store::{Environment, StoreError, both_engines, sql};
use sealpost_web::{Authenticator, CredentialClass, PermissionSet, Presented, Via};

use super::house::{ELSEWHERE, HERE, House, powerful, secret};
use crate::api_keys::cache::{KeyCache, Known};
use crate::api_keys::model::{Lifetime, NewKey};
use crate::api_keys::{CHANGED, Cidrs, KeyAuthenticator, find, report_leak, revoke_now, rotate_now};
use crate::permissions::{EVERYTHING, MESSAGES_SEND};
use crate::secrets::Overlap;

const DAY_MS: i64 = 86_400_000;

both_engines! {
    async fn a_key_makes_its_caller(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(secret(&[MESSAGES_SEND])).await;
        for _ in 0..2 {
            let caller = house.present(key.plain.expose(), HERE, false).await.unwrap();
            assert_eq!(caller.org, house.ctx.org);
            assert_eq!(caller.permissions, PermissionSet::of(&[MESSAGES_SEND]));
            assert_eq!(caller.credential, CredentialClass::Secret);
            assert_eq!(caller.actor.id, key.key.id.bytes());
        }
    }

    async fn a_revocation_is_effective_on_the_next_request(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(powerful()).await;
        assert_eq!(house.refusal(&key).await, None);
        revoke_now(house.store(), &house.ctx, key.key.id).await.unwrap();
        house.told().await;
        assert_eq!(house.refusal(&key).await, Some("key_revoked"));
        assert_eq!(house.acts().await, ["key.create", "key.revoke"]);
    }

    async fn a_rotated_key_lives_on_for_the_overlap_and_no_longer(test: TestStore) {
        let house = House::new(test).await;
        let old = house.key(powerful()).await;
        let new = rotate_now(house.store(), &house.ctx, old.key.id, Overlap::seconds(3600).unwrap()).await.unwrap();
        house.told().await;
        assert_eq!(new.key.scopes, EVERYTHING);
        assert_eq!(new.key.expires_at, old.key.expires_at);
        assert_eq!((house.refusal(&old).await, house.refusal(&new).await), (None, None));
        house.test.clock.advance_ms(3_599_999);
        assert_eq!(house.refusal(&old).await, None);
        house.test.clock.advance_ms(1);
        assert_eq!(house.refusal(&old).await, Some("key_rotated_out"));
        assert_eq!(house.refusal(&new).await, None);
        assert_eq!(house.acts().await, ["key.create", "key.create", "key.rotate"]);
    }

    async fn a_key_is_rotated_once_and_never_when_it_has_ended(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(powerful()).await;
        rotate_now(house.store(), &house.ctx, key.key.id, Overlap::NONE).await.unwrap();
        house.told().await;
        assert_eq!(house.refusal(&key).await, Some("key_rotated_out"));
        assert!(rotate_now(house.store(), &house.ctx, key.key.id, Overlap::NONE).await.is_err());
        let revoked = house.key(powerful()).await;
        revoke_now(house.store(), &house.ctx, revoked.key.id).await.unwrap();
        assert!(rotate_now(house.store(), &house.ctx, revoked.key.id, Overlap::NONE).await.is_err());
    }

    async fn a_key_ends_by_itself(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(NewKey { lifetime: Lifetime::days(2).unwrap(), ..powerful() }).await;
        assert_eq!(house.refusal(&key).await, None);
        house.test.clock.advance_ms(2 * DAY_MS - 1);
        assert_eq!(house.refusal(&key).await, None);
        house.test.clock.advance_ms(1);
        assert_eq!(house.refusal(&key).await, Some("key_expired"));
    }

    async fn a_key_is_tied_to_its_networks_and_a_secret_one_is_for_no_browser(test: TestStore) {
        let house = House::new(test).await;
        let cidrs = Cidrs::new(vec!["192.0.2.0/24".parse().unwrap()]).unwrap();
        let key = house.key(NewKey { cidrs, ..powerful() }).await;
        let text = key.plain.expose();
        assert!(house.present(text, HERE, false).await.is_ok());
        assert_eq!(house.present(text, ELSEWHERE, false).await.err(), Some("key_address_refused"));
        assert_eq!(house.present(text, HERE, true).await.err(), Some("secret_key_in_browser"));
        let public = house.key(NewKey { kind: KeyKind::Publishable, ..secret(&[]) }).await;
        assert!(house.present(public.plain.expose(), HERE, true).await.is_ok());
    }

    async fn what_is_no_key_or_nobodys_is_refused_without_saying_more(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(powerful()).await;
        let strange = sealpost_seal::token::PlainKey::generate(KeyKind::Secret, Environment::Test, house.ctx.rng());
        assert_eq!(house.present(strange.expose(), HERE, false).await.err(), Some("key_unknown"));
        assert_eq!(house.present("sk_test_nonsense", HERE, false).await.err(), Some("key_malformed"));
        assert_eq!(house.present("", HERE, false).await.err(), Some("key_malformed"));
        let presented = Presented { via: Via::PublishableKey, text: key.plain.expose(), environment: Environment::Test };
        let denial = house.keys.authenticate(presented, HERE.parse().unwrap(), false).await.err().unwrap();
        assert_eq!(denial.refusal.code().code, "key_header_wrong");
        assert_eq!(denial.known.map(|(org, _)| org), Some(house.ctx.org), "its owner's ledger hears of it");
    }

    async fn a_look_up_that_was_under_way_during_a_change_is_not_remembered(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(powerful()).await;
        let caller = house.present(key.plain.expose(), HERE, false).await.unwrap();
        let cache = KeyCache::new(house.store());
        let known = Arc::new(Known { key: key.key.clone(), org: house.ctx.org, caller });
        let began = cache.find(&[1; 32]).err().unwrap();
        cache.forget(key.key.id);
        cache.remember(began, [1; 32], known.clone());
        assert!(cache.find(&[1; 32]).is_err());
        let began = cache.find(&[1; 32]).err().unwrap();
        cache.remember(began, [1; 32], known);
        assert!(cache.find(&[1; 32]).is_ok());
        cache.forget(key.key.id);
        assert!(cache.find(&[1; 32]).is_err());
    }

    async fn a_leaked_secret_key_is_revoked_and_a_publishable_one_is_not(test: TestStore) {
        let house = House::new(test).await;
        let (key, public) = (house.key(powerful()).await, house.key(NewKey { kind: KeyKind::Publishable, ..secret(&[]) }).await);
        let report = async |text: &str| report_leak(house.store(), text, house.ctx.request).await.unwrap();
        assert_eq!(report(public.plain.expose()).await, None);
        assert_eq!(report("not a key").await, None);
        assert_eq!(report(key.plain.expose()).await, Some(key.key.id));
        house.told().await;
        assert_eq!(house.refusal(&key).await, Some("key_revoked"));
        assert_eq!(house.refusal(&public).await, None);
        assert_eq!(house.acts().await.last().unwrap(), "key.revoke leak_reported");
        assert_eq!(house.test.jobs_waiting(&house.ctx).await, 1, "the organisation is told");
        assert_eq!(report(key.plain.expose()).await, Some(key.key.id));
        assert_eq!(house.test.jobs_waiting(&house.ctx).await, 1, "once");
    }

    async fn keys_of_others_are_not_found_and_of_the_other_environment_neither(test: TestStore) {
        let house = House::new(test).await;
        let (key, theirs) = (house.key(powerful()).await, house.test.organisation().await);
        let mut live = house.ctx.clone();
        live.org.environment = Environment::Live;
        let id = key.key.id;
        for ctx in [&theirs, &live] {
            assert!(house.store().read(ctx, move |tx| find(tx, id)).await.unwrap().is_none());
            assert!(revoke_now(house.store(), ctx, id).await.is_err());
            assert!(rotate_now(house.store(), ctx, id, Overlap::NONE).await.is_err());
        }
        assert_eq!(house.refusal(&key).await, None);
    }

    async fn damaged_networks_refuse_the_key_and_do_not_open_it_to_everybody(test: TestStore) {
        let house = House::new(test).await;
        let cidrs = Cidrs::new(vec!["192.0.2.0/24".parse().unwrap()]).unwrap();
        let key = house.key(NewKey { cidrs, ..powerful() }).await;
        house.store().maintain::<_, StoreError>(&house.ctx, |tx| {
            tx.execute(sql!("update api_key set cidrs = '192.0.2' where org = $1 and env = $2"), &[])
        }).await.unwrap();
        assert_eq!(house.present(key.plain.expose(), ELSEWHERE, false).await.err(), Some("internal"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_reaches_every_node() {
    let Some(test) = TestStore::postgres().await else { return };
    let other = test.another_node().await.unwrap();
    let house = House::new(test).await;
    let there = KeyAuthenticator::new(other.clone());
    let mut heard = other.bus().subscribe(CHANGED);
    let (decoy, key) = (house.key(powerful()).await, house.key(powerful()).await);
    // A node that has only just begun may not be listening yet.
    loop {
        revoke_now(house.store(), &house.ctx, decoy.key.id).await.unwrap();
        if tokio::time::timeout(Duration::from_millis(100), heard.recv()).await.is_ok() {
            break;
        }
    }
    let ask = async || {
        let presented = Presented { via: Via::Bearer, text: key.plain.expose(), environment: Environment::Test };
        there.authenticate(presented, HERE.parse().unwrap(), false).await.err().map(|denial| denial.refusal.code().code)
    };
    assert_eq!(ask().await, None, "believed, and remembered");
    revoke_now(house.store(), &house.ctx, key.key.id).await.unwrap();
    while heard.recv().await.unwrap().id != key.key.id.bytes() {}
    assert_eq!(ask().await, Some("key_revoked"));
}
