//! When a policy protects less than another, decided without any I/O.

use sealpost_seal::signature::{Custom, profiles};

use super::model::Policy;
use crate::endpoints::encryption;
use crate::endpoints::signing::{CUSTOM, STANDARD};
use crate::endpoints::transport;

/// Whether something leaves under `after` that didn't under `before`: to another place, about more, or less protected. What can't be told
/// apart from that counts as it. Schedules, rates and further headers are none of it: they lead nothing elsewhere.
pub(super) fn is_looser(before: &Policy, after: &Policy) -> bool {
    before.url != after.url
        || after.events.iter().any(|pattern| !before.events.iter().any(|other| covers(other, pattern)))
        || signs_less(before, after)
        || is_spoken_less(&before.transport, &after.transport)
        || encrypts_less(before.encryption.as_ref(), after.encryption.as_ref())
}

/// Whether whatever passes `narrow` passes `wide`.
fn covers(wide: &str, narrow: &str) -> bool {
    match wide.strip_suffix('*') {
        Some(stem) => narrow.starts_with(stem),
        None => wide == narrow,
    }
}

fn signs_less(before: &Policy, after: &Policy) -> bool {
    let has = |policy: &Policy, name: &str| policy.profiles.iter().any(|one| one == name);
    let stops = has(before, STANDARD) && !has(after, STANDARD);
    let is_another = has(before, CUSTOM) && has(after, CUSTOM) && before.custom != after.custom;
    stops || is_another || (tells_repetitions(before) && !tells_repetitions(after))
}

/// Whether there is a profile in which a receiver can tell a delivery from its repetition.
fn tells_repetitions(policy: &Policy) -> bool {
    let own = || policy.custom().ok().flatten().and_then(|spec| Custom::compile(spec).ok());
    policy.profiles.iter().any(|name| match profiles::by_name(name) {
        Some(profile) => profile.is_replay_safe(),
        None if name == CUSTOM => own().is_some_and(|own| !own.replayable()),
        None => true,
    })
}

/// An older version of TLS, or others whose certificates are believed. Fewer of them are less to believe.
fn is_spoken_less(before: &transport::Written, after: &transport::Written) -> bool {
    let believes = match (before.authorities(), after.authorities()) {
        (before, after) if before == after => false,
        // Back to the public ones, which were believed all along.
        (Some((_, false)), None) => false,
        // The public ones are believed no more.
        (Some((before, false)), Some((after, true))) => before != after,
        _ => true,
    };
    believes || (before.min_tls() != after.min_tls() && after.min_tls() == transport::OLDER)
}

/// In clear, less of it, or for other eyes: a key or a method is exchanged for none that others haven't seen.
fn encrypts_less(before: Option<&encryption::Written>, after: Option<&encryption::Written>) -> bool {
    match (before, after) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(before), Some(after)) => !(before.has_same_keys(after) && after.hides_all_of(before)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn policy(change: &Value) -> Policy {
        let mut whole = json!({
            "endpoint_id": "ep_01kf3b2y5xfh0r4c9v7t8m6e1s",
            "url": "https://hooks.example.com/a", "description": "", "events": ["message.*"], "profiles": ["standard", "fyno"],
            "transport": { "min_tls": "1.3", "headers": [] },
            "encryption": { "method": "jwe-dir", "fields": ["/a", "/b"], "shape": "json", "member": "encrypted",
                "secret": "sec_01kf3b2y5xfh0r4c9v7t8m6e1s", "form": "base64url" },
        });
        merge(&mut whole, change);
        serde_json::from_value(whole).unwrap()
    }

    fn merge(into: &mut Value, change: &Value) {
        match (into, change) {
            (Value::Object(into), Value::Object(change)) => {
                for (name, value) in change {
                    merge(into.entry(name.clone()).or_insert(Value::Null), value);
                }
            }
            (into, change) => *into = change.clone(),
        }
    }

    #[test]
    fn what_leads_elsewhere_says_more_or_protects_less_is_looser() {
        let before = policy(&json!({}));
        for change in [
            json!({ "url": "https://hooks.example.com/b" }),
            json!({ "url": "https://other.example.com/a" }),
            json!({ "events": ["*"] }),
            json!({ "events": ["message.*", "contact.erased"] }),
            json!({ "events": ["messages.x"] }),
            json!({ "profiles": ["fyno"] }),
            json!({ "transport": { "min_tls": "1.2" } }),
            json!({ "transport": { "authorities": { "pem": "a", "only": false } } }),
            json!({ "transport": { "authorities": { "pem": "a", "only": true } } }),
            json!({ "encryption": null }),
            json!({ "encryption": { "fields": ["/a"] } }),
            json!({ "encryption": { "fields": ["/a", "/c"] } }),
            json!({ "encryption": { "method": "legacy-aes-256-cbc" } }),
            json!({ "encryption": { "secret": "sec_01kf3b2y5xfh0r4c9v7t8m6e1t" } }),
            json!({ "encryption": { "version": 1 } }),
        ] {
            assert!(is_looser(&before, &policy(&change)), "{change}");
        }
    }

    #[test]
    fn what_protects_more_or_is_none_of_it_is_not() {
        let before = policy(&json!({}));
        for change in [
            json!({}),
            json!({ "description": "reports" }),
            json!({ "events": ["message.sent"] }),
            json!({ "profiles": ["standard"] }),
            json!({ "profiles": ["standard", "fyno", "github-like"] }),
            json!({ "encryption": { "fields": [] } }),
            json!({ "encryption": { "fields": ["/b", "/a", "/c"] } }),
            json!({ "transport": { "rate": 3, "retries": [5], "headers": [{ "name": "x-tenant", "value": "a" }] } }),
        ] {
            assert!(!is_looser(&before, &policy(&change)), "{change}");
        }
        let old = policy(&json!({ "transport": { "min_tls": "1.2", "authorities": { "pem": "a", "only": false } } }));
        assert!(!is_looser(&old, &before), "a newer TLS version, and fewer who are believed");
        let only = policy(&json!({ "transport": { "min_tls": "1.2", "authorities": { "pem": "a", "only": true } } }));
        assert!(!is_looser(&old, &only) && is_looser(&only, &old) && is_looser(&only, &before));
        assert!(!is_looser(&policy(&json!({ "encryption": null })), &before));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        /// Whatever is heard of that wasn't before is asked for, however it is written.
        #[test]
        fn whoever_hears_of_something_new_is_looser(
            one in prop::collection::vec("[ab](\\.[ab]|\\.\\*)?", 1..4),
            other in prop::collection::vec("[ab](\\.[ab]|\\.\\*)?", 1..4),
            event in "[ab](\\.[ab])?",
        ) {
            let (first, second) = (policy(&json!({ "events": one })), policy(&json!({ "events": other })));
            let hears = |policy: &Policy| policy.events.iter().any(|pattern| covers(pattern, &event));
            if hears(&second) && !hears(&first) {
                prop_assert!(is_looser(&first, &second));
            }
        }
    }
}
