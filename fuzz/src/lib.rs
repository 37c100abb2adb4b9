//! One function for each decoder: it feeds `data` to it and asserts what must hold whatever it was. `fuzz_targets/` hands them
//! to libFuzzer.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a broken promise must stop the fuzzer")]

pub mod json;
pub mod saml;

use std::net::IpAddr;

use http::{HeaderMap, HeaderValue};
use sealpost_egress::guard::Policy;
use sealpost_egress::target::Target;
use sealpost_ledger::{Checkpoint, Frontier, Hash, Leaf, VerifierKey, export, verify_export};
use sealpost_seal::jws::{self, Algorithm, KeySet};
use sealpost_seal::normal::{Email, Phone};
use sealpost_seal::payload::{self, DecryptionKey, KeyForm, Method, PrivateKey, PublicKey, SharedKey};
use sealpost_seal::signature::{
    Custom, Delivery, Outgoing, Part, SigningKey, SigningSecret, WebhookKey, WebhookPublicKey, detect, sign,
    verify_standard,
};
use sealpost_seal::token::{PlainKey, Token, TokenKind};
use sealpost_seal::{Environment, Key, Place, RootKey, envelope, pan};
use sealpost_store::{MessageId, Org, OrgId};
use sealpost_web::{Cidr, ForwardedBy, Listing, Proxies};

/// The key of seeds that open.
pub const KEY: [u8; 32] = [7; 32];
/// Where seeds that open stand.
pub const PLACE: Place<'static> = Place {
    org: [1; 16],
    environment: Some(Environment::Test),
    table: "contact",
    column: "email",
    row: b"row",
    owner: Some([2; 16]),
};
/// The secret of signatures that verify.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// When they were made, in Unix seconds.
pub const NOW: i64 = 1_768_469_400;
/// The public key of RFC 8032 §7.1 TEST 1.
pub const PUBLIC: [u8; 32] = [
    0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72,
    0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
];

/// A provider's keys: those of RFC 7515 §A.2 and §A.3 and of RFC 8037 §A.4.
pub const JWK_SET: &str = concat!(
    r#"{"keys":["#,
    r#"{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"},"#,
    r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},"#,
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
);
/// Private keys that answers are encrypted to: those of RFC 8037 §A.6 and of RFC 7518 §C.
pub const PRIVATE_JWKS: [&str; 2] = [
    r#"{"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08","d":"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os"}"#,
    r#"{"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck","d":"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"}"#,
];
/// What the keys of [`JWK_SET`] have signed.
pub const TOKENS: [&str; 3] = [
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
];

/// The first line, and what comes after it.
fn split_line(data: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

fn text(data: &[u8]) -> &str {
    match std::str::from_utf8(data) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&data[..error.valid_up_to()]).unwrap_or_default(),
    }
}

/// A sealed value from a database that somebody else can write.
pub fn envelope(data: &[u8]) {
    let key = Key::from_bytes(KEY);
    let _ = envelope::key_id_of(data);
    let _ = envelope::unwrap(&key, &PLACE, data);
    if envelope::open(&key, &PLACE, data).is_ok() {
        let elsewhere = Place { org: [9; 16], ..PLACE };
        assert!(envelope::open(&key, &elsewhere, data).is_err(), "opens in two places");
        assert!(envelope::open(&Key::from_bytes([8; 32]), &PLACE, data).is_err(), "opens under two keys");
    }
}

/// A token or API key as a request presents it.
pub fn token(data: &[u8]) {
    let text = text(data);
    if let Ok(key) = PlainKey::parse(text) {
        assert_eq!(key.expose(), text);
        assert!(text.ends_with(key.last4()));
    }
    for kind in [TokenKind::UNSUBSCRIBE, TokenKind::LINK, TokenKind::SESSION] {
        if let Ok(token) = Token::parse(kind, text) {
            assert!(token.expose() == text && text.starts_with(kind.prefix()));
        }
    }
}

