//! Which profile, encoding and key one old delivery was signed with.
//!
//! Everything that is known is tried, and then what headers look like: the number of
//! hashes is bounded by what is written here, not by what came.

use super::custom::{Custom, CustomSpec};
use super::profile::{Companion, Encoding, Part, Profile};
use super::profiles::ALL;
use super::secret::{KeyEncoding, SigningSecret};
use super::sign::is_id;
use super::verify::{VerifyingKey, verify};
use crate::key::hmac_sha256;
use std::collections::BTreeMap;

/// Values of a kind that are tried.
const MOST: usize = 3;
/// Forms of signed bytes that senders are known to use, besides those of the profiles.
const FORMS: [&str; 10] = [
    "{body}",
    "{timestamp}.{body}",
    "{timestamp}:{body}",
    "v0:{timestamp}:{body}",
    "{timestamp}{body}",
    "{timestamp}|{body}",
    "{body}.{timestamp}",
    "{body}{timestamp}",
    "{id}.{body}",
    "{id}.{timestamp}.{body}",
];

/// One old delivery, and the secret it was signed with.
pub struct Delivery<'a> {
    /// Its headers.
    pub headers: &'a [(&'a str, &'a str)],
    /// Its body, byte for byte.
    pub body: &'a [u8],
    /// The text of the secret.
    pub secret: &'a str,
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// What verifies: a known profile, or one of one's own.
    pub found: Vec<Found>,
    /// Every known profile, and how far it fits.
    pub looked: Vec<Looked>,
}

/// Something that verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The name of the profile.
    pub profile: &'static str,
    /// How a signature's bytes become text.
    pub encoding: Encoding,
    /// How the secret's text becomes the key.
    pub key_encoding: KeyEncoding,
    /// Whether its time is signed.
    pub replay_protected: bool,
    /// The description, where no known profile fits.
    pub custom: Option<CustomSpec>,
}

/// How far a known profile fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Its name.
    pub profile: &'static str,
    /// Its signature header is there, once.
    pub header: bool,
    /// What it signs besides the body is there.
    pub companions: bool,
    /// The signature looks like one of its encoding.
    pub encoding: bool,
    /// It verifies.
    pub signature: bool,
}

/// Finds out how `delivery` was signed. Its age doesn't matter.
pub fn detect(delivery: &Delivery<'_>) -> Detected {
    let secrets: Vec<SigningSecret> = KeyEncoding::ALL
        .into_iter()
        .filter_map(|encoding| SigningSecret::import(delivery.secret, encoding).ok())
        .collect();
    let mut found = Vec::new();
    let mut looked = Vec::with_capacity(ALL.len());
    for profile in ALL {
        let by = secrets.iter().filter(|secret| verifies(profile, secret, delivery));
        let before = found.len();
        found.extend(by.map(|secret| Found {
            profile: profile.name,
            encoding: profile.encoding,
            key_encoding: secret.encoding(),
            replay_protected: profile.is_replay_safe(),
            custom: None,
        }));
        looked.push(look(profile, delivery, found.len() > before));
    }
    if found.is_empty() {
        found.extend(custom(delivery, &secrets));
    }
    Detected { found, looked }
}

fn verifies(profile: &Profile<'_>, secret: &SigningSecret, delivery: &Delivery<'_>) -> bool {
    // An old delivery is old: any time up to the year 2106 will do.
    verify(profile, &[VerifyingKey::Secret(secret)], delivery.headers, delivery.body, 0, u32::MAX).is_ok()
}

fn look(profile: &Profile<'static>, delivery: &Delivery<'_>, signature: bool) -> Looked {
    let value = only(delivery.headers, profile.header);
    let parts = [(Part::Id, Companion::Id), (Part::Timestamp, Companion::Timestamp), (Part::Event, Companion::Event)];
    let companions = parts.iter().all(|(part, companion)| {
        !profile.signed.contains(part)
            || profile.preamble.contains(part)
            || profile.companion(*companion).is_some_and(|name| only(delivery.headers, name).is_some())
    });
    let encoding = value.is_some_and(|value| {
        signatures_in(value).iter().any(|(_, text)| encoding_of(text) == Some(profile.encoding))
            && value.contains(profile.prefix)
    });
    Looked { profile: profile.name, header: value.is_some(), companions, encoding, signature }
}

fn only<'h>(headers: &[(&str, &'h str)], wanted: &str) -> Option<&'h str> {
    let mut found = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let (_, value) = found.next()?;
    found.next().is_none().then_some(value)
}

