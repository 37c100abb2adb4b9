use std::sync::Arc;

use aws_lc_rs::signature::{RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use proptest::prelude::*;

use sealpost_seal::signing::{verify_ed25519, verify_rsa_pkcs1_sha256};

use super::*;

/// RFC 8463 appendix A.3, without its signatures.
const MESSAGE: &str = "From: Joe SixPack <joe@football.example.com>\r\n\
    To: Suzie Q <suzie@shopping.example.net>\r\n\
    Subject: Is dinner ready?\r\n\
    Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n\
    Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\
    \r\n\
    Hi.\r\n\
    \r\n\
    We lost the game.  Are you hungry yet?\r\n\
    \r\n\
    Joe.\r\n";

const NAMES: [&str; 8] = ["from", "to", "subject", "date", "message-id", "from", "subject", "date"];

const ED25519_FIELD: &str = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n \
    d=football.example.com; i=@football.example.com;\r\n \
    q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n \
    subject : date : message-id : from : subject : date;\r\n \
    bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=";

const RSA_FIELD: &str = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n \
    d=football.example.com; i=@football.example.com;\r\n \
    q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n \
    date : message-id : from : subject : date;\r\n \
    bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=";

/// The key of RFC 8463 appendix A.2.
fn rfc_8463_key() -> Ed25519Key {
    let seed = BASE64.decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=").unwrap();
    Ed25519Key::from_seed(&seed.try_into().unwrap())
}

#[test]
fn the_body_hash_of_rfc_8463_is_reproduced() {
    let (_, body) = canonical::split(MESSAGE.as_bytes());
    assert_eq!(BASE64.encode(body_hash(body)), "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
}

#[test]
fn the_ed25519_signature_of_rfc_8463_is_reproduced() {
    let (head, _) = canonical::split(MESSAGE.as_bytes());
    let input = canonical::signing_input(&head, &NAMES, ED25519_FIELD);
    assert_eq!(
        BASE64.encode(sign(&rfc_8463_key(), &input)),
        "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\
         Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
    );
}

#[test]
fn the_rsa_signature_of_rfc_8463_fits_our_signing_input() {
    let key = BASE64
        .decode(
            "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08\
             a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM\
             KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB",
        )
        .unwrap();
    let signature = BASE64
        .decode(
            "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\
             DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\
             dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=",
        )
        .unwrap();
    let (head, _) = canonical::split(MESSAGE.as_bytes());
    let input = canonical::signing_input(&head, &NAMES, RSA_FIELD);
    UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, key).verify(&input, &signature).unwrap();
}

#[test]
fn canonical_forms_are_those_of_rfc_6376_section_3_4_5() {
    let (head, body) = canonical::split(b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n");
    let input = canonical::signing_input(&head, &["a", "b"], "S:");
    assert_eq!(input, b"a:X\r\nb:Y Z\r\ns:");
    assert_eq!(canonical::relaxed_body(body), b" C\r\nD E\r\n");
    assert_eq!(canonical::relaxed_body(b""), b"");
    assert_eq!(canonical::relaxed_body(b"\r\n\r\n"), b"");
    assert_eq!(canonical::relaxed_body(b"x"), b"x\r\n");
    assert_eq!(canonical::relaxed_body(b"\r\nx\r\n \t\r\n"), b"\r\nx\r\n");
}

#[test]
fn repeated_fields_are_taken_from_the_bottom() {
    let (head, _) = canonical::split(b"To: one\r\nTo: two\r\n\r\n");
    let input = canonical::signing_input(&head, &["to", "to", "to"], "S:");
    assert_eq!(input, b"to:two\r\nto:one\r\ns:");
}

/// Reads a field back as a receiver would; answers whether `verify(input, signature)` agrees.
fn verifies(message: &str, field: &str, verify: impl Fn(&[u8], &[u8]) -> bool) -> bool {
    let list = field.split_once(':').unwrap().1;
    let tag = |name: &str| {
        let value = list.split(';').find_map(|tag| tag.trim().strip_prefix(&format!("{name}=")));
        value.unwrap().replace(['\r', '\n', ' '], "")
    };
    let (head, body) = canonical::split(message.as_bytes());
    let names = tag("h");
    let names: Vec<&str> = names.split(':').collect();
    let unsigned = &field[..field.rfind(" b=").unwrap() + 3];
    let input = canonical::signing_input(&head, &names, unsigned);
    let signature = BASE64.decode(tag("b")).unwrap();
    tag("bh") == BASE64.encode(body_hash(body)) && verify(&input, &signature)
}

fn verifies_ed25519(message: &str, field: &str) -> bool {
    let public = rfc_8463_key().public();
    verifies(message, field, |input, signature| verify_ed25519(&public, &sha256(&[input]), signature))
}

fn our_key() -> DkimKey {
    DkimKey::new("football.example.com", "brisbane", Arc::new(rfc_8463_key())).unwrap()
}

#[test]
fn our_signature_holds_until_something_signed_changes() {
    let field = our_key().signature_field(MESSAGE.as_bytes(), 1_528_637_909);
    assert!(verifies_ed25519(MESSAGE, &field));
    assert!(verifies_ed25519(&format!("Received: somewhere\r\n{MESSAGE}"), &field));
    assert!(!verifies_ed25519(&MESSAGE.replace("dinner", "supper"), &field));
    assert!(!verifies_ed25519(&MESSAGE.replace("lost", "won"), &field));
    assert!(!verifies_ed25519(&format!("From: Eve <e@evil.example>\r\n{MESSAGE}"), &field));
    assert!(!verifies_ed25519(&format!("Reply-To: e@evil.example\r\n{MESSAGE}"), &field));
}

#[test]
fn an_rsa_key_signs_too() {
    let key = RsaKey::generate_2048();
    let public = key.public_spki_der();
    let key = DkimKey::new("football.example.com", "test", Arc::new(key)).unwrap();
    let field = key.signature_field(MESSAGE.as_bytes(), 1);
    let verify = |input: &[u8], signature: &[u8]| verify_rsa_pkcs1_sha256(&public, input, signature);
    assert!(field.contains("a=rsa-sha256;"));
    assert!(verifies(MESSAGE, &field, verify));
    assert!(!verifies(&MESSAGE.replace("Hi", "Ho"), &field, verify));
}

#[test]
fn the_field_keeps_to_short_lines() {
    let field = our_key().signature_field(MESSAGE.as_bytes(), 1);
    assert!(field.ends_with("\r\n") && !field.contains("\r\n\r\n"));
    assert!(field.split("\r\n").all(|line| line.len() <= 78));
}

#[test]
fn places_that_are_not_dns_names_are_refused() {
    let key = |domain, selector| DkimKey::new(domain, selector, Arc::new(rfc_8463_key())).map(|_| ());
    assert_eq!(key("example.com; x=y", "s"), Err(DkimKeyError::Domain));
    assert_eq!(key("localhost", "s"), Err(DkimKeyError::Domain));
    assert_eq!(key("example.com", "s\r\n"), Err(DkimKeyError::Selector));
    assert_eq!(key("example.com", ""), Err(DkimKeyError::Selector));
}

proptest! {
    #[test]
    fn relaxing_a_body_twice_changes_nothing(body in "[a \t\r\n]{0,40}") {
        let body = body.replace(['\r', '\n'], "\r\n");
        let once = canonical::relaxed_body(body.as_bytes());
        prop_assert_eq!(canonical::relaxed_body(&once), once);
    }
}
