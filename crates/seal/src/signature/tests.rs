use super::profiles::{
    ALL, FANFARE, FANFARE_BARE, FYNO, FYNO_BASE64, GITHUB_LIKE, SAFRAVO, STANDARD, STRIPE_LIKE, SVIX,
};
use super::*;
use crate::key::sha256;
use crate::rng::SystemRng;
use proptest::prelude::*;

const BODY: &[u8] = br#"{"id":"evt_01J9ZK4V7Q8R5T2W3X6Y0A1B2C","type":"message.delivered","timestamp":"2026-01-15T09:30:00.000Z","data":{"message_id":"msg_01J9ZK4V7Q8R5T2W3X6Y0A1B2D","status":"delivered"}}"#;
const ID: &str = "evt_01J9ZK4V7Q8R5T2W3X6Y0A1B2C";
const EVENT: &str = "message.delivered";
const TIMESTAMP: i64 = 1_768_469_400;
const TOLERANCE: u32 = 300;

fn secret(text: &str, encoding: KeyEncoding) -> SigningSecret {
    SigningSecret::import(text, encoding).unwrap()
}

fn standard_secret() -> SigningSecret {
    let text = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    secret(text, KeyEncoding::Base64)
}

fn outgoing() -> Outgoing<'static> {
    Outgoing::new(ID, TIMESTAMP, EVENT, BODY).unwrap()
}

fn signed(profile: &Profile<'_>, keys: &[SigningKey<'_>]) -> Vec<(String, String)> {
    sign(profile, keys, &outgoing()).unwrap()
}

fn value<'h>(headers: &'h [(String, String)], name: &str) -> &'h str {
    let (_, value) = headers.iter().find(|(header, _)| header == name).unwrap();
    value
}

fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    headers.iter().map(|(name, value)| (&**name, &**value)).collect()
}

fn signature_of(profile: &Profile<'_>, secret: &SigningSecret) -> String {
    value(&signed(profile, &[SigningKey::Secret(secret)]), profile.header).to_owned()
}

#[test]
fn the_body_is_the_one_the_known_answers_are_about() {
    assert_eq!(BODY.len(), 181);
    let digest = "879207e920a1150de29d24273bba17506368a68a7f4a85324665670f2da85e35";
    assert_eq!(sha256(&[BODY])[..], crate::testing::unhex(digest));
}

#[test]
fn the_known_answers_come_out() {
    let fyno = secret("fyno-shared-secret", KeyEncoding::Text);
    let fanfare = secret("fanfare-shared-secret", KeyEncoding::Text);
    let safravo = format!("whsec_{}", "0123456789abcdef".repeat(4));
    let safravo = secret(&safravo, KeyEncoding::Text);
    for (profile, secret, expected) in [
        (&STANDARD, &standard_secret(), "v1,U7brXUqd7qkgUqGDI7Js6/BhQmnhg4h5TKU1gqhRIhA="),
        (&SVIX, &standard_secret(), "v1,U7brXUqd7qkgUqGDI7Js6/BhQmnhg4h5TKU1gqhRIhA="),
        (&FYNO, &fyno, "72afcce2b4b3a7a9a1411ff905c2a18b9f7cc34487710dae9f2634a80e61a4c9"),
        (&FYNO_BASE64, &fyno, "cq/M4rSzp6mhQR/5BcKhi598w0SHcQ2unyY0qA5hpMk="),
        (&FANFARE, &fanfare, "sha256=9606338138bbd1d91bbc5190c45d2f7b77f503cb83c297b25900f7f6332e8694"),
        (&FANFARE_BARE, &fanfare, "2408b1471cd74213a606b27d3054974987904e37d39297b98ecccdcff3cb10bb"),
        (&SAFRAVO, &safravo, "sha256=c9fb283050edcd4b79e82bd2457829736e499678383c0e3e5acaf919255ffff7"),
    ] {
        assert_eq!(signature_of(profile, secret), expected, "{}", profile.name);
    }
}

#[test]
fn the_same_secret_text_is_another_key_in_another_encoding() {
    // The wrong keys of the known answers: hexadecimal and base64 read of one text.
    let text = format!("whsec_{}", "0123456789abcdef".repeat(4));
    let with = |encoding| signature_of(&SAFRAVO, &secret(&text, encoding));
    assert!(with(KeyEncoding::Hex).starts_with("sha256=fc5bfac1"));
    assert!(with(KeyEncoding::Base64).starts_with("sha256=9ab76b2c"));
}

