//! Wycheproof's encrypted tokens (C2SP/wycheproof, `json_web_encryption_test.json`).

use super::*;
use crate::testing::wycheproof;

#[test]
fn encrypted_tokens() {
    let Some(file) = wycheproof::file("json_web_encryption_test.json") else { return };
    let (mut accepted, mut refused) = (0, 0);
    for group in file["testGroups"].as_array().unwrap() {
        let key = &group["private"];
        let private = PrivateKey::read(&key.to_string()).ok().map(DecryptionKey::Private);
        let shared = key["k"].as_str().and_then(|k| {
            SharedKey::read(Method::JweDir, "k".into(), k, KeyForm::Base64url).ok().map(DecryptionKey::Shared)
        });
        let keys: Vec<_> = private.into_iter().chain(shared).collect();
        for test in group["tests"].as_array().unwrap() {
            let token = test["jwe"].as_str().map_or_else(|| test["jwe"].to_string(), str::to_owned);
            // Of the algorithms there one is ours.
            let ours = key["alg"] == "ECDH-ES+A256KW" && test["enc"] == "A256GCM";
            let valid = test["result"] == "valid" && ours;
            let outcome = opened(Method::JweEcdhEs, &keys, token.as_bytes());
            assert_eq!(outcome.is_ok(), valid, "{test}");
            if valid {
                assert_eq!(outcome.unwrap(), crate::testing::unhex(test["pt"].as_str().unwrap()));
            }
            assert!(opened(Method::JweDir, &keys, token.as_bytes()).is_err(), "{test}");
            *if valid { &mut accepted } else { &mut refused } += 1;
        }
    }
    assert!(accepted >= 1 && refused >= 100, "only {accepted} and {refused} vectors");
}