/// A ledger leaf: whatever decodes has one spelling.
pub fn leaf(data: &[u8]) {
    if let Ok(leaf) = Leaf::decode(data) {
        assert_eq!(leaf.encode(), data, "two spellings of one leaf");
    }
}

/// A signed checkpoint, and the key it is checked with.
pub fn checkpoint(data: &[u8]) {
    let text = text(data);
    let key = VerifierKey::new("sealpost.example", PUBLIC).unwrap();
    let _ = Checkpoint::parse_and_verify(text, &key);
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string().parse::<VerifierKey>().unwrap(), key);
    }
}

/// An export of the ledger, from whoever hands it over.
pub fn export(data: &[u8]) {
    let key = VerifierKey::new("sealpost.example", PUBLIC).unwrap();
    let _ = verify_export(data.split(|byte| *byte == b'\n'), &key);
    // Once more behind a header that is right, to get further than the first line.
    let header = export::header_line("sealpost.example/ledger", &key);
    let lines = std::iter::once(header.as_bytes()).chain(data.split(|byte| *byte == b'\n'));
    let _ = verify_export(lines, &key);
}

/// The ledger's frontier, as a row of the database holds it.
pub fn frontier(data: &[u8]) {
    if let Ok(mut frontier) = Frontier::from_bytes(data) {
        assert_eq!(frontier.to_bytes(), data, "two spellings of one frontier");
        let _ = frontier.root();
        if frontier.size() < u64::MAX / 2 {
            let before = frontier.size();
            let _ = frontier.push(Hash::from([3; 32]));
            assert_eq!(frontier.size(), before + 1);
        }
    }
}

