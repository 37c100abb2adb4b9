//! The same request, twice: done once, answered twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod house;

use house::{House, house, house_with};
use sealpost_web::limits::{ByClass, Quota};
use sealpost_web::{LimitsConfig, WebConfig};

const KEY: (&str, &str) = ("idempotency-key", "order-1");

/// What a client waits before it tries again.
const RETRY: std::time::Duration = std::time::Duration::from_millis(2);

/// How many changes were committed: each has its leaf.
async fn made(house: &House) -> usize {
    house.leaves_with("thing.make").await
}

#[tokio::test]
async fn a_retry_is_answered_with_the_same_bytes_but_without_the_secret() {
    let house = house().await;
    let first = house.post("writer", "/v1/things", &[KEY], r#"{"name":"kettle"}"#).await;
    assert_eq!(first.json()["secret"], "s3cret");
    let again = house.post("writer", "/v1/things", &[KEY], "{ \"name\" : \"kettle\" }").await;
    let once_more = house.post("writer", "/v1/things", &[KEY], r#"{"name":"kettle"}"#).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(again.header("location"), first.header("location"));
    assert!(again.json()["secret"].is_null() && again.json()["id"] == first.json()["id"]);
    assert_eq!(again.body, once_more.body);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    assert_eq!(made(&house).await, 1);
}

#[tokio::test]
async fn the_key_may_stand_in_the_body() {
    let house = house().await;
    let body = r#"{"name":"kettle","idempotency_key":"order-1"}"#;
    house.post("writer", "/v1/things", &[], body).await;
    assert_eq!(house.post("writer", "/v1/things", &[], body).await.header("idempotency-replayed"), "true");
    assert_eq!(house.post("writer", "/v1/things", &[KEY], body).await.header("idempotency-replayed"), "true");
    let other = house.post("writer", "/v1/things", &[("idempotency-key", "order-2")], body).await;
    assert_eq!((other.status, other.code().as_str()), (422, "idempotency_key_conflict"));
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let house = house().await;
    house.post("writer", "/v1/things", &[KEY], r#"{"name":"kettle"}"#).await;
    for body in [r#"{"name":"teapot"}"#, r#"{"name":"kettle","idempotency_key":"order-1"}"#] {
        let other = house.post("writer", "/v1/things", &[KEY], body).await;
        assert_eq!((other.status, other.code().as_str()), (422, "idempotency_mismatch"));
    }
    assert_eq!(made(&house).await, 1);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let house = house().await;
    let answer = house.post("writer", "/v1/things", &[("idempotency-key", "a b")], r#"{"name":"kettle"}"#).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "idempotency_key_invalid"));
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let house = house().await;
    house.post("writer", "/v1/things", &[], r#"{"name":"kettle"}"#).await;
    let refused = house.post("writer", "/v1/things", &[KEY], r#"{"name":"kettle"}"#).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "name_taken"));
    // The key is free: nothing was done under it.
    assert_eq!(house.post("writer", "/v1/things", &[KEY], r#"{"name":"teapot"}"#).await.status, 201);
}

#[tokio::test]
async fn an_answer_is_forgotten_after_72_hours() {
    let house = house().await;
    let first = house.post("writer", "/v1/things", &[KEY], r#"{"name":"kettle"}"#).await;
    house.test.clock.advance_ms(72 * 3600 * 1000 - 1);
    assert_eq!(house.post("writer", "/v1/things", &[KEY], r#"{"name":"kettle"}"#).await.status, 201);
    house.test.clock.advance_ms(1);
    let later = house.post("writer", "/v1/things", &[KEY], r#"{"name":"teapot"}"#).await;
    assert_eq!(later.status, 201, "an expired key may be used for something else");
    assert_ne!(later.json()["id"], first.json()["id"]);
    assert_eq!(
        house.post("writer", "/v1/things", &[KEY], r#"{"name":"teapot"}"#).await.header("idempotency-replayed"),
        "true"
    );
}

#[tokio::test]
async fn of_many_twins_one_is_done_and_all_get_its_answer_in_the_end() {
    let plenty = Quota::new(1_000_000, 1);
    let limits = LimitsConfig { caller: ByClass::all(plenty), organisation: ByClass::all(plenty), peer: plenty };
    let house = std::sync::Arc::new(house_with(WebConfig { limits, ..WebConfig::default() }).await);
    let twins: Vec<_> = (0..32)
        .map(|_| {
            let house = house.clone();
            tokio::spawn(async move {
                loop {
                    let answer = house.post("writer", "/v1/things", &[KEY], r#"{"name":"slow"}"#).await;
                    match answer.status {
                        201 => return answer.json()["id"].clone(),
                        409 => assert_eq!(
                            (answer.code().as_str(), answer.header("retry-after")),
                            ("idempotency_in_flight", "1")
                        ),
                        status => panic!("{status}"),
                    }
                    tokio::time::sleep(RETRY).await;
                }
            })
        })
        .collect();
    let mut ids = Vec::new();
    for twin in twins {
        ids.push(twin.await.unwrap());
    }
    ids.dedup();
    assert_eq!((ids.len(), made(&house).await), (1, 1));
}

#[tokio::test]
async fn the_key_is_not_in_the_database_and_neither_is_the_answer_in_clear() {
    let house = house().await;
    house.post("writer", "/v1/things", &[("idempotency-key", "order-of-Ola-Nordmann")], r#"{"name":"kettle"}"#).await;
    let folder = house.test.folder.as_ref().unwrap().path();
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        for marker in ["Ola-Nordmann", "s3cret", "/v1/things/msg_"] {
            assert!(
                !bytes.windows(marker.len()).any(|window| window == marker.as_bytes()),
                "{marker} in {}",
                file.display()
            );
        }
    }
}
