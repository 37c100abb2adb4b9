//! Checkpoints are C2SP's, and only those that the trusted key signed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use proptest::prelude::*;
use sealpost_ledger::{Checkpoint, CheckpointError, Hash, VerifierKey, empty_root, leaf_hash, node_hash};
use support::{ORIGIN, SEED, Signer};

/// Made with the Python package `cryptography` from the key of RFC 8032 §7.1 TEST 1, following c2sp.org/signed-note.
const NOTE: &str = "sealpost.example/ledger/7f3c\n2\nsTeYX/SE+2ANuTEHx3sDZcgNePW0Kd7Q/Zc2HQd5mes=\nextension line\n\n\
    — sealpost.example 6lkYdB5q/SJEHv2EjGxwL1ocG1I+KSEf3V8/DCSYDRotbg1NxZgmTiOeQxUKb2vcNTkV1bvjtDW/b/Z1lDxLvk3HaAs=\n";
const KEY: &str = "sealpost.example+ea591874+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

fn signed_elsewhere() -> Checkpoint {
    let root = node_hash(&leaf_hash(b"a"), &leaf_hash(b"b"));
    Checkpoint::with_extensions(ORIGIN, 2, root, vec!["extension line".to_owned()]).unwrap()
}

#[test]
fn a_note_signed_by_another_implementation_is_read_and_written_alike() {
    let key: VerifierKey = KEY.parse().unwrap();
    assert_eq!(Checkpoint::parse_and_verify(NOTE, &key), Ok(signed_elsewhere()));
    assert_eq!(Signer::new(SEED).sign(&signed_elsewhere()), NOTE);
}

#[test]
fn verifier_keys_have_the_published_form() {
    // golang.org/x/mod/sumdb/note's example, and the key of sum.golang.org.
    for text in [
        KEY,
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
    ] {
        assert_eq!(text.parse::<VerifierKey>().unwrap().to_string(), text);
    }
    for (what, text) in [
        ("another key id", KEY.replace("ea591874", "ea591875")),
        ("an upper-case key id", KEY.replace("ea591874", "EA591874")),
        ("another name", KEY.replace("sealpost", "sealposs")),
        ("another type", KEY.replace("+Adda", "+Bdda")),
        ("a key cut short", KEY[..KEY.len() - 4].to_owned()),
        ("a newline", format!("{KEY}\n")),
        ("no name", KEY["sealpost.example".len()..].to_owned()),
    ] {
        assert!(text.parse::<VerifierKey>().is_err(), "{what}");
    }
    for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b", "a\u{7}b"] {
        assert!(VerifierKey::new(name, [0; 32]).is_err(), "{name:?}");
    }
}

#[test]
fn a_witness_may_sign_beside_us_and_nobody_may_sign_instead_of_us() {
    let (ours, other) = (Signer::new(SEED), Signer::new([9; 32]));
    let note = ours.sign(&signed_elsewhere());
    let foreign = other.sign(&signed_elsewhere());
    let line = foreign.split_once("\n\n").unwrap().1;
    let verify = |note: &str| Checkpoint::parse_and_verify(note, &ours.key);

    assert!(verify(&format!("{note}{line}")).is_ok());
    assert_eq!(verify(&foreign), Err(CheckpointError::OtherKey));

    let own_line = note.split_once("\n\n").unwrap().1;
    assert_eq!(verify(&format!("{note}{own_line}")), Err(CheckpointError::Malformed), "two signatures by one key");
    let crowd = format!("{note}{}", line.repeat(16));
    assert_eq!(verify(&crowd), Err(CheckpointError::Malformed));
}

#[test]
fn every_flipped_bit_of_a_note_is_refused() {
    let key: VerifierKey = KEY.parse().unwrap();
    for at in 0..NOTE.len() {
        for bit in 0..8 {
            let mut bytes = NOTE.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            if let Ok(text) = std::str::from_utf8(&bytes) {
                assert!(Checkpoint::parse_and_verify(text, &key).is_err(), "bit {bit} of byte {at}");
            }
        }
    }
}

/// Even the right key can't make a second form of the same head.
#[test]
fn signed_texts_in_another_form_are_refused() {
    let signer = Signer::new(SEED);
    let root = empty_root().to_base64();
    for text in [
        format!("o\n007\n{root}\n"),
        format!("o\n+7\n{root}\n"),
        format!("o\n-7\n{root}\n"),
        format!("o\n 7\n{root}\n"),
        format!("o\n18446744073709551616\n{root}\n"),
        format!("o\n7\n{}\n", root.trim_end_matches('=')),
        format!("o\n7\n{root} \n"),
        format!("o\r\n7\n{root}\n"),
        "o\n7\nAAAA\n".to_owned(),
        "o\n7\n".to_owned(),
        format!("\n7\n{root}\n"),
        format!("o\n7\n{root}\n\nafter an empty line\n"),
        format!("o\n7\n{root}\n\n"),
    ] {
        let note = signer.sign_text(&text);
        assert_eq!(Checkpoint::parse_and_verify(&note, &signer.key), Err(CheckpointError::Malformed), "{text:?}");
    }
    let good = signer.sign_text(&format!("o\n7\n{root}\n"));
    assert!(Checkpoint::parse_and_verify(&good, &signer.key).is_ok());
    for note in [
        good.trim_end().to_owned(),
        format!("{good}\n"),
        format!("\n{good}"),
        good.replace("\u{2014} ", "- "),
        good.replace("\u{2014} ", "\u{2014}  "),
        good.replace('\n', "\r\n"),
        good.split_once("\n\n").unwrap().0.to_owned(),
        String::new(),
    ] {
        assert!(Checkpoint::parse_and_verify(&note, &signer.key).is_err(), "{note:?}");
    }
}

#[test]
fn a_head_that_could_not_be_read_back_is_not_made() {
    for bad in ["", "a\nb", "a\rb", "\u{0}"] {
        assert!(Checkpoint::new(bad, 0, empty_root()).is_err());
        let extensions = vec![bad.to_owned()];
        assert!(Checkpoint::with_extensions("o", 0, empty_root(), extensions).is_err());
    }
}

proptest! {
    #[test]
    fn what_we_sign_we_read_back(
        origin in "[^\\p{Cc}]{1,40}",
        size in any::<u64>(),
        root in any::<[u8; 32]>(),
        extensions in prop::collection::vec("[^\\p{Cc}]{1,40}", 0..3),
    ) {
        let signer = Signer::new(SEED);
        let head = Checkpoint::with_extensions(origin, size, Hash::from(root), extensions).unwrap();
        prop_assert_eq!(Checkpoint::parse_and_verify(&signer.sign(&head), &signer.key), Ok(head));
    }

    #[test]
    fn no_text_makes_reading_panic(text in any::<String>(), lines in "(— s [A-Za-z+/]{0,12}=?\n|\n|[0-9a-z]{0,4}\n){0,9}") {
        let key: VerifierKey = KEY.parse().unwrap();
        for text in [text, lines] {
            prop_assert!(Checkpoint::parse_and_verify(&text, &key).is_err());
            prop_assert!(text.parse::<VerifierKey>().is_err());
        }
    }
}
