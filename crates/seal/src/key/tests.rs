use super::*;
use crate::rng::SystemRng;

fn key(byte: u8) -> Key {
    Key::from_bytes([byte; 32])
}

#[test]
fn a_label_and_its_context_never_collide_with_another() {
    let key = key(1);
    let contexts: &[(&str, &[&[u8]])] = &[
        ("token", &[]),
        ("tokens", &[]),
        ("token", &[b""]),
        ("token", &[b"", b""]),
        ("token", &[b"ab"]),
        ("token", &[b"a", b"b"]),
        ("token", &[b"b", b"a"]),
        ("token", &[b"\x00\x00\x00\x01a"]),
        ("token", &[b"a"]),
    ];
    let derived: Vec<_> = contexts.iter().map(|(label, context)| *key.derive(label, context).bytes()).collect();
    for (i, one) in derived.iter().enumerate() {
        assert!(derived[i + 1..].iter().all(|other| other != one));
    }
}

#[test]
fn derivation_is_pinned() {
    // Changing how keys are derived would make every stored value unreadable.
    let derived = key(7).derive("settings", &[b"org", b"2026-01-15"]);
    let expected =
        hkdf::derive::<32>(&[7; 32], b"sealpost/v1/settings\x00\x00\x00\x00\x03org\x00\x00\x00\x0a2026-01-15");
    assert_eq!(derived.bytes(), &expected);
}

#[test]
fn a_mac_is_over_the_concatenation() {
    let key = Key::generate(&SystemRng);
    assert_eq!(key.mac(&[b"ab", b"c"]), key.mac(&[b"abc"]));
    assert_ne!(key.mac(&[b"abc"]), key.mac(&[b"abd"]));
}

#[test]
fn a_combined_key_depends_on_both_halves_and_the_label() {
    let base = *combine(&key(1), &key(2), "message").bytes();
    assert_ne!(base, *combine(&key(3), &key(2), "message").bytes());
    assert_ne!(base, *combine(&key(1), &key(3), "message").bytes());
    assert_ne!(base, *combine(&key(2), &key(1), "message").bytes());
    assert_ne!(base, *combine(&key(1), &key(2), "media").bytes());
    assert_eq!(base, *combine(&key(1), &key(2), "message").bytes());
}

#[test]
fn sha256_matches_fips_180_4() {
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let digest: String = sha256(&[b"a", b"bc"]).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, expected);
}
