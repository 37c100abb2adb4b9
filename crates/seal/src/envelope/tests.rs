use super::*;
use crate::env::Environment;
use crate::rng::{Rng, SystemRng};
use proptest::prelude::*;

const ID: KeyId = KeyId([5; 8]);

const PLACE: Place<'static> = Place {
    org: [1; 16],
    environment: Some(Environment::Live),
    table: "contacts",
    column: "phone",
    row: b"row-1",
    owner: Some([2; 16]),
};

type SealFn = fn(&Key, KeyId, &Place<'_>, &[u8], &dyn Rng) -> Vec<u8>;

const SUITES: [SealFn; 2] = [seal, seal_committed];

fn key(byte: u8) -> Key {
    Key::from_bytes([byte; 32])
}

/// The same place with one part changed, for every part.
fn other_places() -> Vec<Place<'static>> {
    vec![
        Place { org: [9; 16], ..PLACE },
        Place { environment: Some(Environment::Test), ..PLACE },
        Place { environment: None, ..PLACE },
        Place { table: "consumers", ..PLACE },
        Place { table: "contact", column: "sphone", ..PLACE },
        Place { column: "email", ..PLACE },
        Place { row: b"row-2", ..PLACE },
        Place { row: b"", ..PLACE },
        Place { owner: Some([9; 16]), ..PLACE },
        Place { owner: None, ..PLACE },
    ]
}

#[test]
fn a_value_copied_to_any_other_place_does_not_open() {
    let key = key(1);
    for seal in SUITES {
        let sealed = seal(&key, ID, &PLACE, b"+4791234567", &SystemRng);
        assert!(open(&key, &PLACE, &sealed).is_ok());
        for place in other_places() {
            assert_eq!(open(&key, &place, &sealed).err(), Some(OpenError), "{place:?}");
        }
    }
}

#[test]
fn every_pair_of_places_is_kept_apart() {
    let key = key(1);
    let mut places = other_places();
    places.push(PLACE);
    let sealed: Vec<_> = places.iter().map(|place| seal(&key, ID, place, b"x", &SystemRng)).collect();
    for (i, place) in places.iter().enumerate() {
        for (j, sealed) in sealed.iter().enumerate() {
            assert_eq!(open(&key, place, sealed).is_ok(), i == j);
        }
    }
}

#[test]
fn another_key_does_not_open_it() {
    for seal in SUITES {
        let sealed = seal(&key(1), ID, &PLACE, b"x", &SystemRng);
        assert!(open(&key(2), &PLACE, &sealed).is_err());
    }
}

#[test]
fn a_cut_off_value_never_opens_at_any_length() {
    let key = key(1);
    let inner = super::wrap(&key, ID, &PLACE, &self::key(3), &SystemRng);
    for length in 0..inner.len() {
        assert!(unwrap(&key, &PLACE, &inner[..length]).is_err());
    }
    for seal in SUITES {
        let mut sealed = seal(&key, ID, &PLACE, &[7; 700], &SystemRng);
        for length in 0..sealed.len() {
            assert!(open(&key, &PLACE, &sealed[..length]).is_err());
            let _ = key_id_of(&sealed[..length]);
        }
        sealed.push(0);
        assert!(open(&key, &PLACE, &sealed).is_err());
    }
}

#[test]
fn no_flipped_bit_opens() {
    let key = key(1);
    for seal in SUITES {
        let sealed = seal(&key, ID, &PLACE, b"+4791234567", &SystemRng);
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&key, &PLACE, &changed).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn the_layout_is_pinned() {
    let plain = seal(&key(1), ID, &PLACE, b"+4791234567", &SystemRng);
    assert_eq!(plain[..10], [1, 1, 5, 5, 5, 5, 5, 5, 5, 5]);
    assert_eq!(plain.len(), 2 + 8 + 24 + 32 + 16);
    let committed = seal_committed(&key(1), ID, &PLACE, b"+4791234567", &SystemRng);
    assert_eq!(committed[..2], [1, 2]);
    assert_eq!(committed.len(), plain.len() + 32);
    let wrapped = wrap(&key(1), ID, &PLACE, &key(2), &SystemRng);
    assert_eq!(wrapped[..2], [1, 3]);
    assert_eq!(wrapped.len(), 2 + 8 + 24 + 32 + 16);
    for sealed in [plain, committed, wrapped] {
        assert_eq!(key_id_of(&sealed), Some(ID));
    }
}

#[test]
fn a_value_sealed_twice_looks_different() {
    let sealed = || seal(&key(1), ID, &PLACE, b"same", &SystemRng);
    assert_ne!(sealed(), sealed());
}

#[test]
fn lengths_that_share_a_bucket_look_the_same() {
    let length = |clear: &[u8]| seal(&key(1), ID, &PLACE, clear, &SystemRng).len();
    assert_eq!(length(b""), length(&[b'x'; 31]));
    assert_ne!(length(&[b'x'; 31]), length(&[b'x'; 32]));
}

#[test]
fn a_commitment_under_another_key_is_refused_before_anything_is_decrypted() {
    // A value built to open under two keys would need both commitments at once.
    let one = seal_committed(&key(1), ID, &PLACE, b"x", &SystemRng);
    let mut forged = one.clone();
    let mut nonce = [0; 24];
    nonce.copy_from_slice(&one[10..34]);
    let (_, commitment) = committed(&key(2), &nonce);
    forged[34..66].copy_from_slice(&commitment);
    assert!(open(&key(1), &PLACE, &forged).is_err());
    assert!(open(&key(2), &PLACE, &forged).is_err());
}

#[test]
fn a_wrapped_key_comes_back_and_only_as_a_key() {
    let wrapped = wrap(&key(1), ID, &PLACE, &key(2), &SystemRng);
    let back = unwrap(&key(1), &PLACE, &wrapped).unwrap();
    assert_eq!(back.bytes(), key(2).bytes());
    assert!(open(&key(1), &PLACE, &wrapped).is_err());
    let sealed = seal(&key(1), ID, &PLACE, &[2; 32], &SystemRng);
    assert!(unwrap(&key(1), &PLACE, &sealed).is_err());
}

proptest! {
    #[test]
    fn what_was_sealed_opens(clear in proptest::collection::vec(any::<u8>(), 0..3000)) {
        for seal in SUITES {
            let sealed = seal(&key(1), ID, &PLACE, &clear, &SystemRng);
            let opened = open(&key(1), &PLACE, &sealed).unwrap();
            prop_assert_eq!(&opened[..], &clear[..]);
        }
    }

    #[test]
    fn other_bytes_never_open(bytes in proptest::collection::vec(any::<u8>(), 0..200), suite in 0u8..5) {
        let mut bytes = bytes;
        if let [version, claimed, ..] = &mut bytes[..] {
            (*version, *claimed) = (1, suite);
        }
        prop_assert!(open(&key(1), &PLACE, &bytes).is_err());
        prop_assert!(unwrap(&key(1), &PLACE, &bytes).is_err());
    }
}
