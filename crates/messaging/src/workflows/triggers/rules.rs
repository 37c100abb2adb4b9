//! Decisions about what arrives, as plain functions.

use sealpost_seal::key::sha256;
use sealpost_seal::pan;
use sealpost_seal::signature::{Companion, Part, Profile, SigningSecret, VerifyingKey, profiles, verify};
use sealpost_store::Time;
use serde_json::{Map, Value, json};

use super::model::{Check, Mapping, NewTrigger, Source};
use crate::label::Label;
use crate::workflows::definition::{Given, Path, To, Wrong};
use crate::workflows::rules::filled;

/// How far the time that is signed may be from ours, in seconds: what Standard Webhooks advises.
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#verifying-webhook-authenticity>
pub(super) const WINDOW_S: u32 = 300;
/// For how long a sender may repeat what it signs anew each time, in milliseconds: 30 days. By hand, Stripe does so longest of those who
/// say it (<https://docs.stripe.com/webhooks#retries>); by themselves all give up within days.
pub(in crate::workflows) const REPEATED_MS: i64 = 30 * 86_400_000;
// What is caught on its way is refused as too old long before it is forgotten, whichever clock was wrong.
const _: () = assert!(REPEATED_MS > 10 * 1_000 * WINDOW_S as i64);
/// The header with the key of whoever can't sign.
pub(in crate::workflows) const KEY_HEADER: &str = "sealpost-trigger-key";
/// The header in which they may say what they call what they send.
pub(in crate::workflows) const ID_HEADER: &str = "webhook-id";
/// Fields and values that runs are started with.
const MOST_FIELDS: usize = 50;
/// The longest name that a sender may have for what it sends.
const LONGEST_ID: usize = 256;

/// What came is not what a trigger can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    /// Where in the body.
    pub(super) place: &'static str,
    /// What is wrong there.
    pub(super) code: &'static str,
}

/// Everything that is wrong with a trigger; nothing if it can be made.
pub(super) fn wrong(new: &NewTrigger) -> Vec<Wrong> {
    let mut all = Vec::new();
    let mut wrong = |place: &str, code| all.push(Wrong { place: place.to_owned(), code });
    match &new.source {
        Source::Event(event) if Label::parse(event).is_err() => wrong("/event", "label_invalid"),
        Source::Event(_) | Source::Reply => {}
        Source::Webhook(webhook) => {
            if is_of_an_answer(webhook.to.parts().1) {
                wrong("/webhook/to", "not_in_data");
            }
            if webhook.id.as_ref().is_some_and(is_of_an_answer) {
                wrong("/webhook/id", "not_in_data");
            }
        }
    }
    if let Some(data) = &new.data {
        if data.len() > MOST_FIELDS {
            wrong("/data", "out_of_range");
        }
        if data.values().any(|given| matches!(given, Given::Field(path) if is_of_an_answer(path))) {
            wrong("/data", "not_in_data");
        }
        if serde_json::to_string(data).is_ok_and(|text| pan::contains(&text)) {
            wrong("/data", "card_number");
        }
    }
    all
}

/// Whether nobody has been asked yet whose answer this is.
fn is_of_an_answer(path: &Path) -> bool {
    path.answer_of().is_some()
}

/// Whether a request with these headers is by whoever has one of these secrets, now.
pub(super) fn is_believed(
    check: Check,
    secrets: &[SigningSecret],
    (headers, body): (&[(&str, &str)], &[u8]),
    now_unix: i64,
) -> bool {
    match check {
        Check::Signature(profile) => {
            let keys: Vec<VerifyingKey<'_>> = secrets.iter().map(VerifyingKey::Secret).collect();
            verify(profile, &keys, headers, body, now_unix, WINDOW_S).is_ok()
        }
        Check::Key => {
            let said = headers.iter().find(|(name, _)| *name == KEY_HEADER).map(|(_, value)| value.as_bytes());
            // Hashes are compared: how long that takes says nothing about the key.
            said.is_some_and(|said| {
                let said = sha256(&[said]);
                secrets.iter().any(|secret| sha256(&[secret.expose().as_bytes()]) == said)
            })
        }
    }
}

/// The headers that a check looks at.
pub(in crate::workflows) fn headers_of(check: Check) -> Vec<&'static str> {
    match check {
        Check::Key => vec![KEY_HEADER, ID_HEADER],
        Check::Signature(profile) => {
            std::iter::once(profile.header).chain(profile.companions.iter().map(|(name, _)| *name)).collect()
        }
    }
}

