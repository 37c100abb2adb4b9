//! What the API of secrets promises.

use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::both_engines;
use serde_json::{Value, json};

use super::house::{ELSEWHERE, House};
use crate::secrets::{Description, NewSecret, Origin, Purpose, RemindAfter, STORED, SecretName, usable};

const SIGNING: Purpose = Purpose::new("endpoint.signing");

both_engines! {
    async fn a_secret_that_was_brought_in_is_never_shown_and_can_be_used(test: TestStore) {
        let house = House::new(test).await;
        let path = house.stored("payment-api-key", "hush-hush").await;
        let (_, again) = house.ask("POST", "/v1/secrets", Some(json!({ "name": "other", "value": "hush-again" }))).await;
        assert_eq!((&again["value"], &again["origin"]), (&Value::Null, &json!("imported")));
        for path in [path.as_str(), "/v1/secrets", &format!("{path}/log")] {
            let (status, shown) = house.ask("GET", path, None).await;
            assert_eq!(status, 200);
            assert!(!shown.to_string().contains("hush"), "{shown}");
        }
        let (_, shown) = house.ask("GET", &path, None).await;
        assert_eq!((&shown["name"], &shown["version"], &shown["purpose"]), (&json!("payment-api-key"), &json!(1), &json!("stored")));
        assert_eq!(shown["fingerprint"].as_str().unwrap().len(), 8);
        let keys = house.store().keys().organisation(house.ctx.org.id).await.unwrap();
        let id = shown["id"].as_str().unwrap().parse().unwrap();
        let used = house.store().read(&house.ctx, move |tx| usable(tx, &keys, id, STORED)).await.unwrap();
        assert_eq!(used[0].value.expose(), "hush-hush");
    }

    async fn a_generated_value_is_shown_once_and_not_to_whoever_repeats(test: TestStore) {
        let house = House::new(test).await;
        let body = json!({ "name": "generated" });
        let ask = || house.ask_from(ELSEWHERE, "POST", "/v1/secrets", Some(body.clone()), Some("k-1"));
        let ((_, first), (status, again)) = (ask().await, ask().await);
        assert_eq!(first["value"].as_str().unwrap().len(), 43, "256 bits");
        assert_eq!((status, &again["id"], &again["value"]), (201, &first["id"], &Value::Null));
        let (_, list) = house.ask("GET", "/v1/secrets", None).await;
        assert!(!list.to_string().contains(first["value"].as_str().unwrap()));
    }

    async fn a_name_is_given_once_in_an_environment_and_can_be_changed(test: TestStore) {
        let house = House::new(test).await;
        let (one, _) = (house.stored("one", "a").await, house.stored("two", "b").await);
        let (status, problem) = house.ask("POST", "/v1/secrets", Some(json!({ "name": "one", "value": "c" }))).await;
        assert_eq!((status, &problem["code"]), (409, &json!("secret_exists")));
        let (status, problem) = house.ask("PATCH", &one, Some(json!({ "name": "two" }))).await;
        assert_eq!((status, &problem["code"]), (409, &json!("secret_exists")));
        let body = json!({ "name": "three", "description": "For the shop", "remind_after_days": 0 });
        let (status, changed) = house.ask("PATCH", &one, Some(body)).await;
        assert_eq!((status, &changed["name"], &changed["remind_after_days"]), (200, &json!("three"), &json!(0)));
        assert_eq!(house.ask("PATCH", &one, Some(json!({ "name": "three" }))).await.0, 200, "it is its own");
        for bad in [json!({ "name": "Bad" }), json!({ "name": "-bad" }), json!({ "description": "x".repeat(501) }), json!({ "remind_after_days": 3651 })] {
            assert_eq!(house.ask("PATCH", &one, Some(bad.clone())).await.0, 422, "{bad}");
        }
    }

    async fn secrets_are_found_by_a_part_of_their_names_page_by_page(test: TestStore) {
        let house = House::new(test).await;
        for name in ["pay-c", "pay-a", "mail", "pay-b"] {
            house.stored(name, "x").await;
        }
        let (_, first) = house.ask("GET", "/v1/secrets?q=pay&limit=2", None).await;
        let names = |list: &Value| list["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!((names(&first), &first["has_more"]), (vec!["pay-a".to_owned(), "pay-b".to_owned()], &json!(true)));
        let next = format!("/v1/secrets?q=pay&limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
        assert_eq!(names(&house.ask("GET", &next, None).await.1), ["pay-c"]);
        for nothing in ["%25", "_", "PAY", "nobody"] {
            let (status, list) = house.ask("GET", &format!("/v1/secrets?q={nothing}"), None).await;
            assert_eq!((status, names(&list).len()), (200, 0), "{nothing}");
        }
    }

    async fn a_rotated_secret_has_both_versions_until_the_overlap_ends(test: TestStore) {
        let house = House::new(test).await;
        let path = house.stored("rotated", "first").await;
        let body = json!({ "value": "second", "overlap_seconds": 60 });
        let (status, made) = house.ask("POST", &format!("{path}/versions"), Some(body)).await;
        assert_eq!((status, &made["version"], &made["value"]), (201, &json!(2), &Value::Null));
        let usable = |shown: Value| shown["versions"].as_array().unwrap().iter().map(|one| one["usable"] == true).collect::<Vec<_>>();
        assert_eq!(usable(house.ask("GET", &path, None).await.1), [true, true]);
        house.test.clock.advance_ms(60_000);
        assert_eq!(usable(house.ask("GET", &path, None).await.1), [true, false]);
        let (_, shown) = house.ask("GET", &path, None).await;
        assert_ne!(shown["versions"][0]["fingerprint"], shown["versions"][1]["fingerprint"]);
        house.ask("POST", &format!("{path}/versions"), Some(json!({ "value": "first", "overlap_seconds": 0 }))).await;
        let (_, shown) = house.ask("GET", &path, None).await;
        assert_eq!(shown["versions"][0]["fingerprint"], shown["versions"][2]["fingerprint"], "the same value again");
        let other = house.stored("other", "first").await;
        let (_, other) = house.ask("GET", &other, None).await;
        assert_ne!(shown["fingerprint"], other["fingerprint"], "another secret tells nothing");
    }

    async fn what_was_done_to_a_secret_says_who_when_what_and_from_where(test: TestStore) {
        let house = House::new(test).await;
        let path = house.stored("watched", "first").await;
        house.ask("PATCH", &path, Some(json!({ "description": "hush" }))).await;
        house.ask_from(ELSEWHERE, "POST", &format!("{path}/versions"), Some(json!({ "overlap_seconds": 0 })), None).await;
        let (_, log) = house.ask("GET", &format!("{path}/log"), None).await;
        let data = log["data"].as_array().unwrap();
        let kinds: Vec<_> = data.iter().map(|one| (one["kind"].as_str().unwrap(), one["version"].as_u64().unwrap())).collect();
        assert_eq!(kinds, [("rotated", 2), ("changed", 1), ("created", 1)]);
        assert!(data.iter().all(|one| one["actor_kind"] == "key" && one["actor"].as_str().unwrap().starts_with("key_")));
        assert_eq!(data[1]["network"], data[2]["network"]);
        assert_ne!(data[0]["network"], data[1]["network"]);
        assert!(!log.to_string().contains("hush"));
        let (_, first) = house.ask("GET", &format!("{path}/log?limit=2"), None).await;
        let next = format!("{path}/log?limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
        assert_eq!(house.ask("GET", &next, None).await.1["data"].as_array().unwrap().len(), 1);
        assert_eq!(house.acts().await, ["secret.create", "secret.change", "secret.rotate"]);
    }

    async fn a_secret_in_use_stays_and_another_is_gone_for_good(test: TestStore) {
        let house = House::new(test).await;
        let (used, free) = (house.stored("used-by-billing", "a").await, house.stored("free", "b").await);
        let (_, shown) = house.ask("GET", &used, None).await;
        assert_eq!(shown["used_by"], json!([{ "kind": "endpoint", "id": "ep_1", "name": "billing" }]));
        assert!(shown["last_used_at"].is_string());
        let (status, problem) = house.ask("DELETE", &used, None).await;
        assert_eq!((status, &problem["code"], &problem["used_by"]), (409, &json!("secret_in_use"), &shown["used_by"]));
        assert_eq!(house.ask("GET", &used, None).await.0, 200);
        assert_eq!(house.ask("DELETE", &free, None).await.0, 204);
        for (method, path) in [("GET", free.clone()), ("DELETE", free.clone()), ("GET", format!("{free}/log"))] {
            assert_eq!(house.ask(method, &path, None).await.0, 404, "{method} {path}");
        }
        house.stored("free", "c").await;
    }

    async fn what_the_product_keeps_is_on_the_list_and_rotated_where_it_is_used(test: TestStore) {
        let house = House::new(test).await;
        let new = NewSecret::new(SecretText::new("own".into()), KeyEncoding::Text, Origin::Generated).unwrap();
        let id = house.made(SIGNING, new).await;
        let (_, list) = house.ask("GET", "/v1/secrets?q=endpoint-signing", None).await;
        assert_eq!((&list["data"][0]["id"], &list["data"][0]["purpose"]), (&json!(id), &json!("endpoint.signing")));
        let path = format!("/v1/secrets/{id}");
        let (status, problem) = house.ask("POST", &format!("{path}/versions"), Some(json!({ "value": "x", "overlap_seconds": 0 }))).await;
        assert_eq!((status, &problem["code"]), (409, &json!("secret_managed")));
        assert_eq!(house.ask("PATCH", &path, Some(json!({ "name": "shop-signing" }))).await.0, 200);
    }
}

#[test]
fn a_name_a_description_and_a_number_of_days_have_limits() {
    for good in ["a", "0", "production-aes-key", &"a".repeat(63)] {
        assert!(SecretName::parse(good).is_ok(), "{good}");
    }
    for bad in ["", "-a", "A", "a_b", "a.b", "ä", "a b", &"a".repeat(64)] {
        assert!(SecretName::parse(bad).is_err(), "{bad}");
    }
    assert!(Description::parse(&"ä".repeat(500)).is_ok() && Description::parse(&"a".repeat(501)).is_err());
    assert!(Description::parse("two\nlines").is_err());
    assert!(RemindAfter::days(3650).is_ok() && RemindAfter::days(3651).is_err());
}