/// A profile of one's own that verifies, if one of the usual forms does.
fn custom(delivery: &Delivery<'_>, secrets: &[SigningSecret]) -> Option<Found> {
    let signatures: Vec<(&str, &str, usize, &str)> = delivery
        .headers
        .iter()
        .flat_map(|(name, value)| signatures_in(value).into_iter().map(move |(at, text)| (*name, *value, at, text)))
        .take(16)
        .collect();
    if signatures.is_empty() {
        return None;
    }
    let timestamps = times_in(delivery.headers);
    let ids = ids_in(delivery.headers);
    let nothing = [("", "")];
    for form in FORMS {
        let parts = Part::parse_all(form).ok()?;
        let timestamps = if parts.contains(&Part::Timestamp) { &timestamps[..] } else { &nothing };
        let ids = if parts.contains(&Part::Id) { &ids[..] } else { &nothing };
        for timestamp in timestamps {
            for id in ids {
                for secret in secrets {
                    let pieces: Vec<&[u8]> = parts
                        .iter()
                        .map(|part| match part {
                            Part::Id => id.1.as_bytes(),
                            Part::Timestamp => timestamp.1.as_bytes(),
                            Part::Body => delivery.body,
                            Part::Text(text) => text.as_bytes(),
                            Part::Event => b"",
                        })
                        .collect();
                    let mac = hmac_sha256(secret.hmac(), &pieces);
                    let hit = signatures.iter().find_map(|(name, value, at, text)| {
                        let encoding = encoding_of(text)?;
                        (encoding.text(&mac) == *text).then_some((*name, *value, *at, encoding))
                    });
                    if let Some((name, value, at, encoding)) = hit {
                        let spec = describe(form, (name, value, at), encoding, *timestamp, *id, delivery.secret)?;
                        let replay_protected = !Custom::compile(spec.clone()).ok()?.replayable();
                        return Some(Found {
                            profile: "custom",
                            encoding,
                            key_encoding: secret.encoding(),
                            replay_protected,
                            custom: Some(spec),
                        });
                    }
                }
            }
        }
    }
    None
}

/// The description of what was found.
fn describe(
    form: &str,
    (header, value, at): (&str, &str, usize),
    encoding: Encoding,
    timestamp: (&str, &str),
    id: (&str, &str),
    secret: &str,
) -> Option<CustomSpec> {
    let before = value.get(..at)?;
    let mut companions = BTreeMap::new();
    let mut preamble = before.to_owned();
    for ((name, text), placeholder) in [(timestamp, "{timestamp}"), (id, "{id}")] {
        if text.is_empty() {
            continue;
        }
        if name.eq_ignore_ascii_case(header) {
            preamble = preamble.replacen(text, placeholder, 1);
        } else {
            companions.insert(name.to_owned(), placeholder.to_owned());
        }
    }
    // Some put the secret itself into a header; it isn't answered with.
    if !secret.is_empty() && [header, preamble.as_str()].iter().any(|text| text.contains(secret)) {
        return None;
    }
    // What stands right before a lone signature is its prefix.
    let (value, prefix) = match preamble.contains('{') {
        true => (format!("{preamble}{{signatures}}"), String::new()),
        false => ("{signatures}".to_owned(), preamble),
    };
    Some(CustomSpec {
        header: header.to_owned(),
        value,
        signed: form.to_owned(),
        encoding,
        prefix,
        separator: None,
        companions,
    })
}

/// What in a header looks like a SHA-256 in text, and where it begins.
fn signatures_in(value: &str) -> Vec<(usize, &str)> {
    let is_inside = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
    let bytes = value.as_bytes();
    let mut found = Vec::new();
    let mut start = 0;
    for end in 0..=bytes.len() {
        if bytes.get(end).copied().is_some_and(is_inside) {
            continue;
        }
        let hexadecimal = end - start == 64;
        // 32 bytes are 43 characters of base64 and one `=`.
        let base64 = end - start == 43 && bytes.get(end) == Some(&b'=');
        if hexadecimal || base64 {
            let end = end + usize::from(base64);
            found.extend(value.get(start..end).map(|text| (start, text)));
        }
        start = end + 1;
    }
    found
}

fn encoding_of(text: &str) -> Option<Encoding> {
    match text.len() {
        64 if text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) => Some(Encoding::Hex),
        44 => Some(Encoding::Base64),
        _ => None,
    }
}

/// Unix seconds in headers: as a value, or among others in one.
fn times_in<'h>(headers: &[(&'h str, &'h str)]) -> Vec<(&'h str, &'h str)> {
    let is_time = |text: &&str| (9..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    headers
        .iter()
        .flat_map(|(name, value)| {
            value.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_time).map(move |text| (*name, text))
        })
        .take(MOST)
        .collect()
}