/// The headers that any check looks at.
pub(in crate::workflows) fn all_headers() -> impl Iterator<Item = &'static str> {
    let checks = profiles::ALL.into_iter().map(Check::Signature).chain([Check::Key]);
    checks.flat_map(headers_of)
}

/// What tells one arrival from another: what its sender calls it, if that is signed or the sender said the key; its body otherwise.
/// Whatever nobody signed is no reason to take what was seen before for something new.
pub(super) fn arrival(
    check: Check,
    id: Option<&Path>,
    known: &Value,
    (headers, body): (&[(&str, &str)], &[u8]),
) -> Result<Vec<u8>, Unreadable> {
    if let Some(path) = id {
        let said = match path.find(known) {
            Some(Value::String(text)) if (1..=LONGEST_ID).contains(&text.len()) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return Err(Unreadable { place: "/id", code: "id_missing" }),
        };
        return Ok([b"said\0", said.as_bytes()].concat());
    }
    let header = match check {
        Check::Key => Some(ID_HEADER),
        Check::Signature(profile) => signed_id(profile),
    };
    let said = header.and_then(|header| headers.iter().find(|(name, _)| *name == header));
    Ok(match said {
        Some((_, id)) if id.len() <= LONGEST_ID => [b"said\0", id.as_bytes()].concat(),
        _ => [&b"body\0"[..], &sha256(&[body])].concat(),
    })
}

