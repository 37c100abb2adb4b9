//! What hand-overs promise, on both engines.

use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::{HandOverId, RequestId, StoreError, both_engines};
use serde_json::{Value, json};

use super::service::{self, Opened};
use super::store;
use super::upkeep::look_after;
use crate::secrets::tests::house::House;
use crate::secrets::{NewSecret, Origin, Purpose};

/// Hands over a new value of the secret at `path`; answers the hand-over and the token of its link.
async fn handed(house: &House, path: &str) -> (Value, String) {
    let body = json!({ "overlap_seconds": 3_600, "expires_in_seconds": 600 });
    let (status, made) = house.ask("POST", &format!("{path}/handover"), Some(body)).await;
    assert_eq!(status, 201, "{made}");
    let link = made["link"].as_str().unwrap();
    let (page, token) = link.split_once('#').unwrap();
    assert_eq!(page, "https://sealpost.example.com/handover");
    let token = token.to_owned();
    (made, token)
}

async fn open(house: &House, token: &str) -> Opened {
    let request = RequestId::new(&house.ctx.world);
    service::open(house.store(), token, request).await.unwrap_or_else(|_| panic!("a link is answered")).0
}

async fn state(house: &House, made: &Value) -> String {
    let (status, shown) = house.ask("GET", &format!("/v1/handovers/{}", made["id"].as_str().unwrap()), None).await;
    assert_eq!(status, 200, "{shown}");
    shown["state"].as_str().unwrap().to_owned()
}

async fn wrapped(house: &House, made: &Value) -> Option<Vec<u8>> {
    let id: HandOverId = made["id"].as_str().unwrap().parse().unwrap();
    house.store().read::<_, StoreError>(&house.ctx, move |tx| store::wrapped(tx, id)).await.unwrap()
}

