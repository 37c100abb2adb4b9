//! Wycheproof (C2SP/wycheproof) through our own wrappers: every `valid` vector is
//! accepted and every `invalid` one refused.

use super::{unhex, unhex_array};
use crate::key::{hkdf, hmac_sha256};
use crate::signing::verify_ed25519;
use crate::xaes::gcm;
use aws_lc_rs::hmac;
use serde_json::Value;
use std::path::Path;

/// The vectors stand beside the project, not in it. `None` without them, which is a
/// failure in CI and a loud skip elsewhere.
#[expect(clippy::disallowed_methods, reason = "whether it runs in CI is the test's own configuration")]
pub(crate) fn file(name: &str) -> Option<Value> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/wycheproof/testvectors_v1").join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(error) => {
            let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
            assert!(!in_ci, "{}: {error}", path.display());
            eprintln!("SKIPPED, VECTORS ABSENT: {}: {error}", path.display());
            None
        }
    }
}

/// Runs every test of the groups that `wanted` takes; `accepts` says what our code does.
/// No vector of these files is merely `acceptable`.
fn run(name: &str, at_least: usize, wanted: impl Fn(&Value) -> bool, accepts: impl Fn(&Value, &Value) -> bool) {
    let Some(file) = file(name) else { return };
    let groups = file["testGroups"].as_array().unwrap().iter();
    let mut count = 0;
    for group in groups.filter(|group| wanted(group)) {
        for test in group["tests"].as_array().unwrap() {
            let expected = match test["result"].as_str().unwrap() {
                "valid" => true,
                "invalid" => false,
                other => panic!("undecided result {other}"),
            };
            assert_eq!(accepts(group, test), expected, "{name} {test}");
            count += 1;
        }
    }
    assert!(count >= at_least, "{name}: only {count} vectors");
}

fn hex(value: &Value, name: &str) -> Vec<u8> {
    unhex(value[name].as_str().unwrap())
}

#[test]
fn aes_256_gcm() {
    let ours = |group: &Value| group["ivSize"] == 96 && group["keySize"] == 256;
    run("aes_gcm_test.json", 60, ours, |_, test| {
        let key = unhex_array(test["key"].as_str().unwrap());
        let nonce = unhex_array(test["iv"].as_str().unwrap());
        let (aad, msg) = (hex(test, "aad"), hex(test, "msg"));
        let expected = [hex(test, "ct"), hex(test, "tag")].concat();
        let mut sealed = msg.clone();
        let tag = gcm::seal(&key, nonce, &aad, &mut sealed);
        sealed.extend(tag);
        let mut buffer = expected.clone();
        let opens = gcm::open(&key, nonce, &aad, &mut buffer).is_ok_and(|clear| clear == msg);
        assert_eq!(sealed == expected, opens, "sealing and opening disagree");
        opens
    });
}

#[test]
fn hmac_sha256_vectors() {
    // Truncated tags (`tagSize` below 256) are compared on their prefix, as published.
    run(
        "hmac_sha256_test.json",
        150,
        |_| true,
        |group, test| {
            let tag_len = group["tagSize"].as_u64().unwrap() as usize / 8;
            let key = hmac::Key::new(hmac::HMAC_SHA256, &hex(test, "key"));
            let mac = hmac_sha256(&key, &[&hex(test, "msg")]);
            mac[..tag_len] == hex(test, "tag")
        },
    );
}

#[test]
fn hkdf_sha256() {
    run(
        "hkdf_sha256_test.json",
        80,
        |_| true,
        |_, test| {
            let mut out = vec![0; test["size"].as_u64().unwrap() as usize];
            let (salt, input, info) = (hex(test, "salt"), hex(test, "ikm"), hex(test, "info"));
            hkdf::expand(&salt, &input, &info, &mut out).is_ok() && out == hex(test, "okm")
        },
    );
}

#[test]
fn ed25519() {
    run(
        "ed25519_test.json",
        140,
        |_| true,
        |group, test| {
            let public = unhex_array(group["publicKey"]["pk"].as_str().unwrap());
            verify_ed25519(&public, &hex(test, "msg"), &hex(test, "sig"))
        },
    );
}