fn ids_in<'h>(headers: &[(&'h str, &'h str)]) -> Vec<(&'h str, &'h str)> {
    let names_one = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["id", "delivery", "nonce"].iter().any(|word| name.split(['-', '_']).any(|part| part == *word))
    };
    headers.iter().filter(|(name, value)| names_one(name) && is_id(value)).take(MOST).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::super::profiles::{self, FANFARE_BARE, FYNO, FYNO_BASE64};
    use super::super::{Outgoing, SigningKey, sign};
    use super::*;
    use proptest::prelude::*;

    const BODY: &[u8] = br#"{"id":"evt_1"}"#;
    /// Valid in all three encodings, with three different keys.
    const SECRET: &str = "whsec_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn signed(profile: &Profile<'_>, encoding: KeyEncoding) -> Vec<(String, String)> {
        let secret = SigningSecret::import(SECRET, encoding).unwrap();
        let outgoing = Outgoing::new("evt_1", 1_600_000_000, "message.delivered", BODY).unwrap();
        sign(profile, &[SigningKey::Secret(&secret)], &outgoing).unwrap()
    }

    fn found(headers: &[(String, String)], body: &[u8], secret: &str) -> Detected {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        detect(&Delivery { headers: &headers, body, secret })
    }

    #[test]
    fn every_profile_is_found_under_every_key_encoding() {
        for profile in profiles::ALL {
            for encoding in KeyEncoding::ALL {
                let headers = signed(profile, encoding);
                let detected = found(&headers, BODY, SECRET);
                let [one] = &detected.found[..] else { panic!("{}: {:?}", profile.name, detected.found) };
                assert_eq!((one.profile, one.key_encoding, one.encoding), (profile.name, encoding, profile.encoding));
                assert_eq!(one.replay_protected, profile.is_replay_safe());
                assert_eq!(detected.looked.len(), profiles::ALL.len());
            }
        }
    }

    #[test]
    fn a_wrong_secret_or_body_says_what_fits_and_what_does_not() {
        let headers = signed(&FYNO, KeyEncoding::Text);
        for detected in [found(&headers, b"{}", SECRET), found(&headers, BODY, "another"), found(&headers, BODY, "")] {
            assert!(detected.found.is_empty());
            let of = |name| *detected.looked.iter().find(|one| one.profile == name).unwrap();
            let fyno = of(FYNO.name);
            assert!(fyno.header && fyno.companions && fyno.encoding && !fyno.signature);
            assert!(of(FYNO_BASE64.name).header && !of(FYNO_BASE64.name).encoding);
            assert!(!of(FANFARE_BARE.name).header);
        }
    }

    #[test]
    fn an_unknown_format_is_described_and_the_description_signs_the_same() {
        let custom = CustomSpec {
            header: "X-Slack-Signature".into(),
            value: "{signatures}".into(),
            signed: "v0:{timestamp}:{body}".into(),
            encoding: Encoding::Hex,
            prefix: "v0=".into(),
            separator: None,
            companions: BTreeMap::from([("X-Slack-Request-Timestamp".into(), "{timestamp}".into())]),
        };
        let paddle = CustomSpec {
            header: "Paddle-Signature".into(),
            value: "ts={timestamp};h1={signatures}".into(),
            signed: "{timestamp}:{body}".into(),
            prefix: String::new(),
            companions: BTreeMap::new(),
            ..custom.clone()
        };
        let shopify = CustomSpec {
            header: "X-Shop-Hmac".into(),
            signed: "{body}".into(),
            encoding: Encoding::Base64,
            prefix: String::new(),
            companions: BTreeMap::new(),
            ..custom.clone()
        };
        for spec in [custom, paddle, shopify] {
            let headers = Custom::compile(spec.clone()).unwrap().with(|profile| signed(profile, KeyEncoding::Hex));
            let detected = found(&headers, BODY, SECRET);
            let [one] = &detected.found[..] else { panic!("{spec:?}: {detected:?}") };
            assert_eq!((one.key_encoding, one.custom.as_ref()), (KeyEncoding::Hex, Some(&spec)));
        }
    }

    #[test]
    fn a_description_never_holds_the_secret() {
        let spec = CustomSpec {
            header: "X-Acme".into(),
            value: "{signatures}".into(),
            signed: "{body}".into(),
            encoding: Encoding::Hex,
            prefix: "hush=".into(),
            separator: None,
            companions: BTreeMap::new(),
        };
        let outgoing = Outgoing::new("evt_1", 1_600_000_000, "a.b", BODY).unwrap();
        let secret = |text| SigningSecret::import(text, KeyEncoding::Text).unwrap();
        let custom = Custom::compile(spec).unwrap();
        let signed =
            |text| custom.with(|profile| sign(profile, &[SigningKey::Secret(&secret(text))], &outgoing)).unwrap();
        assert_eq!(found(&signed("hush"), BODY, "hush").found, []);
        assert_eq!(found(&signed("loud"), BODY, "loud").found.len(), 1);
    }

    proptest! {
        #[test]
        fn anything_can_be_looked_at(
            headers in prop::collection::vec(("\\PC{0,20}", "\\PC{0,80}"), 0..8), body in prop::collection::vec(any::<u8>(), 0..64), secret in "\\PC{0,20}",
        ) {
            prop_assert!(found(&headers, &body, &secret).found.is_empty());
        }
    }
}
