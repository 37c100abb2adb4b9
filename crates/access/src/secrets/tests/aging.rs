//! How an organisation hears that a secret is old, and secrets from before there were fingerprints.

use sealpost_store::{NoticeId, both_engines, sql};
use serde_json::json;

use super::house::House;
use crate::notices;
use crate::secrets::look_after;

const DAY_MS: i64 = 86_400_000;

both_engines! {
    async fn an_old_version_is_told_once_and_a_newer_one_when_it_is_old(test: TestStore) {
        let house = House::new(test).await;
        let path = house.stored("aging", "first").await;
        let (never, late) = (house.stored("never", "a").await, house.stored("late", "b").await);
        house.ask("PATCH", &never, Some(json!({ "remind_after_days": 0 }))).await;
        house.ask("PATCH", &late, Some(json!({ "remind_after_days": 120 }))).await;
        let aged = async || house.acts().await.iter().filter(|act| *act == "secret.aging").count();
        house.test.clock.advance_ms(90 * DAY_MS - 1);
        look_after(house.store()).await.unwrap();
        assert_eq!(aged().await, 0);
        let mut pushed = house.store().bus().subscribe(sealpost_store::outbox::PUSHED);
        house.test.clock.advance_ms(1);
        for _ in 0..2 {
            look_after(house.store()).await.unwrap();
        }
        assert_eq!(aged().await, 1, "once");
        let claim = pushed.recv().await.unwrap().hint.unwrap().downcast::<sealpost_store::Claim>().unwrap();
        let id = NoticeId::from_bytes(claim.target);
        let told = house.store().read(&house.ctx, move |tx| notices::find(tx, id)).await.unwrap().unwrap();
        let secret = path.strip_prefix("/v1/secrets/").unwrap();
        let expected = json!({ "secret_id": secret, "version": 1, "age_days": 90 });
        assert_eq!((told.kind.as_str(), told.data), ("secret.aging", expected), "and no more: a name was typed by somebody");
        house.ask("POST", &format!("{path}/versions"), Some(json!({ "overlap_seconds": 0 }))).await;
        house.test.clock.advance_ms(89 * DAY_MS);
        look_after(house.store()).await.unwrap();
        assert_eq!(aged().await, 2, "the one whose time is later");
        house.test.clock.advance_ms(DAY_MS);
        look_after(house.store()).await.unwrap();
        assert_eq!(aged().await, 3);
    }

    async fn versions_from_before_get_the_fingerprint_they_would_have_had(test: TestStore) {
        let house = House::new(test).await;
        let path = house.stored("older", "first").await;
        let (_, before) = house.ask("GET", &path, None).await;
        house.store().maintain(&house.ctx, |tx| tx.put(sql!("update secret set fingerprint = null where org = $1 and env = $2"), &[])).await.unwrap();
        assert!(house.ask("GET", &path, None).await.1["fingerprint"].is_null());
        look_after(house.store()).await.unwrap();
        assert_eq!(house.ask("GET", &path, None).await.1["fingerprint"], before["fingerprint"]);
    }
}
