//! When a policy protects less than another, decided without any I/O.

use crate::channels::dkim::DkimKind;
use crate::channels::model::{DkimSettings, EmailSettings, Protection};

/// Whether something leaves under `after` that didn't under `before`: by another relay or account, in another's name, with answers or links
/// that lead elsewhere, or less protected. What can't be told apart from that counts as it. A password alone is none of it: one that has leaked is
/// exchanged at once.
pub(super) fn is_looser(before: &EmailSettings, after: &EmailSettings) -> bool {
    goes_by_another(before, after)
        || is_protected_less(before.security, after.security)
        || before.username != after.username
        || before.from_address != after.from_address
        || leads_elsewhere(before.reply_to.as_deref(), after.reply_to.as_deref())
        || leads_elsewhere(before.unsubscribe_base.as_deref(), after.unsubscribe_base.as_deref())
        || signs_less(before.dkim.as_ref(), after.dkim.as_ref())
}

/// By TLS whoever answers proves to be the host, at whatever port. In clear text, at another port of this machine is anybody.
fn goes_by_another(before: &EmailSettings, after: &EmailSettings) -> bool {
    let is_in_clear = after.security == Protection::PlainLoopback;
    !before.host.eq_ignore_ascii_case(&after.host) || (is_in_clear && before.port != after.port)
}

/// In clear text, where it was not. STARTTLS is required, so that it protects as TLS from the first byte does.
fn is_protected_less(before: Protection, after: Protection) -> bool {
    after == Protection::PlainLoopback && before != Protection::PlainLoopback
}

/// To a place that was not said before. Without one answers go to who writes, and links to this server.
fn leads_elsewhere(before: Option<&str>, after: Option<&str>) -> bool {
    after.is_some() && before != after
}

/// Not at all, for another domain, or in a way that not every receiver verifies (RFC 8463 is newer than many of them).
fn signs_less(before: Option<&DkimSettings>, after: Option<&DkimSettings>) -> bool {
    match (before, after) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(before), Some(after)) => {
            !before.domain.eq_ignore_ascii_case(&after.domain)
                || (before.algorithm == DkimKind::Rsa && after.algorithm == DkimKind::Ed25519)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn settings(change: &Value) -> EmailSettings {
        let mut whole = json!({
            "host": "smtp.example.com", "port": 465, "security": "implicit_tls", "username": "mailer",
            "password": "sec_01kf3b2y5xfh0r4c9v7t8m6e1s", "from_address": "news@mail.example.com", "from_name": "Example",
            "reply_to": "help@example.com", "helo": "mail.example.com", "unsubscribe_base": "https://example.com/u",
            "dkim": { "domain": "mail.example.com", "selector": "s1", "algorithm": "rsa", "public": "MIIB",
                "key": "sec_01kf3b2y5xfh0r4c9v7t8m6e1t" },
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
    fn what_leads_elsewhere_speaks_for_another_or_protects_less_is_looser() {
        let before = settings(&json!({}));
        for change in [
            json!({ "host": "smtp.example.net" }),
            json!({ "host": "127.0.0.1", "port": 25, "security": "plain_loopback" }),
            json!({ "security": "plain_loopback" }),
            json!({ "username": "somebody" }),
            json!({ "username": null, "password": null }),
            json!({ "from_address": "news@example.net" }),
            json!({ "from_address": "boss@mail.example.com" }),
            json!({ "reply_to": "help@example.net" }),
            json!({ "unsubscribe_base": "https://example.net/u" }),
            json!({ "dkim": null }),
            json!({ "dkim": { "domain": "example.net" } }),
            json!({ "dkim": { "algorithm": "ed25519" } }),
        ] {
            assert!(is_looser(&before, &settings(&change)), "{change}");
        }
        let clear = settings(&json!({ "host": "127.0.0.1", "port": 25, "security": "plain_loopback" }));
        assert!(is_looser(&clear, &EmailSettings { port: 2525, ..clear.clone() }), "another process of this machine");
    }

    #[test]
    fn what_protects_more_or_is_none_of_it_is_not() {
        let before = settings(&json!({}));
        for change in [
            json!({}),
            json!({ "host": "SMTP.example.com" }),
            json!({ "port": 587, "security": "starttls" }),
            json!({ "password": { "stored": "sec_01kf3b2y5xfh0r4c9v7t8m6e1v" } }),
            json!({ "from_name": "Example & Sons", "helo": "mail2.example.com" }),
            json!({ "reply_to": null, "unsubscribe_base": null }),
            json!({ "dkim": { "selector": "s2", "public": "MIIC", "key": "sec_01kf3b2y5xfh0r4c9v7t8m6e1v" } }),
        ] {
            assert!(!is_looser(&before, &settings(&change)), "{change}");
        }
        let clear = EmailSettings { security: Protection::PlainLoopback, ..before.clone() };
        assert!(!is_looser(&clear, &before), "TLS where there was none");
        assert!(!is_looser(&settings(&json!({ "dkim": null })), &before), "a signature where there was none");
        assert!(!is_looser(&settings(&json!({ "dkim": { "algorithm": "ed25519" } })), &before));
    }

    fn any_settings() -> impl Strategy<Value = EmailSettings> {
        let security = prop::sample::select(vec!["implicit_tls", "starttls", "plain_loopback"]);
        let dkim = prop::option::of((prop::sample::select(vec!["a.example", "b.example"]), prop::bool::ANY));
        let place = || prop::option::of(prop::sample::select(vec!["https://a.example/u", "https://b.example/u"]));
        let hosts = prop::sample::select(vec!["a.example", "b.example"]);
        (hosts, 1_u16..4, security, dkim, place(), place()).prop_map(|(host, port, security, dkim, reply, links)| {
            let dkim = dkim.map(|(domain, is_rsa)| {
                json!({ "domain": domain, "selector": "s", "algorithm": if is_rsa { "rsa" } else { "ed25519" }, "public": "M",
                    "key": "sec_01kf3b2y5xfh0r4c9v7t8m6e1t" })
            });
            let change = json!({ "host": host, "port": port, "security": security, "reply_to": reply, "unsubscribe_base": links });
            let mut settings = settings(&change);
            settings.dkim = dkim.map(|dkim| serde_json::from_value(dkim).unwrap());
            settings
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        /// Whatever steps are taken without asking anybody, none of them leads where nobody agreed to: the relay, its protection and the
        /// signature are at least what they were.
        #[test]
        fn no_row_of_tightenings_loosens(steps in prop::collection::vec(any_settings(), 2..12)) {
            let first = &steps[0];
            let mut now = first.clone();
            for step in &steps[1..] {
                if !is_looser(&now, step) {
                    now = step.clone();
                }
            }
            prop_assert_eq!(&now.host, &first.host);
            prop_assert!(first.security == Protection::PlainLoopback || now.security != Protection::PlainLoopback);
            prop_assert!(first.dkim.is_none() || now.dkim.as_ref().is_some_and(|dkim| Some(&dkim.domain) == first.dkim.as_ref().map(|dkim| &dkim.domain)));
            prop_assert!(now.reply_to.is_none() || now.reply_to == first.reply_to);
        }
    }
}
