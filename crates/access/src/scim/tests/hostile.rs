//! Requests that nobody means well with: refused, nothing changed, nothing repeated.

use sealpost_store::both_engines;
use serde_json::{Value, json};

use super::house::House;

const MARK: &str = "qzxcanary";

both_engines! {
    async fn hostile_requests_are_refused_in_the_words_of_the_standard(test: TestStore) {
        let house = House::new(test).await;
        let token = house.token().await;
        let id = house.user(&token, "sam@example.com").await;
        let path = format!("/Users/{id}");
        let before = house.ask(&token, "GET", &path, None).await.body;
        let deep = format!("{}title%20pr{}", "(".repeat(500), ")".repeat(500));
        for (query, word) in [
            (format!("filter={deep}"), "invalidFilter"),
            (format!("filter=userName%20eq%20%22{}", "x".repeat(3_000)), "invalidFilter"),
            (format!("filter={MARK}%20is%20%22x%22"), "invalidFilter"),
            ("filter=userName%00pr".to_owned(), "invalidFilter"),
            ("attributes=a%00b".to_owned(), "invalidPath"),
            ("attributes=a&excludedAttributes=b".to_owned(), "invalidSyntax"),
        ] {
            let answer = house.ask(&token, "GET", &format!("/Users?{query}"), None).await;
            let (status, kind, _) = answer.refusal();
            assert_eq!((status, &*kind), (400, word), "{query:.80}");
            assert!(!answer.body.to_string().contains(MARK));
        }
        assert_eq!(house.ask(&token, "GET", "/Users?startIndex=x", None).await.refusal().0, 400);
        let patch = |operation: Value| json!({ "Operations": [operation] });
        let nested = (0..40).fold(json!("x"), |inner, _| json!({ "a": inner }));
        for (body, word) in [
            (patch(json!({ "op": "replace", "path": MARK.repeat(300), "value": "x" })), "invalidPath"),
            (patch(json!({ "op": "replace", "path": "userName\0", "value": "x" })), "invalidPath"),
            (patch(json!({ "op": "replace", "path": "userName", "value": "a\0b" })), "invalidValue"),
            (patch(json!({ "op": "replace", "path": "userName", "value": "x".repeat(300) })), "invalidValue"),
            (patch(json!({ "op": "replace", "path": "userName", "value": { MARK: 1 } })), "invalidValue"),
            (patch(json!({ "op": "remove", "path": "userName" })), "invalidValue"),
            (patch(json!({ "op": "replace", "path": "active", "value": "perhaps" })), "invalidValue"),
            (patch(json!({ "op": "replace", "path": "emails", "value": MARK })), "invalidValue"),
            (patch(json!({ "op": "replace", "path": "emails", "value": [{ "value": MARK }] })), "invalidValue"),
            (patch(json!({ "op": "replace", "path": "displayName", "value": "a\nb" })), "invalidValue"),
            (patch(json!({ "op": "replace", "path": "externalId", "value": 7 })), "invalidValue"),
            (patch(json!({ "op": "replace", "path": "id", "value": MARK })), "mutability"),
            (patch(json!({ "op": MARK, "path": "title", "value": "x" })), "invalidSyntax"),
            (patch(json!({ "op": "add", "path": "title", "value": "x".repeat(33_000) })), "tooMany"),
            (json!({ "Operations": [] }), "invalidSyntax"),
            (json!({ "operations": MARK }), "invalidSyntax"),
            (json!([]), "invalidSyntax"),
            (json!(MARK), "invalidSyntax"),
        ] {
            let answer = house.ask(&token, "PATCH", &path, Some(body.clone())).await;
            let (status, kind, _) = answer.refusal();
            assert_eq!((status, &*kind), (400, word), "{body:.80}");
            assert!(!answer.body.to_string().contains(MARK), "{}", answer.body);
        }
        for (text, word) in [
            ("{", "invalidSyntax"),
            ("{\"userName\":\"a\",\"userName\":\"b\"}", "invalidSyntax"),
            ("{\"userName\":\"a\",\"USERNAME\":\"b\"}", "invalidSyntax"),
            ("{\"userName\":\"\\ud800\"}", "invalidSyntax"),
            ("\u{feff}{}", "invalidSyntax"),
        ] {
            let answer = house.ask_with(&token, "POST", "/Users", Some(text.to_owned()), &[]).await;
            assert_eq!((answer.refusal().0, &*answer.refusal().1), (400, word), "{text}");
        }
        let deeper = (0..70).fold(String::from("1"), |inner, _| format!("[{inner}]"));
        let deeper = house.ask_with(&token, "POST", "/Users", Some(format!("{{\"x\":{deeper}}}")), &[]).await;
        assert_eq!(deeper.refusal().0, 400);
        let large = json!({ "userName": "x", "title": "x".repeat(70_000) });
        assert_eq!(house.ask(&token, "POST", "/Users", Some(large)).await.refusal().0, 413);
        let form = house.ask_with(&token, "POST", "/Users", Some("a=b".into()), &[("content-type", "text/plain")]).await;
        assert_eq!(form.refusal().0, 415);
        for id in ["mem_x", "..%2f..", "%00", "team_01h455vb4pex5vsknk084sn02q"] {
            assert_eq!(house.ask(&token, "GET", &format!("/Users/{id}"), None).await.refusal().0, 404, "{id}");
        }
        assert_eq!(house.ask(&token, "GET", &path, None).await.body, before);
        // What is only odd comes back as it came.
        let odd = json!({ "userName": "odd", "title": "a\0b\u{202e}", "x-own": nested, "urn:example:ext": { "k": [1, null] } });
        let made = house.ask(&token, "POST", "/Users", Some(odd.clone())).await;
        assert_eq!(made.status, 201, "{}", made.body);
        for name in ["title", "x-own", "urn:example:ext"] {
            assert_eq!(made.body[name], odd[name], "{name}");
        }
    }

    async fn a_group_of_too_many_or_of_a_bad_name_is_refused(test: TestStore) {
        let house = House::new(test).await;
        let token = house.token().await;
        let crowd: Vec<_> = (0..501_u128).map(|n| json!({ "value": sealpost_store::MemberId::from_bytes(n.to_be_bytes()) })).collect();
        for (body, word) in [
            (json!({}), "invalidValue"),
            (json!({ "displayName": "" }), "invalidValue"),
            (json!({ "displayName": "a\0b" }), "invalidValue"),
            (json!({ "displayName": "x".repeat(61) }), "invalidValue"),
            (json!({ "displayName": "x", "externalId": "a\0" }), "invalidValue"),
            (json!({ "displayName": "x", "members": "all" }), "invalidValue"),
            (json!({ "displayName": "x", "members": [{ "value": 7 }] }), "invalidValue"),
            (json!({ "displayName": "x", "members": crowd }), "tooMany"),
        ] {
            let answer = house.ask(&token, "POST", "/Groups", Some(body.clone())).await;
            assert_eq!((answer.refusal().0, &*answer.refusal().1), (400, word), "{body:.60}");
        }
    }
}
