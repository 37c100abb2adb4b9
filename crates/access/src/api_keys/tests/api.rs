//! What the API of keys promises.

use sealpost_seal::Personal;
use sealpost_seal::token::{KeyKind, PlainKey};
use sealpost_seal::viewer::Field;
use sealpost_store::both_engines;
use sealpost_store::testing::TestStore;
use serde_json::{Value, json};

use super::house::{HERE, House, powerful, secret};
use crate::api_keys::{Issued, KeyMask, NewKey};
use crate::permissions::{KEYS_MANAGE, KEYS_READ, MESSAGES_SEND};

fn body() -> Value {
    json!({ "name": "Shop", "kind": "secret", "scopes": ["messages:send"], "expires_in_days": 30, "cidrs": ["192.0.2.0/24"] })
}

/// The key in an answer that shows it.
fn issued(house: &House, like: &Issued, answer: &Value) -> Issued {
    assert_eq!(house.ctx.org.environment, like.key.environment);
    let mut key = like.key.clone();
    key.id = answer["id"].as_str().unwrap().parse().unwrap();
    Issued { key, plain: PlainKey::parse(answer["key"].as_str().unwrap()).unwrap() }
}

both_engines! {
    async fn a_key_made_by_the_api_works_and_is_never_shown_again(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.key(powerful()).await;
        let (status, made) = house.call(Some(&owner), "POST", "/v1/keys", Some(body())).await;
        assert_eq!(status, 201, "{made}");
        let key = issued(&house, &owner, &made);
        assert_eq!((key.plain.kind(), house.refusal(&key).await), (KeyKind::Secret, None));
        let path = format!("/v1/keys/{}", key.key.id);
        for path in [path.as_str(), "/v1/keys"] {
            let (status, shown) = house.call(Some(&owner), "GET", path, None).await;
            assert_eq!(status, 200);
            let shown = shown.to_string();
            assert!(shown.contains("messages:send") && shown.contains(key.plain.last4()));
            assert!(!shown.contains(key.plain.expose()) && !shown.contains(&key.plain.expose()[8..40]));
        }
    }

    async fn a_repeated_request_makes_one_key_and_shows_it_once(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.key(powerful()).await;
        let (_, first) = house.call_once(Some(&owner), "POST", "/v1/keys", Some(body()), Some("k-1")).await;
        let (status, again) = house.call_once(Some(&owner), "POST", "/v1/keys", Some(body()), Some("k-1")).await;
        assert_eq!((status, &again["id"], &again["key"]), (201, &first["id"], &Value::Null));
        let (_, list) = house.call(Some(&owner), "GET", "/v1/keys", None).await;
        assert_eq!(list["data"].as_array().unwrap().len(), 2);
    }

    async fn a_key_revoked_by_the_api_is_refused_on_the_next_request(test: TestStore) {
        let house = House::new(test).await;
        let (owner, key) = (house.key(powerful()).await, house.key(secret(&[KEYS_READ])).await);
        assert_eq!(house.call(Some(&key), "GET", "/v1/keys", None).await.0, 200);
        let path = format!("/v1/keys/{}/revoke", key.key.id);
        let (status, shown) = house.call(Some(&owner), "POST", &path, None).await;
        assert_eq!((status, &shown["state"]), (200, &json!("revoked")));
        let (status, problem) = house.call(Some(&key), "GET", "/v1/keys", None).await;
        assert_eq!((status, &problem["code"]), (401, &json!("key_revoked")));
        assert!(house.acts().await.contains(&"access.deny key_revoked".to_owned()));
    }

    async fn nobody_gives_or_rotates_themselves_into_what_they_may_not_do(test: TestStore) {
        let house = House::new(test).await;
        let (clerk, sender) = (house.key(secret(&[KEYS_MANAGE])).await, house.key(secret(&[MESSAGES_SEND])).await);
        let (status, problem) = house.call(Some(&clerk), "POST", "/v1/keys", Some(body())).await;
        assert_eq!((status, &problem["code"], &problem["scopes"]), (403, &json!("scopes_exceeded"), &json!(["messages:send"])));
        let path = format!("/v1/keys/{}/rotate", sender.key.id);
        let (status, problem) = house.call(Some(&clerk), "POST", &path, Some(json!({ "overlap_seconds": 0 }))).await;
        assert_eq!((status, &problem["code"]), (403, &json!("scopes_exceeded")));
        assert_eq!(house.refusal(&sender).await, None, "and it still works");
        let (status, _) = house.call(Some(&sender), "GET", "/v1/keys", None).await;
        assert_eq!(status, 403);
    }

    async fn a_key_sees_what_its_mask_leaves_and_gives_no_more(test: TestStore) {
        let house = House::new(test).await;
        let phone = Personal::new("+4791234567".to_owned());
        let seen = async |key: &Issued| {
            let caller = house.present(key.plain.expose(), HERE, false).await.unwrap();
            caller.viewer.text(&phone, Field::Phone).display().to_owned()
        };
        let (owner, blind) = (house.key(NewKey { mask: KeyMask::Last4, ..powerful() }).await, house.key(powerful()).await);
        assert_eq!((seen(&owner).await, seen(&blind).await), ("•••••4567".into(), "xxxxx".into()));
        let with = |mask: &str| {
            let mut body = body();
            body["mask_profile"] = json!(mask);
            Some(body)
        };
        let (status, made) = house.call(Some(&owner), "POST", "/v1/keys", with("last4")).await;
        assert_eq!((status, &made["mask_profile"]), (201, &json!("last4")), "{made}");
        assert_eq!(seen(&issued(&house, &owner, &made)).await, "•••••4567");
        let path = format!("/v1/keys/{}/rotate", made["id"].as_str().unwrap());
        let (_, successor) = house.call(Some(&owner), "POST", &path, Some(json!({ "overlap_seconds": 60 }))).await;
        assert_eq!(successor["mask_profile"], "last4");
        for (who, mask, most) in [(&owner, "first3_last4", "last4"), (&blind, "last4", "full")] {
            let (status, problem) = house.call(Some(who), "POST", "/v1/keys", with(mask)).await;
            assert_eq!((status, &problem["code"], &problem["mask_profile"]), (403, &json!("mask_profile_exceeded"), &json!(most)));
        }
        let path = format!("/v1/keys/{}/rotate", owner.key.id);
        let (status, problem) = house.call(Some(&blind), "POST", &path, Some(json!({ "overlap_seconds": 60 }))).await;
        assert_eq!((status, &problem["code"]), (403, &json!("mask_profile_exceeded")));
        let (_, made) = house.call(Some(&blind), "POST", "/v1/keys", Some(body())).await;
        assert_eq!(made["mask_profile"], "full", "unless said otherwise");
    }

    async fn a_rotated_key_shows_its_successor(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.key(powerful()).await;
        let path = format!("/v1/keys/{}/rotate", owner.key.id);
        let (status, made) = house.call(Some(&owner), "POST", &path, Some(json!({ "overlap_seconds": 60 }))).await;
        assert_eq!(status, 201, "{made}");
        let successor = issued(&house, &owner, &made);
        let (_, old) = house.call(Some(&successor), "GET", &format!("/v1/keys/{}", owner.key.id), None).await;
        assert_eq!((&old["state"], &old["successor"]), (&json!("rotated"), &made["id"]));
        let (status, problem) = house.call(Some(&owner), "POST", &path, Some(json!({ "overlap_seconds": 60 }))).await;
        assert_eq!((status, &problem["code"]), (409, &json!("key_not_active")));
    }

    async fn what_is_wrong_is_named_where_it_stands(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.key(powerful()).await;
        for (field, value, code) in [
            ("name", json!(""), "name_invalid"),
            ("kind", json!("root"), "field_invalid"),
            ("scopes", json!(["messages:burn"]), "permission_unknown"),
            ("expires_in_days", json!(367), "out_of_range"),
            ("cidrs", json!(["192.0.2.1/24"]), "not_cidr"),
            ("mask_profile", json!("none"), "mask_profile_unknown"),
        ] {
            let mut wrong = body();
            wrong[field] = value;
            let (status, problem) = house.call(Some(&owner), "POST", "/v1/keys", Some(wrong)).await;
            assert_eq!((status, problem["errors"][0]["code"].as_str()), (422, Some(code)), "{problem}");
            assert!(problem["errors"][0]["pointer"].as_str().unwrap().starts_with(&format!("/{field}")), "{problem}");
        }
        let path = format!("/v1/keys/{}/rotate", owner.key.id);
        let (status, _) = house.call(Some(&owner), "POST", &path, Some(json!({ "overlap_seconds": 604_801 }))).await;
        assert_eq!(status, 422);
    }

    async fn the_use_of_a_key_is_shown_day_by_day(test: TestStore) {
        let house = House::new(test).await;
        let (owner, key) = (house.key(powerful()).await, house.key(secret(&[KEYS_READ])).await);
        let path = format!("/v1/keys/{}/usage", key.key.id);
        let (status, shown) = house.call(Some(&owner), "GET", &path, None).await;
        let unused = json!({ "id": key.key.id, "uses": 0, "last_used_at": null, "days": [] });
        assert_eq!((status, shown), (200, unused));
        house.refusal(&key).await;
        house.keys.uses().flush().await.unwrap();
        let (_, shown) = house.call(Some(&owner), "GET", &path, None).await;
        assert_eq!((&shown["uses"], &shown["days"]), (&json!(1), &json!([{ "date": "2026-01-15", "uses": 1 }])));
        let (status, _) = house.call(Some(&owner), "GET", "/v1/keys/key_00000000000000000000000000/usage", None).await;
        assert_eq!(status, 404);
    }

    async fn a_leak_is_reported_without_a_key_and_answered_alike(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(powerful()).await;
        let report = async |text: &str| house.call(None, "POST", "/v1/keys/report-leak", Some(json!({ "key": text }))).await;
        let (nonsense, leaked) = (report("nonsense").await, report(key.plain.expose()).await);
        assert_eq!(nonsense, leaked);
        assert_eq!(leaked.0, 202);
        assert_eq!(house.refusal(&key).await, Some("key_revoked"));
    }

    async fn keys_are_listed_page_by_page_newest_first(test: TestStore) {
        let house = House::new(test).await;
        let mut made = Vec::new();
        for _ in 0..5 {
            house.test.clock.advance_ms(1);
            made.push(house.key(powerful()).await);
        }
        let (mut listed, mut cursor) = (Vec::new(), String::new());
        loop {
            let (status, page) = house.call(Some(&made[0]), "GET", &format!("/v1/keys?limit=2{cursor}"), None).await;
            assert_eq!(status, 200, "{page}");
            listed.extend(page["data"].as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let newest_first: Vec<_> = made.iter().rev().map(|key| key.key.id.to_string()).collect();
        assert_eq!(listed, newest_first);
    }

    async fn no_leaf_no_key(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.key(powerful()).await;
        house.test.break_ledger(true);
        let (status, _) = house.call(Some(&owner), "POST", "/v1/keys", Some(body())).await;
        let (revoked, _) = house.call(Some(&owner), "POST", &format!("/v1/keys/{}/revoke", owner.key.id), None).await;
        house.test.break_ledger(false);
        assert_eq!((status, revoked), (503, 503));
        let (_, list) = house.call(Some(&owner), "GET", "/v1/keys", None).await;
        assert_eq!(list["data"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keys_text_is_in_no_file_and_the_last_four_characters_are() {
    let house = House::new(TestStore::sqlite().await).await;
    let owner = house.key(powerful()).await;
    let (_, made) = house.call_once(Some(&owner), "POST", "/v1/keys", Some(body()), Some("k-1")).await;
    let key = issued(&house, &owner, &made);
    house.refusal(&key).await;
    house.call(None, "POST", "/v1/keys/report-leak", Some(json!({ "key": key.plain.expose() }))).await;
    house.keys.uses().flush().await.unwrap();
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(house.test.folder.as_ref().unwrap().path()).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    let holds = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(holds(key.plain.last4()) && holds("Shop"), "this test reads the right files");
    for key in [&owner, &key] {
        assert!(
            !holds(key.plain.expose()) && !holds(&key.plain.expose()[8..24]) && !holds(&key.plain.expose()[24..40])
        );
    }
}
