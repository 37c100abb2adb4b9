//! Wycheproof's signed tokens (C2SP/wycheproof, `json_web_signature_test.json`).

use serde_json::{Value, json};

use super::super::{Algorithm, KeySet, verify};
use crate::testing::wycheproof;

/// What is valid there and refused here, and why that is so.
fn stricter(group: &Value, test: &Value) -> bool {
    let algorithm = group["public"]["alg"].as_str().unwrap_or("none of ours");
    // Keys of algorithms that nobody here signs by; and a token that isn't by its key's algorithm.
    Algorithm::named(algorithm).is_none() || (algorithm == "PS256" && test["comment"] == "Figure20")
}

#[test]
fn signed_tokens() {
    let Some(file) = wycheproof::file("json_web_signature_test.json") else { return };
    let (mut accepted, mut refused) = (0, 0);
    for group in file["testGroups"].as_array().unwrap() {
        // A shared key has no public half; its tokens are refused like any that nobody's key has signed.
        let jwk = group.get("public").unwrap_or(&group["private"]);
        let keys = KeySet::parse(json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap();
        for test in group["tests"].as_array().unwrap() {
            let token = test["jws"].as_str().map_or_else(|| test["jws"].to_string(), str::to_owned);
            let valid = test["result"] == "valid" && !stricter(group, test);
            assert_eq!(verify(&token, &keys, &Algorithm::ALL).is_ok(), valid, "{test}");
            *if valid { &mut accepted } else { &mut refused } += 1;
        }
    }
    assert!(accepted >= 10 && refused >= 350, "only {accepted} and {refused} vectors");
}
