//! One request through the whole of `web`: what is refused, with which words, and what it leaves behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod house;

use std::time::Duration;

use house::{bytes::Bytes, house, house_with, request};
use sealpost_web::limits::{ByClass, Quota};
use sealpost_web::{ForwardedBy, LimitsConfig, Proxies, WebConfig};

#[tokio::test]
async fn a_permitted_request_is_served_with_all_headers_of_every_answer() {
    let house = house().await;
    let answer = house.post("writer", "/v1/things", &[], r#"{"name":"kettle"}"#).await;
    assert_eq!((answer.status, answer.header("content-type")), (201, "application/json"));
    assert_eq!(answer.header("location"), format!("/v1/things/{}", answer.json()["id"].as_str().unwrap()));
    assert_eq!(house.leaves_with("thing.make").await, 1);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("ratelimit-policy"), r#""write";q=600;w=60, "write-organisation";q=3000;w=60"#);
    assert_eq!(answer.header("ratelimit"), r#""write";r=599;t=1"#);
    assert_eq!(answer.header("x-ratelimit-limit"), "600");
    assert!(answer.header("x-request-id").starts_with("req_"));
    assert!(!answer.headers.contains_key("server"));
}

#[tokio::test]
async fn every_answer_of_every_route_carries_the_headers_of_every_answer() {
    let house = house().await;
    let mut answers = vec![
        house.get("writer", "/nowhere").await,
        house.send(request("TRACE", "/v1/things", &[], "")).await,
        house.send(request("GET", &format!("/v1/things?x={}", "y".repeat(5000)), &[], "")).await,
    ];
    for route in house.registry.routes() {
        for key in ["writer", "nobody"] {
            let path = route.path.replace("{id}", "x");
            let bearer = format!("Bearer {key}");
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
            answers.push(house.send(request(route.method.as_str(), &path, &headers, "")).await);
        }
    }
    for answer in answers {
        for name in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit", "ratelimit-policy"]
        {
            assert!(!answer.header(name).is_empty());
        }
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(answer.header("strict-transport-security").starts_with("max-age="));
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
        let id = answer.header("x-request-id").to_owned();
        if answer.status >= 400 {
            assert_eq!(answer.json()["request_id"], id);
            assert_eq!(answer.json()["status"], answer.status);
        }
    }
}

#[tokio::test]
async fn a_request_through_a_proxy_of_ours_is_its_clients() {
    let proxies = Proxies::new(vec!["10.0.0.0/24".parse().unwrap()], ForwardedBy::XForwardedFor);
    let house = house_with(WebConfig { proxies, ..WebConfig::default() }).await;
    let through = async |peer: &str, headers: &[(&str, &str)]| {
        house.send_from(peer, request("GET", "/v1/open", headers, "")).await
    };
    let left = |answer: &house::Answer| answer.header("x-ratelimit-remaining").parse::<u32>().unwrap();
    let first = through("10.0.0.7", &[("x-forwarded-for", "192.0.2.1")]).await;
    let again = through("10.0.0.8", &[("x-forwarded-for", "198.51.100.66, 192.0.2.1")]).await;
    let other = through("10.0.0.7", &[("x-forwarded-for", "192.0.2.2")]).await;
    assert_eq!((first.status, left(&again), left(&other)), (204, left(&first) - 1, left(&first)));
    for headers in [&[][..], &[("x-forwarded-for", "unknown")], &[("forwarded", "for=192.0.2.1")]] {
        let nobodys = through("10.0.0.7", headers).await;
        assert_eq!((nobodys.status, nobodys.code().as_str()), (400, "forwarded_invalid"));
    }
    // Whoever is no proxy of ours only speaks for themselves.
    let liar = through("203.0.113.9", &[("x-forwarded-for", "192.0.2.1")]).await;
    assert_eq!((liar.status, left(&liar)), (204, left(&first)));
}

#[tokio::test]
async fn a_body_that_had_to_be_unpacked_is_refused_and_said_why() {
    let house = house().await;
    let json = ("content-type", "application/json");
    let body = r#"{"name":"kettle"}"#;
    let packed = request("POST", "/v1/things", &[("x-api-key", "writer"), json, ("content-encoding", "gzip")], body);
    let answer = house.send(packed).await;
    assert_eq!((answer.status, answer.code().as_str()), (415, "media_type_unsupported"));
    assert!(answer.json()["detail"].as_str().unwrap().contains("content encoding"));
    let plain = request("POST", "/v1/things", &[("x-api-key", "writer"), json, ("content-encoding", "identity")], body);
    assert_eq!(house.send(plain).await.status, 201);
}

#[tokio::test]
async fn refusals_have_stable_codes() {
    let house = house().await;
    let json = ("content-type", "application/json");
    let writer = ("x-api-key", "writer");
    let many: Vec<_> = (0..70).map(|n| format!("x-{n}")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), "1")).collect();
    let long = "x".repeat(17_000);
    let path = format!("/v1/things/{}", "x".repeat(4096));
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(5000));
    for (method, path, headers, body, status, code) in [
        ("GET", "/v1/things", &[][..], "", 401, "credential_missing"),
        ("GET", "/v1/things", &[("x-api-key", "nobody")], "", 401, "credential_invalid"),
        ("GET", "/v1/things", &[("x-api-key", "gone")], "", 401, "key_revoked"),
        ("GET", "/v1/things", &[writer, ("authorization", "Bearer writer")], "", 400, "credential_ambiguous"),
        ("GET", "/v1/things?api_key=writer", &[writer], "", 400, "credential_in_url"),
        ("GET", "/v1/things?q=sk_live_x", &[writer], "", 400, "credential_in_url"),
        ("GET", "/v1/things?colour=red", &[writer], "", 400, "query_invalid"),
        ("GET", "/v1/things", &[("x-publishable-key", "public")], "", 403, "secret_key_required"),
        ("POST", "/v1/things", &[("x-api-key", "reader"), json], "{}", 403, "permission_missing"),
        ("GET", "/v1/things/con_00000000000000000000000000", &[writer], "", 404, "not_found"),
        ("GET", "/v1/elsewhere", &[writer], "", 404, "not_found"),
        ("PUT", "/v1/things", &[writer], "", 405, "method_not_allowed"),
        ("POST", "/v1/things", &[writer], "{}", 415, "media_type_unsupported"),
        ("POST", "/v1/things", &[writer, json], "{", 400, "json_invalid"),
        ("POST", "/v1/things", &[writer, json], r#"{"name":"a","name":"b"}"#, 400, "json_invalid"),
        ("POST", "/v1/things", &[writer, json], r#"{"nam":"a"}"#, 422, "body_invalid"),
        ("POST", "/v1/things", &[writer, json], r#"{"name":1e999}"#, 422, "number_unsafe"),
        ("POST", "/v1/things", &[writer, json], &large, 413, "body_too_large"),
        ("POST", "/v1/things/panic", &[writer], "x", 400, "body_unexpected"),
        ("GET", &path, &[writer], "", 414, "url_too_long"),
        ("GET", "/v1/things", &[writer, ("host", "a.example"), ("host", "b.example")], "", 400, "host_invalid"),
        ("GET", "/v1/things", &many, "", 431, "headers_too_large"),
        ("GET", "/v1/things", &[("x-long", &long)], "", 431, "headers_too_large"),
    ] {
        let answer = house.send(request(method, path, headers, body)).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{method} {path}");
        assert!(house.registry.codes().iter().any(|known| known.code == code), "{code} is not listed");
    }
}

#[tokio::test]
async fn an_unauthorised_answer_names_the_scheme_and_a_wrong_method_the_right_ones() {
    let house = house().await;
    assert_eq!(house.get("nobody", "/v1/things").await.header("www-authenticate"), "Bearer");
    let answer = house.send(request("DELETE", "/v1/things", &[], "")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD, POST"));
}

#[tokio::test]
async fn a_wrong_field_is_pointed_at_and_its_value_never_repeated() {
    let house = house().await;
    let answer = house.post("writer", "/v1/things", &[], r#"{"name":"x","phone":"+4791234567"}"#).await;
    assert_eq!(answer.json()["errors"], serde_json::json!([{ "pointer": "/phone", "code": "field_unknown" }]));
    assert!(!String::from_utf8_lossy(&answer.body).contains("4791234567"));
}

#[tokio::test]
async fn a_denial_of_somebody_known_is_in_the_ledger_and_one_of_a_stranger_is_not() {
    let house = house().await;
    house.get("nobody", "/v1/things").await;
    assert_eq!(house.leaves_with("access.deny").await, 0);
    house.get("gone", "/v1/things").await;
    assert_eq!(house.leaves_with("key_revoked").await, 1);
    house.post("reader", "/v1/things", &[], "{}").await;
    assert_eq!(house.leaves_with("permission_missing").await, 1);
    assert_eq!(house.leaves_with("access.deny").await, 2);
}

#[tokio::test]
async fn a_denial_is_a_denial_even_if_the_ledger_is_broken() {
    let house = house().await;
    house.test.break_ledger(true);
    assert_eq!(house.post("reader", "/v1/things", &[], "{}").await.code(), "permission_missing");
    let change = house.post("writer", "/v1/things", &[], r#"{"name":"x"}"#).await;
    assert_eq!((change.status, change.code().as_str()), (503, "storage_unavailable"));
}

#[tokio::test]
async fn a_panic_is_a_500_that_says_nothing_and_leaves_a_leaf() {
    let house = house().await;
    let answer = house.send(request("POST", "/v1/things/panic", &[("x-api-key", "writer")], "")).await;
    assert_eq!((answer.status, answer.code().as_str()), (500, "internal"));
    assert!(!String::from_utf8_lossy(&answer.body).contains("4791234567"));
    assert_eq!(house.leaves_with("request.panic").await, 1);
    assert_eq!(house.get("writer", "/v1/things").await.status, 200);
}

#[tokio::test]
async fn too_many_requests_wait_as_long_as_they_are_told() {
    let few = LimitsConfig { caller: ByClass::all(Quota::new(2, 10)), ..LimitsConfig::default() };
    let house = house_with(WebConfig { limits: few, ..WebConfig::default() }).await;
    for remaining in ["1", "0"] {
        assert_eq!(house.get("writer", "/v1/things").await.header("x-ratelimit-remaining"), remaining);
    }
    let answer = house.get("writer", "/v1/things").await;
    assert_eq!((answer.status, answer.code().as_str(), answer.header("retry-after")), (429, "rate_limited", "5"));
    assert_eq!(house.get("reader", "/v1/things").await.status, 200, "another caller has a bucket of its own");
    house.test.clock.advance_ms(5_000);
    assert_eq!(house.get("writer", "/v1/things").await.status, 200);
}

#[tokio::test]
async fn callers_of_one_organisation_share_its_quota() {
    let few = LimitsConfig { organisation: ByClass::all(Quota::new(2, 10)), ..LimitsConfig::default() };
    let house = house_with(WebConfig { limits: few, ..WebConfig::default() }).await;
    house.get("writer", "/v1/things").await;
    house.get("reader", "/v1/things").await;
    let answer = house.get("reader", "/v1/things").await;
    assert_eq!(answer.status, 429);
    assert!(answer.header("ratelimit").starts_with(r#""read-organisation";r=0"#));
}

#[tokio::test]
async fn strangers_are_limited_by_network() {
    let few = LimitsConfig { peer: Quota::new(2, 10), ..LimitsConfig::default() };
    let house = house_with(WebConfig { limits: few, ..WebConfig::default() }).await;
    let open = |peer: &'static str| house.send_from(peer, request("GET", "/v1/open", &[], ""));
    assert_eq!(open("2001:db8::1").await.status, 204);
    assert_eq!(open("2001:db8::2").await.status, 204);
    assert_eq!(open("2001:db8::3").await.status, 429);
    assert_eq!(open("2001:db8:0:1::1").await.status, 204);
    for _ in 0..3 {
        house.get("nobody", "/v1/things").await;
    }
    assert_eq!(house.get("nobody", "/v1/things").await.status, 429, "guessing credentials is limited, too");
    assert_eq!(house.get("writer", "/v1/things").await.status, 200, "which is no business of those who have one");
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_given_up() {
    let config = WebConfig { body_timeout: Duration::from_millis(20), ..WebConfig::default() };
    let house = house_with(config).await;
    let request =
        http::Request::post("/v1/things").header("x-api-key", "writer").header("content-type", "application/json");
    let answer = house.registry.app().respond(request.body(Never).unwrap(), "192.0.2.1".parse().unwrap()).await;
    assert_eq!(answer.status(), 408);
    assert_eq!(answer.headers()["connection"], "close");
}

struct Never;

impl hyper::body::Body for Never {
    type Data = Bytes;
    type Error = std::convert::Infallible;
    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Pending
    }
}

#[tokio::test]
async fn the_metrics_page_counts_by_route_template() {
    let house = house().await;
    house.get("writer", "/v1/things/secret-path").await;
    let mut page = String::new();
    sealpost_web::metrics::Metric::write(&house.registry.app(), &mut page);
    assert!(page.contains(r#"sealpost_http_requests_total{method="GET",route="/v1/things/{id}",status="4xx"} 1"#));
    assert!(page.contains("sealpost_http_request_seconds_count 1") && page.contains("requests_in_flight 0"));
    assert!(!page.contains("secret-path"));
}