#[test]
fn companions_go_along() {
    let shared = standard_secret();
    let key = || [SigningKey::Secret(&shared)];
    let standard = signed(&STANDARD, &key());
    assert_eq!(value(&standard, "webhook-id"), ID);
    assert_eq!(value(&standard, "webhook-timestamp"), "1768469400");
    let safravo = signed(&SAFRAVO, &key());
    assert_eq!(value(&safravo, "X-Safravo-Event"), EVENT);
    assert_eq!(value(&safravo, "X-Safravo-Delivery"), ID);
    assert_eq!(value(&signed(&FANFARE, &key()), "X-Fanfare-Timestamp"), "1768469400");
    let stripe = signature_of(&STRIPE_LIKE, &shared);
    assert!(stripe.starts_with("t=1768469400,v1="));
    assert!(signature_of(&GITHUB_LIKE, &shared).starts_with("sha256="));
}

#[test]
fn both_secrets_sign_while_one_replaces_the_other() {
    let (new, old) = (SigningSecret::generate(&SystemRng), standard_secret());
    let ed25519 = WebhookKey::generate(&SystemRng);
    let keys = [SigningKey::Secret(&new), SigningKey::Secret(&old), SigningKey::Ed25519(&ed25519)];
    for profile in [&STANDARD, &SVIX, &STRIPE_LIKE] {
        let headers = signed(profile, &keys);
        for secret in [&new, &old] {
            let keys = [VerifyingKey::Secret(secret)];
            let result = verify(profile, &keys, &borrowed(&headers), BODY, TIMESTAMP, TOLERANCE);
            assert_eq!(result, Ok(()), "{}", profile.name);
        }
    }
    let headers = signed(&STANDARD, &keys);
    let public = [VerifyingKey::Ed25519(ed25519.public())];
    let result = verify(&STANDARD, &public, &borrowed(&headers), BODY, TIMESTAMP, TOLERANCE);
    assert_eq!(result, Ok(()));
    assert_eq!(value(&headers, "webhook-signature").split(' ').count(), 3);
    // One slot: only the newest.
    assert_eq!(signed(&FYNO, &keys), signed(&FYNO, &keys[..1]));
}

#[test]
fn nothing_leaves_unsigned() {
    let ed25519 = WebhookKey::generate(&SystemRng);
    let only_ed25519 = [SigningKey::Ed25519(&ed25519)];
    assert_eq!(sign(&STANDARD, &[], &outgoing()), Err(NotSignable::NoKey));
    assert_eq!(sign(&FYNO, &only_ed25519, &outgoing()), Err(NotSignable::NoKey));
    assert!(sign(&STANDARD, &only_ed25519, &outgoing()).is_ok());
}

#[test]
fn ids_and_events_that_would_break_a_header_or_move_a_dot_are_refused() {
    let new = |id, event| Outgoing::new(id, TIMESTAMP, event, BODY).err();
    let too_long = "x".repeat(256);
    for id in ["", "a.b", "a b", "a\r\nX: y", "é", &too_long] {
        assert_eq!(new(id, EVENT), Some(NotSignable::Id));
    }
    for event in ["a b", "a\n", "é"] {
        assert_eq!(new(ID, event), Some(NotSignable::Event));
    }
    assert_eq!(new(ID, ""), None);
}

#[test]
fn the_window_has_two_sides() {
    let secret = standard_secret();
    let headers = signed(&STANDARD, &[SigningKey::Secret(&secret)]);
    let at = |now| verify_standard(&borrowed(&headers), BODY, &secret, now, TOLERANCE);
    assert_eq!(at(TIMESTAMP + 300), Ok(()));
    assert_eq!(at(TIMESTAMP - 300), Ok(()));
    for now in [TIMESTAMP + 301, TIMESTAMP - 301, i64::MAX, i64::MIN] {
        assert_eq!(at(now), Err(Refused::Timestamp));
    }
}

#[test]
fn headers_match_in_any_case_and_only_once() {
    let secret = standard_secret();
    let headers = signed(&STANDARD, &[SigningKey::Secret(&secret)]);
    let shouted: Vec<_> = headers.iter().map(|(name, value)| (name.to_uppercase(), value.clone())).collect();
    let check = |headers: &[(&str, &str)]| verify_standard(headers, BODY, &secret, TIMESTAMP, TOLERANCE);
    assert_eq!(check(&borrowed(&shouted)), Ok(()));
    for missing in 0..headers.len() {
        let mut fewer = borrowed(&headers);
        let dropped = fewer.remove(missing);
        assert_eq!(check(&fewer), Err(Refused::Headers));
        fewer.extend([dropped, dropped]);
        assert_eq!(check(&fewer), Err(Refused::Headers));
    }
}

