mod known;
mod tampered;
mod wycheproof;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::hex;
use crate::rng::SystemRng;
use crate::rng::seeded::SeededRng;

const ABOUT: About<'static> = About { id: "evt_01kf3b2y5xfh0r4c9v7t8m6e1s", at: 1_768_469_400, field: Some("/code") };
const CLEAR: &[u8] = br#"{"data":{"message_id":"msg_1"}}"#;
/// RFC 8037 §A.6: Bob's key, which is that of RFC 7748 §6.1.
const X25519: &str = r#"{"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08","d":"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os"}"#;
/// RFC 7518 §C: Bob's key.
const P256: &str = r#"{"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck","d":"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"}"#;

fn text_of(bytes: &[u8]) -> String {
    let mut text = String::new();
    hex::push(&mut text, bytes);
    text
}

fn shared(method: Method, id: &str, byte: u8) -> SharedKey {
    let text = text_of(&vec![byte; method.key_len().unwrap()]);
    SharedKey::read(method, id.into(), &text, KeyForm::Hex).unwrap()
}

fn jwk(text: &str) -> Map<String, Value> {
    object(text.as_bytes()).unwrap()
}

fn public(text: &str) -> PublicKey {
    let mut jwk = jwk(text);
    jwk.remove("d");
    PublicKey::read(&jwk).unwrap()
}

/// Both halves of each kind of key that a method takes.
fn pairs(method: Method, byte: u8) -> Vec<(EncryptionKey, DecryptionKey)> {
    if method.key_len().is_some() {
        let key = || shared(method, "sec_1:2", byte);
        return vec![(EncryptionKey::Shared(key()), DecryptionKey::Shared(key()))];
    }
    let pair = |text| (EncryptionKey::Public(public(text)), DecryptionKey::Private(PrivateKey::read(text).unwrap()));
    vec![pair(X25519), pair(P256)]
}

/// Methods whose ciphertext is authenticated.
fn authenticated() -> impl Iterator<Item = Method> {
    Method::ALL.into_iter().filter(|method| !method.is_legacy())
}

/// What is refused, as a value that can be compared.
fn opened(method: Method, keys: &[DecryptionKey], answer: &[u8]) -> Result<Vec<u8>, Undecryptable> {
    decrypt(method, keys, "encrypted", answer).map(|opened| opened.expose().to_vec())
}

#[test]
fn what_one_side_encrypts_the_other_opens_alone_or_in_its_object() {
    for method in authenticated() {
        for (ours, theirs) in pairs(method, 7) {
            let text = encrypt(method, &ours, &ABOUT, CLEAR, &SystemRng).unwrap();
            assert!(text.is_ascii());
            let keys = [theirs];
            assert_eq!(opened(method, &keys, text.as_bytes()).unwrap(), CLEAR, "{method:?}");
            let wrapped = json!({ "encrypted": text, "more": 1 }).to_string();
            assert_eq!(opened(method, &keys, wrapped.as_bytes()).unwrap(), CLEAR, "{method:?}");
            let elsewhere = json!({ "other": text }).to_string();
            assert_eq!(opened(method, &keys, elsewhere.as_bytes()), Err(Undecryptable), "{method:?}");
        }
    }
}

#[test]
fn no_two_ciphertexts_share_their_vector_or_anything_else_that_is_drawn() {
    for method in Method::ALL {
        for (ours, _) in pairs(method, 7) {
            let rng = SeededRng::new(1);
            let drawn = || encrypt(method, &ours, &ABOUT, b"", &rng).unwrap();
            let (one, other) = (drawn(), drawn());
            assert_ne!(one, other, "{method:?}");
            if method == Method::JweHkdf || method == Method::JweEcdhEs {
                assert_ne!(one.split('.').next(), other.split('.').next(), "{method:?} derives a key for each");
            }
        }
    }
}

#[test]
fn a_key_opens_only_what_is_its_own() {
    for method in authenticated().filter(|method| method.key_len().is_some()) {
        let (ours, right) = pairs(method, 7).remove(0);
        let text = encrypt(method, &ours, &ABOUT, CLEAR, &SystemRng).unwrap();
        let wrong = || DecryptionKey::Shared(shared(method, "sec_1:2", 8));
        assert_eq!(opened(method, &[wrong()], text.as_bytes()), Err(Undecryptable));
        assert_eq!(opened(method, &[], text.as_bytes()), Err(Undecryptable));
        assert_eq!(opened(method, &[wrong(), right], text.as_bytes()).unwrap(), CLEAR, "while two versions overlap");
        let renamed = DecryptionKey::Shared(shared(method, "sec_1:1", 7));
        assert_eq!(opened(method, &[renamed], text.as_bytes()), Err(Undecryptable), "it names another key");
    }
    for (text, other) in [(X25519, P256), (P256, X25519)] {
        let sealed =
            encrypt(Method::JweEcdhEs, &EncryptionKey::Public(public(text)), &ABOUT, CLEAR, &SystemRng).unwrap();
        let other = DecryptionKey::Private(PrivateKey::read(other).unwrap());
        assert_eq!(opened(Method::JweEcdhEs, &[other], sealed.as_bytes()), Err(Undecryptable));
    }
}

