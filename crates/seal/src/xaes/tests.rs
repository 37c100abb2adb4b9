use super::*;
use crate::testing::{Shake128, unhex, unhex_array};
use proptest::prelude::*;
use serde_json::Value;

fn data() -> Value {
    serde_json::from_str(include_str!("../../tests/data/xaes-256-gcm.json")).unwrap()
}

fn sealed(key: &[u8; 32], nonce: &[u8; NONCE_LEN], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut out = plaintext.to_vec();
    let tag = Xaes::new(key).seal(nonce, aad, &mut out);
    out.extend(tag);
    out
}

#[test]
fn the_known_answers_of_the_specification_come_out() {
    for vector in data()["vectors"].as_array().unwrap() {
        let text = |name: &str| vector[name].as_str().unwrap();
        let key = unhex_array(text("key"));
        let nonce = text("nonce").as_bytes().try_into().unwrap();
        let xaes = Xaes::new(&key);
        assert_eq!(xaes.k1[..], unhex(text("k1")));
        let (subkey, gcm_nonce) = xaes.subkey(nonce);
        assert_eq!(subkey[..], unhex(text("subkey")));
        assert_eq!(gcm_nonce[..], unhex(text("gcm_nonce")));

        let aad = text("aad").as_bytes();
        let mut ciphertext = sealed(&key, nonce, aad, text("plaintext").as_bytes());
        assert_eq!(ciphertext, unhex(text("ciphertext")));
        let opened = xaes.open(nonce, aad, &mut ciphertext).unwrap();
        assert_eq!(opened, text("plaintext").as_bytes());
    }
}

#[test]
fn the_accumulated_answer_of_the_specification_comes_out() {
    let data = data();
    let (mut input, mut output) = (Shake128::default(), Shake128::default());
    for _ in 0..data["accumulated"]["iterations"].as_u64().unwrap() {
        let key: [u8; 32] = input.array();
        let nonce: [u8; 24] = input.array();
        let mut opaque = || {
            let mut bytes = vec![0; usize::from(input.array::<1>()[0])];
            input.squeeze(&mut bytes);
            bytes
        };
        let (plaintext, aad) = (opaque(), opaque());
        let mut ciphertext = sealed(&key, &nonce, &aad, &plaintext);
        output.absorb(&ciphertext);
        let opened = Xaes::new(&key).open(&nonce, &aad, &mut ciphertext).unwrap();
        assert_eq!(opened, plaintext);
    }
    let hash: [u8; 32] = output.array();
    let expected = data["accumulated"]["hash"].as_str().unwrap();
    assert_eq!(hash[..], unhex(expected));
}

proptest! {
    #[test]
    fn no_changed_bit_opens(
        key: [u8; 32], nonce: [u8; 24],
        aad in proptest::collection::vec(any::<u8>(), 1..40),
        plaintext in proptest::collection::vec(any::<u8>(), 0..100),
        bit: prop::sample::Index,
    ) {
        let ciphertext = sealed(&key, &nonce, &aad, &plaintext);
        let flip = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        };
        let xaes = Xaes::new(&key);
        let open = |xaes: &Xaes, nonce: &[u8], aad: &[u8], sealed: &[u8]| {
            let nonce = nonce.try_into().unwrap();
            xaes.open(nonce, aad, &mut sealed.to_vec()).is_ok()
        };
        prop_assert!(open(&xaes, &nonce, &aad, &ciphertext));
        prop_assert!(!open(&xaes, &nonce, &aad, &flip(&ciphertext)));
        prop_assert!(!open(&xaes, &nonce, &flip(&aad), &ciphertext));
        prop_assert!(!open(&xaes, &flip(&nonce), &aad, &ciphertext));
        let other = Xaes::new(&key_from(&flip(&key)));
        prop_assert!(!open(&other, &nonce, &aad, &ciphertext));
    }
}

fn key_from(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().unwrap()
}