both_engines! {
    async fn a_link_shows_the_new_value_once_and_what_was_kept_of_it_is_gone(test: TestStore) {
        let house = House::new(test).await;
        let path = house.stored("shop-signing", "first").await;
        let (made, token) = handed(&house, &path).await;
        assert_eq!((&made["version"], &made["state"], &made["secret_name"]), (&json!(2), &json!("open"), &json!("shop-signing")));
        assert!(wrapped(&house, &made).await.is_some());
        let Opened::Value(value) = open(&house, &token).await else { panic!("it opens") };
        assert_eq!(value.expose().len(), 43, "256 bits");
        assert!(wrapped(&house, &made).await.is_none());
        let used = house.newest(&path).await;
        assert_eq!(used, value.expose(), "what was handed over is what is used");
        assert_eq!(state(&house, &made).await, "opened");
        let (_, list) = house.ask("GET", "/v1/handovers", None).await;
        for shown in [list, house.ask("GET", &path, None).await.1, made] {
            assert!(!shown.to_string().contains(value.expose()), "no route shows it: {shown}");
        }
    }

    async fn a_second_opening_is_refused_on_record_and_raises_one_alarm(test: TestStore) {
        let house = House::new(test).await;
        let path = house.stored("shop-signing", "first").await;
        let (made, token) = handed(&house, &path).await;
        assert!(matches!(open(&house, &token).await, Opened::Value(_)));
        let before = house.test.jobs_waiting(&house.ctx).await;
        for _ in 0..3 {
            assert!(matches!(open(&house, &token).await, Opened::Before(_)));
        }
        assert_eq!(house.test.jobs_waiting(&house.ctx).await, before + 1, "one notice, however often somebody tries");
        assert_eq!(state(&house, &made).await, "opened_again");
        let opened = house.acts().await.into_iter().filter(|act| act == "secret.handed_over").count();
        assert_eq!(opened, 4, "every try is on record");
    }

    async fn the_alarm_is_raised_by_the_first_who_comes_second_and_by_nobody_else(test: TestStore) {
        let house = House::new(test).await;
        let path = house.stored("shop-signing", "first").await;
        let (_, token) = handed(&house, &path).await;
        let mut alarms = Vec::new();
        for _ in 0..4 {
            let request = RequestId::new(&house.ctx.world);
            let opened = service::open(house.store(), &token, request).await;
            alarms.push(opened.unwrap_or_else(|_| panic!("a link is answered")).1.map(|alarm| alarm.0.org));
        }
        assert_eq!(alarms, [None, Some(house.ctx.org), None, None]);
    }

    async fn of_many_who_open_at_once_one_sees_the_value(test: TestStore) {
        let house = House::new(test).await;
        let path = house.stored("shop-signing", "first").await;
        let (_, token) = handed(&house, &path).await;
        let all = futures_util::future::join_all((0..8).map(|_| open(&house, &token))).await;
        assert_eq!(all.iter().filter(|one| matches!(one, Opened::Value(_))).count(), 1);
        assert!(all.iter().all(|one| !matches!(one, Opened::Gone)));
    }

    async fn a_link_that_is_over_or_was_taken_back_is_as_unknown_as_none(test: TestStore) {
        let house = House::new(test).await;
        let path = house.stored("shop-signing", "first").await;
        let (over, late) = handed(&house, &path).await;
        let (back, revoked) = handed(&house, &path).await;
        let revoke = format!("/v1/handovers/{}/revoke", back["id"].as_str().unwrap());
        let (status, shown) = house.ask("POST", &revoke, None).await;
        assert_eq!((status, &shown["state"]), (200, &json!("revoked")));
        assert!(wrapped(&house, &back).await.is_none(), "taken back is destroyed");
        let (status, problem) = house.ask("POST", &revoke, None).await;
        assert_eq!((status, &problem["code"]), (409, &json!("handover_over")));
        house.test.clock.advance_ms(600_000);
        for token in [late.as_str(), revoked.as_str(), "hand_nobody", "", "#", &late[..late.len() - 1], &"x".repeat(5_000)] {
            assert!(matches!(open(&house, token).await, Opened::Gone), "{token}");
        }
        assert_eq!(state(&house, &over).await, "expired");
        assert!(wrapped(&house, &over).await.is_some());
        look_after(house.store()).await.unwrap();
        assert!(wrapped(&house, &over).await.is_none(), "what nobody opened is destroyed");
        assert!(house.acts().await.contains(&"secret.hand_over_expire".to_owned()));
        house.test.clock.advance_ms(32 * 86_400_000);
        look_after(house.store()).await.unwrap();
        let (_, list) = house.ask("GET", "/v1/handovers", None).await;
        assert_eq!(list["data"], json!([]), "and forgotten after a month");
    }

    async fn without_its_leaf_a_link_shows_nothing_and_stays_good(test: TestStore) {
        let house = House::new(test).await;
        let path = house.stored("shop-signing", "first").await;
        let (made, token) = handed(&house, &path).await;
        house.test.break_ledger(true);
        let tried = service::open(house.store(), &token, RequestId::new(&house.ctx.world)).await;
        house.test.break_ledger(false);
        assert!(tried.is_err() && state(&house, &made).await == "open");
        assert!(matches!(open(&house, &token).await, Opened::Value(_)));
    }

    async fn a_secret_that_goes_takes_its_hand_overs_along(test: TestStore) {
        let house = House::new(test).await;
        let path = house.stored("shop-signing", "first").await;
        let (_, token) = handed(&house, &path).await;
        assert_eq!(house.ask("DELETE", &path, None).await.0, 204);
        assert!(matches!(open(&house, &token).await, Opened::Gone));
        assert_eq!(house.ask("GET", "/v1/handovers", None).await.1["data"], json!([]));
    }

    async fn what_the_product_keeps_is_not_handed_over_and_a_repeated_request_shows_no_link(test: TestStore) {
        let house = House::new(test).await;
        let path = house.stored("shop-signing", "first").await;
        let body = json!({ "overlap_seconds": 0 });
        let (_, other) = house.ask("POST", "/v1/secrets", Some(json!({ "name": "other" }))).await;
        let other = format!("/v1/secrets/{}/handover", other["id"].as_str().unwrap());
        let again = || house.ask_from("192.0.2.10", "POST", &other, Some(body.clone()), Some("k-1"));
        let ((_, first), (status, second)) = (again().await, again().await);
        assert!(first["link"].is_string());
        assert_eq!((status, &second["id"], &second["link"]), (201, &first["id"], &Value::Null));
        let new = NewSecret::new(SecretText::new("own".into()), KeyEncoding::Text, Origin::Generated).unwrap();
        let managed = house.made(Purpose::new("endpoint.signing"), new).await;
        let (status, problem) = house.ask("POST", &format!("/v1/secrets/{managed}/handover"), Some(body.clone())).await;
        assert_eq!((status, &problem["code"]), (409, &json!("secret_managed")));
        for bad in [json!({}), json!({ "overlap_seconds": 0, "expires_in_seconds": 59 }), json!({ "overlap_seconds": 0, "value": "mine" })] {
            let (status, problem) = house.ask("POST", &format!("{path}/handover"), Some(bad)).await;
            assert!(matches!(status, 400 | 422), "{problem}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_value_nor_token_is_in_any_file() {
    let house = House::new(sealpost_store::testing::TestStore::sqlite().await).await;
    let path = house.stored("shop-signing", "first").await;
    let (_, token) = handed(&house, &path).await;
    let look = |what: &str, bytes: &[u8]| {
        for entry in std::fs::read_dir(house.test.folder.as_ref().unwrap().path()).unwrap() {
            let file = entry.unwrap().path();
            let Ok(kept) = std::fs::read(&file) else { continue };
            assert!(!kept.windows(bytes.len()).any(|window| window == bytes), "{what} in {}", file.display());
        }
    };
    look("token", token.as_bytes());
    let Opened::Value(value) = open(&house, &token).await else { panic!("it opens") };
    for (what, text) in [("token", token.as_str()), ("value", value.expose())] {
        look(what, text.as_bytes());
    }
}