#[test]
fn a_method_opens_what_no_other_has_made() {
    for made in Method::ALL {
        for (ours, _) in pairs(made, 7) {
            let text = encrypt(made, &ours, &ABOUT, CLEAR, &SystemRng).unwrap();
            for asked in Method::ALL.into_iter().filter(|asked| *asked != made) {
                let keys: Vec<_> = pairs(asked, 7).into_iter().map(|(_, theirs)| theirs).collect();
                assert_eq!(opened(asked, &keys, text.as_bytes()), Err(Undecryptable), "{made:?} as {asked:?}");
            }
        }
    }
}

#[test]
fn a_key_has_exactly_the_bytes_its_method_takes_in_the_form_that_is_said() {
    let read = |method, text: &str, form| SharedKey::read(method, "k".into(), text, form).err();
    let hex = "0f".repeat(32);
    assert_eq!(read(Method::Aes256Gcm, &hex, KeyForm::Hex), None);
    assert_eq!(read(Method::Aes256CbcHmac, &hex, KeyForm::Hex), Some(BadKey::Length));
    assert_eq!(read(Method::Aes256CbcHmac, &hex, KeyForm::Text), None, "64 letters are 64 bytes, if that is said");
    assert_eq!(read(Method::Aes256Gcm, &hex, KeyForm::Base64), Some(BadKey::Length));
    assert_eq!(read(Method::Aes256Gcm, "Zm9v", KeyForm::Base64), Some(BadKey::Length));
    assert_eq!(read(Method::Aes256Gcm, "no hex", KeyForm::Hex), Some(BadKey::Form));
    assert_eq!(read(Method::JweEcdhEs, &hex, KeyForm::Hex), Some(BadKey::Kind));
    for form in KeyForm::ALL {
        assert_eq!(KeyForm::named(form.name()), Some(form));
    }
    for method in Method::ALL {
        assert_eq!(Method::named(method.name()), Some(method));
    }
}

#[test]
fn only_public_points_of_the_curves_can_be_encrypted_to() {
    let read = |value: Value| PublicKey::read(value.as_object().unwrap()).err();
    assert_eq!(read(json!(jwk(X25519))), Some(BadJwk::Private));
    assert_eq!(read(json!({ "kty": "OKP", "crv": "X448", "x": encode([9; 56]) })), Some(BadJwk::Kind));
    assert_eq!(read(json!({ "kty": "OKP", "crv": "X25519", "x": encode([9; 32]), "use": "sig" })), Some(BadJwk::Kind));
    for small in [[0; 32], std::array::from_fn(|at| u8::from(at == 0))] {
        let key = json!({ "kty": "OKP", "crv": "X25519", "x": encode(small) });
        assert_eq!(read(key), Some(BadJwk::Point), "everybody would agree on the same");
    }
    let beside = json!({ "kty": "EC", "crv": "P-256", "x": encode([1; 32]), "y": encode([1; 32]) });
    assert_eq!(read(beside), Some(BadJwk::Point), "not on the curve");
    for text in [X25519, P256] {
        let key = public(text);
        assert_eq!(PublicKey::read(key.to_jwk().as_object().unwrap()).as_ref(), Ok(&key), "it is stored as it is");
    }
    let halves = P256.replace("weNJ", "weNK");
    assert!(PrivateKey::read(&halves).is_err() && PrivateKey::read("{}").is_err() && PrivateKey::read("").is_err());
}

proptest! {
    #[test]
    fn whatever_is_encrypted_comes_back(clear: Vec<u8>, byte: u8, at: i64, field in proptest::option::of("(/[a-zé~01. ]{0,8}){0,3}")) {
        for method in authenticated() {
            for (ours, theirs) in pairs(method, byte) {
                let about = About { id: "evt_1", at, field: field.as_deref() };
                let text = encrypt(method, &ours, &about, &clear, &SystemRng).unwrap();
                prop_assert_eq!(&opened(method, &[theirs], text.as_bytes()).unwrap(), &clear);
            }
        }
    }

    #[test]
    fn whatever_comes_is_opened_or_refused(answer: Vec<u8>, text in "\\PC{0,200}") {
        for method in Method::ALL {
            let keys: Vec<_> = pairs(method, 7).into_iter().map(|(_, theirs)| theirs).collect();
            prop_assert_eq!(opened(method, &keys, &answer), Err(Undecryptable));
            prop_assert_eq!(opened(method, &keys, text.as_bytes()), Err(Undecryptable));
        }
    }
}