/// A delivery as a receiver gets it: three headers, one a line, then the body.
pub fn signature(data: &[u8]) {
    let mut parts = data.splitn(4, |byte| *byte == b'\n');
    let mut header = || text(parts.next().unwrap_or_default());
    let (id, timestamp, signature) = (header(), header(), header());
    let body = parts.next().unwrap_or_default();
    let secret = SigningSecret::import(SECRET, sealpost_seal::signature::KeyEncoding::Base64).unwrap();
    let headers = [("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)];
    if verify_standard(&headers, body, &secret, NOW, 300).is_ok() {
        assert!(verify_standard(&headers, &[body, b"x"].concat(), &secret, NOW, 300).is_err(), "signs two bodies");
        assert!(verify_standard(&headers, body, &secret, NOW + 86_400, 300).is_err(), "never grows old");
    }
}

/// An e-mail address somebody typed.
pub fn email(data: &[u8]) {
    if let Ok(email) = Email::parse(text(data)) {
        let again = Email::parse(&email.index_form()).expect("the form it is found by is an address");
        assert_eq!(again.index_form(), email.index_form(), "not one form");
    }
}

/// A phone number somebody typed.
pub fn phone(data: &[u8]) {
    if let Ok(phone) = Phone::parse(text(data)) {
        let again = Phone::parse(&phone.index_form()).expect("the form it is found by is a number");
        assert_eq!(again.index_form(), phone.index_form(), "not one form");
    }
}

/// Text that may hold a card number.
pub fn pan(data: &[u8]) {
    let text = text(data);
    let found = pan::find(text);
    assert_eq!(pan::contains(text), !found.is_empty());
    assert!(found.iter().all(|range| text.get(range.clone()).is_some()), "a range that isn't text");
    assert!(found.windows(2).all(|pair| pair[0].end <= pair[1].start), "ranges overlap");
    assert!(!pan::contains(&pan::redact(text)), "found, and not redacted");
    let _ = pan::contains_across(&text.split('\n').collect::<Vec<_>>());
}

/// A URL an organisation wants called.
pub fn target(data: &[u8]) {
    let policy = Policy::strict();
    if let Ok(target) = Target::parse(text(data), &policy) {
        assert!(policy.permits_port(target.port()));
        assert!(target.path().starts_with('/'));
        assert!(!target.target_uri().contains(['\r', '\n', ' ']), "breaks the request line");
        let again = Target::parse(&target.target_uri(), &policy).expect("what is called is what was judged");
        assert_eq!(again.origin(), target.origin());
    }
}

/// What proxies say about for whom they ask.
pub fn forwarded(data: &[u8]) {
    let ours = ["10.0.0.0/8", "2001:db8::/32"].map(|network| network.parse::<Cidr>().expect("a network"));
    let proxy = IpAddr::from([10, 0, 0, 1]);
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    for (name, by) in [("x-forwarded-for", ForwardedBy::XForwardedFor), ("forwarded", ForwardedBy::Forwarded)] {
        let proxies = Proxies::new(ours.into(), by);
        let mut headers = HeaderMap::new();
        headers.insert(name, value.clone());
        let stranger = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(proxies.client(stranger, &headers), Ok(stranger), "a stranger is believed");
        let _ = proxies.client(proxy, &headers);
        // Whatever somebody wrote, our proxy adds whom it saw at the right.
        let seen = if by == ForwardedBy::Forwarded { ", for=192.0.2.1" } else { ", 192.0.2.1" };
        let added = [data, seen.as_bytes()].concat();
        headers.insert(name, HeaderValue::from_bytes(&added).expect("as good as before"));
        let client = proxies.client(proxy, &headers);
        // A header that is no text is refused as a whole.
        assert!(client == Ok(stranger) || value.to_str().is_err(), "{client:?}");
    }
}

/// What a directory asks: a filter, a path of a change, and a body, each on a line of its own.
pub fn scim(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    let (filter, path, body) = (text(next()), text(next()), next());
    sealpost_access::scim::fuzz(filter, path, body).unwrap();
}

/// An id in a path.
pub fn id(data: &[u8]) {
    if let Ok(id) = text(data).parse::<MessageId>() {
        assert_eq!(id.to_string(), text(data), "two spellings of one id");
    }
}

/// A page cursor.
pub fn cursor(data: &[u8]) {
    let key = Key::from_bytes(KEY);
    let org = |byte| Org { id: OrgId::from_bytes([byte; 16]), environment: Environment::Test };
    let listing = |byte| Listing::new(&key, org(byte), "messages", b"", None);
    let (Ok(ours), Ok(theirs)) = (listing(1), listing(2)) else { return };
    if ours.position(Some(text(data))).is_ok() {
        assert!(theirs.position(Some(text(data))).is_err(), "a cursor for two organisations");
    }
}

/// A root key file.
pub fn root_key(data: &[u8]) {
    if let Ok(key) = RootKey::parse(text(data)) {
        let again = RootKey::parse(&key.to_file_text()).expect("its own text");
        assert_eq!(again.id(), key.id());
    }
}

/// Signing keys and secrets that are imported.
pub fn webhook_key(data: &[u8]) {
    use sealpost_seal::signature::KeyEncoding;
    let text = text(data);
    if let Ok(key) = WebhookKey::parse(text) {
        assert!(WebhookKey::parse(&key.to_text()).is_ok());
    }
    if let Ok(key) = WebhookPublicKey::parse(text) {
        assert!(WebhookPublicKey::parse(&key.to_text()).is_ok());
    }
    if let Ok(secret) = SigningSecret::import(text, KeyEncoding::Base64) {
        let _ = secret.is_weak();
        assert!(SigningSecret::import(secret.expose(), secret.encoding()).is_ok());
    }
}

/// The template of a signature profile of an organisation's own.
pub fn template(data: &[u8]) {
    let _ = Part::parse_all(text(data));
}

/// The description of a signature profile of an organisation's own, on the first line, and what it signs: whatever is let
/// through fits a header, signs the body, and is found again by looking at what was sent.
pub fn custom_profile(data: &[u8]) {
    let (description, body) = split_line(data);
    let Ok(spec) = serde_json::from_slice(description) else { return };
    let Ok(custom) = Custom::compile(spec) else { return };
    let secret = SigningSecret::import(SECRET, sealpost_seal::signature::KeyEncoding::Text).unwrap();
    let signed = |body: &[u8]| {
        let outgoing = Outgoing::new("evt_1", NOW, "message.sent", body).unwrap();
        custom.with(|profile| sign(profile, &[SigningKey::Secret(&secret)], &outgoing)).unwrap()
    };
    let headers = signed(body);
    for (name, value) in &headers {
        assert!(http::HeaderName::try_from(name).is_ok() && HeaderValue::from_str(value).is_ok(), "breaks a header");
    }
    assert_ne!(headers, signed(&[body, b"x"].concat()), "signs two bodies");
    let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    for found in detect(&Delivery { headers: &headers, body, secret: SECRET }).found {
        assert!(found.custom.is_none_or(|spec| Custom::compile(spec).is_ok()), "describes what can't be");
    }
}

/// An answer of a receiver, as every method reads it.
pub fn payload_envelope(data: &[u8]) {
    for method in Method::ALL {
        if payload::decrypt(method, &payload_keys(method, 7), "encrypted", data).is_ok() {
            assert!(payload::decrypt(method, &[], "encrypted", data).is_err(), "opens without a key");
            if method.key_len().is_some() {
                assert!(
                    payload::decrypt(method, &payload_keys(method, 8), "encrypted", data).is_err(),
                    "opens by two keys"
                );
            }
            for other in Method::ALL.into_iter().filter(|other| *other != method) {
                assert!(
                    payload::decrypt(other, &payload_keys(other, 7), "encrypted", data).is_err(),
                    "two methods in one"
                );
            }
        }
    }
    if let Some(jwk) = jws::object(data) {
        if let Ok(key) = PublicKey::read(&jwk) {
            let again = key.to_jwk();
            assert_eq!(again.as_object().map(PublicKey::read), Some(Ok(key)), "two readings of one key");
        }
        let _ = PrivateKey::read(text(data));
    }
}

/// Keys that answers may be under: one that is shared, or one on each curve.
pub fn payload_keys(method: Method, byte: u8) -> Vec<DecryptionKey> {
    match method.key_len() {
        Some(length) => vec![DecryptionKey::Shared(shared_key(method, length, byte))],
        None => PRIVATE_JWKS.map(|jwk| DecryptionKey::Private(PrivateKey::read(jwk).expect("a key"))).into(),
    }
}

/// A shared key of this length: the same byte again and again.
pub fn shared_key(method: Method, length: usize, byte: u8) -> SharedKey {
    SharedKey::read(method, "k".into(), &format!("{byte:02x}").repeat(length), KeyForm::Hex).expect("a key")
}

/// A token from a provider, and the keys it publishes.
pub fn jws(data: &[u8]) {
    let text = text(data);
    let keys = KeySet::parse(JWK_SET.as_bytes()).expect("a set");
    if let Ok(verified) = jws::verify(text, &keys, &Algorithm::ALL) {
        // Whoever has an ECDSA signature can make its twin; what was signed stays the same.
        let signed = |token: &'static str| token.rsplit_once('.').map(|(signed, _)| signed);
        let claimed = text.rsplit_once('.').map(|(signed, _)| signed);
        assert!(TOKENS.into_iter().any(|token| signed(token) == claimed), "believes what nobody signed");
        assert!(jws::verify(text, &KeySet::default(), &Algorithm::ALL).is_err(), "believes without a key");
        let others: Vec<Algorithm> = Algorithm::ALL.into_iter().filter(|other| *other != verified.algorithm).collect();
        assert!(jws::verify(text, &keys, &others).is_err(), "chooses its algorithm");
    }
    if let Ok(keys) = KeySet::parse(data) {
        for token in TOKENS {
            let _ = jws::verify(token, &keys, &Algorithm::ALL);
        }
    }
    if let Some(object) = jws::object(data) {
        let rewritten = serde_json::to_vec(&object).expect("JSON");
        assert_eq!(jws::object(&rewritten).as_ref(), Some(&object), "two readings of one object");
    }
}
