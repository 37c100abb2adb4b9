//! A leaf has one form in bytes, and only that form is a leaf.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use proptest::prelude::*;
use sealpost_ledger::{
    Action, Actor, Environment, Leaf, LeafError, LeafResult, Reason, Target, TargetKind, content_hash, leaf_hash,
};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes come from another implementation of RFC 8949 §4.2.1, in another language.
#[test]
fn leaves_have_the_bytes_and_the_hash_another_implementation_gives_them() {
    let mut full = support::leaf(70_000);
    full.org = [1; 16];
    full.at_ms = 1_763_791_708_123;
    full.actor.kind = 3;
    full.content = [5; 32].into();
    assert_eq!(
        hex(&full.encode()),
        "8e0150010101010101010101010101010101011a000111701b0000019aaa2d9fdb0350020202020202020202020202020202026f\
         656e64706f696e742e63726561746568656e64706f696e745003030303030303030303030303030303016f636f6e73656e745f6d\
         697373696e6750040404040404040404040404040404040258200505050505050505050505050505050505050505050505050505\
         050505050505"
    );
    assert_eq!(leaf_hash(&full.encode()).to_hex(), "0c52827af3e8a029daf2345e8a1d62685f05e2f8d52b49e1e8d0e6f94e0d56e4");

    let bare = Leaf {
        seq: 0,
        at_ms: -1,
        actor: Actor { kind: 0, id: [2; 16] },
        action: Action::from_static("a"),
        target: None,
        result: LeafResult::Ok,
        reason: None,
        environment: Environment::None,
        content: content_hash(&[]),
        ..full
    };
    assert_eq!(
        hex(&bare.encode()),
        "8e01500101010101010101010101010101010100200050020202020202020202020202020202026161604000605004040404040404\
         040404040404040404005820e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

/// RFC 8949 §4.2.1: the argument is as short as its value allows.
#[test]
fn integers_take_as_few_bytes_as_they_can() {
    let head = |seq: u64| {
        let bytes = Leaf { seq, ..support::leaf(0) }.encode();
        bytes[19..bytes.len() - support::leaf(0).encode().len() + 20].to_vec()
    };
    assert_eq!(head(0), [0x00]);
    assert_eq!(head(23), [0x17]);
    assert_eq!(head(24), [0x18, 24]);
    assert_eq!(head(0xff), [0x18, 0xff]);
    assert_eq!(head(0x100), [0x19, 1, 0]);
    assert_eq!(head(0xffff), [0x19, 0xff, 0xff]);
    assert_eq!(head(0x1_0000), [0x1a, 0, 1, 0, 0]);
    assert_eq!(head(0xffff_ffff), [0x1a, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(head(0x1_0000_0000), [0x1b, 0, 0, 0, 1, 0, 0, 0, 0]);
}

#[test]
fn longer_forms_of_the_same_leaf_are_refused() {
    let bytes = support::leaf(5).encode();
    let reframed = |from: usize, to: usize, by: &[u8]| {
        let mut other = bytes.clone();
        other.splice(from..to, by.iter().copied());
        Leaf::decode(&other)
    };
    assert_eq!((bytes[0], bytes[1], bytes[19]), (0x8e, 1, 5));
    for (what, refused) in [
        ("an integer in two bytes", reframed(19, 20, &[0x18, 5])),
        ("an integer in nine bytes", reframed(19, 20, &[0x1b, 0, 0, 0, 0, 0, 0, 0, 5])),
        ("the array's length in two bytes", reframed(0, 1, &[0x98, 14])),
        ("a byte string's length in two bytes", reframed(2, 3, &[0x58, 16])),
        ("a tag before an integer", reframed(19, 20, &[0xc1, 5])),
        ("a float for an integer", reframed(19, 20, &[0xf9, 0x45, 0])),
        ("an array of unknown length", reframed(0, 1, &[0x9f])),
        ("one item less in the array", reframed(0, 1, &[0x8d])),
    ] {
        assert!(refused.is_err(), "{what}");
    }
    assert_eq!(reframed(1, 2, &[2]), Err(LeafError::Version));
    assert_eq!(Leaf::decode(&[bytes.as_slice(), &[0]].concat()), Err(LeafError::NotCanonical), "trailing bytes");
    for len in 0..bytes.len() {
        assert!(Leaf::decode(&bytes[..len]).is_err(), "cut at {len}");
    }
}

#[test]
fn half_a_target_is_refused() {
    let bytes = support::leaf(5).encode();
    let kind = bytes.windows(9).position(|w| w == b"\x68endpoint").unwrap();
    let mut no_kind = bytes.clone();
    no_kind.splice(kind..kind + 9, [0x60]);
    assert_eq!(Leaf::decode(&no_kind), Err(LeafError::Value));
    let mut no_id = bytes;
    no_id.splice(kind + 9..kind + 26, [0x40]);
    assert_eq!(Leaf::decode(&no_id), Err(LeafError::Value));
}

fn token(max: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(b"abcdefghijklmnopqrstuvwxyz0123456789_.".as_slice()), 1..=max)
        .prop_map(|bytes| String::from_utf8(bytes).unwrap())
}

prop_compose! {
    fn any_leaf()(
        (org, request, content) in any::<([u8; 16], [u8; 16], [u8; 32])>(),
        (seq, at_ms) in (prop_oneof![0..600_u64, any::<u64>()], any::<i64>()),
        (kind, id) in any::<(u8, [u8; 16])>(),
        action in token(64),
        target in prop::option::of((token(32), any::<[u8; 16]>())),
        result in prop::sample::select(vec![LeafResult::Ok, LeafResult::Denied, LeafResult::Failed]),
        reason in prop::option::of(token(64)),
        environment in prop::sample::select(vec![Environment::None, Environment::Test, Environment::Live]),
    ) -> Leaf {
        Leaf {
            org, seq, at_ms, result, request, environment,
            actor: Actor { kind, id },
            action: Action::new(action).unwrap(),
            target: target.map(|(kind, id)| Target { kind: TargetKind::new(kind).unwrap(), id }),
            reason: reason.map(|reason| Reason::new(reason).unwrap()),
            content: content.into(),
        }
    }
}

proptest! {
    #[test]
    fn a_leaf_reads_back_as_itself(leaf in any_leaf()) {
        prop_assert_eq!(Leaf::decode(&leaf.encode()), Ok(leaf));
    }

    #[test]
    fn encoding_appends_to_what_is_there(leaf in any_leaf(), before in any::<Vec<u8>>()) {
        let mut out = before.clone();
        leaf.encode_into(&mut out);
        prop_assert_eq!(out, [before, leaf.encode()].concat());
    }

    #[test]
    fn whatever_reads_as_a_leaf_was_written_so(leaf in any_leaf(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = leaf.encode();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(read) = Leaf::decode(&bytes) {
            prop_assert_eq!(read.encode(), bytes);
        }
    }

    #[test]
    fn no_bytes_make_reading_a_leaf_panic(bytes in any::<Vec<u8>>()) {
        if let Ok(read) = Leaf::decode(&bytes) {
            prop_assert_eq!(read.encode(), bytes);
        }
    }
}