fn signed_id(profile: &Profile<'static>) -> Option<&'static str> {
    let named = profile.companions.iter().find(|(_, companion)| *companion == Companion::Id).map(|(name, _)| *name);
    named.filter(|_| profile.signed.contains(&Part::Id))
}

/// What came in before this moment can't come again, and is forgotten; nothing while that can't be said. `usable_since` is since when the
/// secret has had a value that is good now.
pub(super) fn forgets_before(check: Check, usable_since: Option<Time>, now: Time) -> Option<Time> {
    let repeated = now.plus_ms(-REPEATED_MS);
    match check {
        // Whoever could send it again has the key, and could send anything.
        Check::Key => Some(repeated),
        Check::Signature(profile) if profile.is_replay_safe() => Some(repeated),
        // Without a time a signature is good for as long as its secret.
        Check::Signature(_) => usable_since.map(|since| since.min(repeated)),
    }
}

/// What came, as fields name it: an object as it is, anything else under `body`.
pub(super) fn known(body: Value) -> Value {
    match body {
        Value::Object(_) => json!({ "data": body }),
        other => json!({ "data": { "body": other } }),
    }
}

/// What a run is started with.
pub(in crate::workflows) fn mapped(data: &Mapping, known: &Value) -> Map<String, Value> {
    match data {
        Some(data) => filled(data, known),
        None => known["data"].as_object().cloned().unwrap_or_default(),
    }
}

/// For whom a run is, as a request says it.
pub(super) fn recipient(to: &To, known: &Value) -> Result<Value, Unreadable> {
    let (part, path) = to.parts();
    let found = path.find(known).filter(|value| value.is_string());
    found.map(|value| json!({ part: value })).ok_or(Unreadable { place: "/to", code: "recipient_missing" })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sealpost_seal::signature::{KeyEncoding, Outgoing, SigningKey, sign};

    use super::*;

    const NOW: i64 = 1_768_469_400;
    const BODY: &[u8] = br#"{"id":"evt_7","customer":{"email":"ada@example.com"},"plan":"gold"}"#;

    fn secret(text: &str) -> SigningSecret {
        SigningSecret::import(text, KeyEncoding::Text).unwrap()
    }

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    /// The headers that a sender with this secret sends.
    fn signed(profile: &'static Profile<'static>, text: &str, at: i64) -> Vec<(String, String)> {
        let secret = secret(text);
        let outgoing = Outgoing::new("msg_1", at, "customer.changed", BODY).unwrap();
        sign(profile, &[SigningKey::Secret(&secret)], &outgoing).unwrap()
    }

    fn believed(profile: &'static Profile<'static>, headers: &[(String, String)], body: &[u8], now: i64) -> bool {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        is_believed(Check::Signature(profile), &[secret("hush")], (&headers, body), now)
    }

    #[test]
    fn every_way_of_signing_is_believed_of_its_own_secret_body_and_time_alone() {
        for profile in profiles::ALL {
            let headers = signed(profile, "hush", NOW);
            assert!(believed(profile, &headers, BODY, NOW), "{}", profile.name);
            assert!(!believed(profile, &headers, b"{}", NOW), "{}", profile.name);
            assert!(!believed(profile, &signed(profile, "rush", NOW), BODY, NOW), "{}", profile.name);
            assert!(!believed(profile, &[], BODY, NOW), "{}", profile.name);
            for late in [-1, 1].map(|sign| NOW + sign * (i64::from(WINDOW_S) + 1)) {
                assert_eq!(believed(profile, &headers, BODY, late), !profile.is_replay_safe(), "{}", profile.name);
            }
        }
    }

    #[test]
    fn a_key_is_believed_whole_and_in_each_of_its_versions() {
        let says =
            |key: &str| is_believed(Check::Key, &[secret("new"), secret("old")], (&[(KEY_HEADER, key)], BODY), NOW);
        assert!(says("new") && says("old"));
        assert!(!says("") && !says("ne") && !says("newer"));
        assert!(!is_believed(Check::Key, &[secret("new")], (&[], BODY), NOW));
    }

    #[test]
    fn what_nobody_signed_makes_nothing_new_of_what_came_before() {
        let of = |check, headers: &[(&str, &str)]| arrival(check, None, &Value::Null, (headers, BODY)).unwrap();
        let standard = Check::Signature(&profiles::STANDARD);
        assert_ne!(of(standard, &[("webhook-id", "a")]), of(standard, &[("webhook-id", "b")]));
        // Safravo's delivery id stands in a header that isn't signed.
        let safravo = Check::Signature(&profiles::SAFRAVO);
        assert_eq!(of(safravo, &[("X-Safravo-Delivery", "a")]), of(safravo, &[("X-Safravo-Delivery", "b")]));
        assert_ne!(of(Check::Key, &[("webhook-id", "a")]), of(Check::Key, &[]));
    }

    #[test]
    fn what_a_signature_without_a_time_vouches_for_is_remembered_for_as_long_as_its_secret() {
        let (now, day) = (Time::from_unix_ms(NOW * 1_000), 86_400_000);
        let since = |days: i64| Some(now.plus_ms(-days * day));
        for check in profiles::ALL.into_iter().map(Check::Signature).chain([Check::Key]) {
            let is_timed = !matches!(check, Check::Signature(profile) if !profile.is_replay_safe());
            let before = |usable_since| forgets_before(check, usable_since, now);
            assert_eq!(before(since(400)), if is_timed { since(30) } else { since(400) }, "{check:?}");
            assert_eq!(before(since(3)), since(30), "{check:?}");
            assert_eq!(before(None), if is_timed { since(30) } else { None }, "{check:?}");
        }
    }

    #[test]
    fn an_id_in_the_body_goes_before_all_others_and_has_to_be_there() {
        let known = known(serde_json::from_slice(BODY).unwrap());
        let of = |id: &str, header| arrival(Check::Key, Some(&path(id)), &known, (&[("webhook-id", header)], BODY));
        assert_eq!(of("/data/id", "a"), of("/data/id", "b"));
        assert_eq!(of("/data/nothing", "a").unwrap_err().code, "id_missing");
        assert_eq!(of("/data/customer", "a").unwrap_err().code, "id_missing");
    }

    #[test]
    fn what_comes_is_mapped_and_what_is_not_there_is_left_out() {
        let known = known(serde_json::from_slice(BODY).unwrap());
        let mapping: Mapping = serde_json::from_value(
            json!({ "tier": { "field": "/data/plan" }, "gone": { "field": "/data/gone" }, "by": { "value": "crm" } }),
        )
        .unwrap();
        assert_eq!(Value::Object(mapped(&mapping, &known)), json!({ "tier": "gold", "by": "crm" }));
        assert_eq!(mapped(&None, &known)["plan"], "gold");
        let to = To::Email(path("/data/customer/email"));
        assert_eq!(recipient(&to, &known), Ok(json!({ "email": "ada@example.com" })));
        assert!(recipient(&To::Phone(path("/data/customer/phone")), &known).is_err());
        assert_eq!(mapped(&None, &super::known(json!([1])))["body"], json!([1]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn no_bytes_and_no_headers_make_the_reader_panic(body: Vec<u8>, header: String, id: String) {
            for check in profiles::ALL.into_iter().map(Check::Signature).chain([Check::Key]) {
                let headers: Vec<(&str, &str)> = headers_of(check).into_iter().map(|name| (name, &*header)).collect();
                prop_assert!(!is_believed(check, &[secret("a secret that nobody draws")], (&headers, &body), NOW));
                let known = known(serde_json::from_slice(&body).unwrap_or(Value::String(id.clone())));
                let _ = arrival(check, Some(&path("/data/id")), &known, (&headers, &body));
                let _ = arrival(check, None, &known, (&headers, &body));
                let _ = mapped(&None, &known);
            }
        }
    }
}