#[test]
fn stripe_headers_with_two_timestamps_or_none_are_refused() {
    let secret = standard_secret();
    let good = signature_of(&STRIPE_LIKE, &secret);
    let keys = [VerifyingKey::Secret(&secret)];
    let check = |header: &str| {
        let headers = [("stripe-signature", header)];
        verify(&STRIPE_LIKE, &keys, &headers, BODY, TIMESTAMP, TOLERANCE)
    };
    assert_eq!(check(&good), Ok(()));
    assert_eq!(check(&format!("{good},t=1768469400")), Err(Refused::Headers));
    let (_, without) = good.split_once(',').unwrap();
    assert_eq!(check(without), Err(Refused::Headers));
    assert_eq!(check(&good.replace("1768469400", "+1768469400")), Err(Refused::Timestamp));
}

#[test]
fn a_profile_from_settings_signs_and_verifies() {
    let parts = Part::parse_all("v0:{timestamp}:{event}:{body}").unwrap();
    let profile = Profile {
        name: "custom",
        header: "X-Acme-Signature",
        signed: &parts,
        prefix: "v0=",
        companions: &[("X-Acme-Time", Companion::Timestamp), ("X-Acme-Event", Companion::Event)],
        ..GITHUB_LIKE
    };
    let secret = secret("acme", KeyEncoding::Text);
    let headers = signed(&profile, &[SigningKey::Secret(&secret)]);
    let keys = [VerifyingKey::Secret(&secret)];
    let check = |body: &[u8]| verify(&profile, &keys, &borrowed(&headers), body, TIMESTAMP, TOLERANCE);
    assert_eq!(check(BODY), Ok(()));
    assert_eq!(check(b"{}"), Err(Refused::Signature));
}

#[test]
fn profiles_are_found_by_name_and_say_whether_they_stop_replays() {
    for profile in ALL {
        assert_eq!(profiles::by_name(profile.name), Some(profile));
    }
    assert_eq!(profiles::by_name("none"), None);
    let safe: Vec<_> = ALL.iter().filter(|profile| profile.is_replay_safe()).collect();
    assert_eq!(safe, [&&STANDARD, &&SVIX, &&FANFARE, &&STRIPE_LIKE]);
}

proptest! {
    #[test]
    fn nothing_tampered_with_verifies(at: prop::sample::Index, xor in 1u8..=255, which in 0..ALL.len()) {
        let profile = ALL[which];
        let (ours, theirs) = (standard_secret(), SigningSecret::generate(&SystemRng));
        let headers = signed(profile, &[SigningKey::Secret(&ours)]);
        let check = |headers: &[(String, String)], body: &[u8], secret| {
            let keys = [VerifyingKey::Secret(secret)];
            verify(profile, &keys, &borrowed(headers), body, TIMESTAMP, TOLERANCE)
        };
        prop_assert_eq!(check(&headers, BODY, &ours), Ok(()));
        prop_assert_eq!(check(&headers, BODY, &theirs), Err(Refused::Signature));

        let mut body = BODY.to_vec();
        body[at.index(BODY.len())] ^= xor;
        prop_assert_eq!(check(&headers, &body, &ours), Err(Refused::Signature));

        for (nth, (name, value)) in headers.iter().enumerate() {
            let is_covered = name == profile.header
                || value == "1768469400" && profile.is_replay_safe()
                || value == ID && profile.signed.contains(&Part::Id);
            if is_covered {
                let mut changed = headers.clone();
                let mut bytes = value.clone().into_bytes();
                let place = at.index(bytes.len());
                bytes[place] = if bytes[place] == b'7' { b'8' } else { b'7' };
                changed[nth].1 = String::from_utf8(bytes).unwrap();
                prop_assert!(check(&changed, BODY, &ours).is_err());
            }
        }
    }

    #[test]
    fn any_header_can_be_looked_at(header in "\\PC{0,80}", which in 0..ALL.len()) {
        let profile = ALL[which];
        let secret = standard_secret();
        let headers = [
            (profile.header, &*header), ("webhook-id", &header), ("webhook-timestamp", &header),
            ("svix-id", &header), ("svix-timestamp", &header), ("x-fanfare-timestamp", &header),
        ];
        let keys = [VerifyingKey::Secret(&secret)];
        prop_assert!(verify(profile, &keys, &headers, BODY, TIMESTAMP, TOLERANCE).is_err());
    }
}
