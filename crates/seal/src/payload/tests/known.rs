//! Answers that others have published.

use super::*;
use crate::payload::agreement::concat_kdf;
use crate::payload::enveloped::unlock;
use crate::testing::{unhex, unhex_array};
use base64::engine::general_purpose::STANDARD;

/// RFC 7518 §B.3.
#[test]
fn aes_256_cbc_hmac_sha_512() {
    let key: [u8; 64] = std::array::from_fn(|at| at as u8);
    let (mac, cipher) = (key[..32].try_into().unwrap(), key[32..].try_into().unwrap());
    let iv = unhex_array("1af38c2dc2b96ffdd86694092341bc04");
    let aad = b"The second principle of Auguste Kerckhoffs";
    let clear = b"A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy without inconvenience";
    let (sealed, tag) = cbc::seal((&mac, &cipher), iv, aad, clear);
    let expected = concat!(
        "4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd822c301dd67c373bccb584ad3e9279c2",
        "e6d12a1374b77f077553df829410446b36ebd97066296ae6427ea75c2e0846a11a09ccf5370dc80bfecbad28c73f09b3",
        "a3b75e662a2594410ae496b2e2e6609e31e6e02cc837f053d21f37ff4f51950bbe2638d09dd7a4930930806d0703b1f6",
    );
    assert_eq!(sealed, unhex(expected));
    assert_eq!(tag[..], unhex("4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5"));
    assert_eq!(cbc::open((&mac, &cipher), iv, aad, &sealed, &tag).unwrap()[..], clear[..]);
}

/// RFC 7516 §A.1: the content, of which RSA would have transported the key.
#[test]
fn the_content_of_a_jwe_by_a256gcm() {
    let key = unhex_array("b1a1f480548fe1733fb403ff6b9ad4f68a076e5b702e22692f82cb2e7aea40fc");
    let header = b"eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ";
    let iv = decode("48V1_ALb6US04U3b").unwrap().try_into().unwrap();
    let sealed =
        decode("5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A").unwrap();
    let tag = decode("XFBoMYUZodetZdvTiFvSkQ").unwrap().try_into().unwrap();
    let clear = unlock(&key, iv, header, &sealed, &tag).unwrap();
    assert_eq!(clear[..], b"The true sign of intelligence is not knowledge but imagination."[..]);
}

/// RFC 7518 §C: the secret that Alice and Bob agree on, and the key for `A128GCM` they derive from it.
#[test]
fn the_concat_kdf() {
    let secret = unhex("9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4");
    let derived = concat_kdf(&secret, "A128GCM", (b"Alice", b"Bob"), 128);
    assert_eq!(encode(&derived[..16]), "VqqN6vgjbSBcIijNcacQGg");
}

/// The derivation of `jwe-hkdf`, step by step by RFC 5869 on HMAC alone: receivers in the field depend on it.
#[test]
fn the_key_of_a_message_is_derived_as_documented() {
    let mac = |key: &[u8], message: &[u8]| {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key);
        aws_lc_rs::hmac::sign(&key, message).as_ref().to_vec()
    };
    let (ours, _) = pairs(Method::JweHkdf, 7).remove(0);
    let text = encrypt(Method::JweHkdf, &ours, &ABOUT, CLEAR, &SystemRng).unwrap();
    let parts: Vec<&str> = text.split('.').collect();
    let header = object(&decode(parts[0]).unwrap()).unwrap();
    let salt = decode(header["salt"].as_str().unwrap()).unwrap();
    let extracted = mac(&salt, &[7; 32]);
    let first = mac(&extracted, b"sealpost/v1/payload/jwe\x01");
    let second = mac(&extracted, &[&first[..], b"sealpost/v1/payload/jwe\x02"].concat());
    assert_eq!(header["commit"], encode(second));
    let (key, iv, tag) = (first.try_into().unwrap(), decode(parts[2]).unwrap(), decode(parts[4]).unwrap());
    let (iv, tag) = (iv.try_into().unwrap(), tag.try_into().unwrap());
    let clear = unlock(&key, iv, parts[0].as_bytes(), &decode(parts[3]).unwrap(), &tag).unwrap();
    assert_eq!(clear[..], *CLEAR);
}

#[test]
fn a_ciphertext_says_what_it_is_about() {
    let (ours, _) = pairs(Method::JweDir, 7).remove(0);
    let text = encrypt(Method::JweDir, &ours, &ABOUT, CLEAR, &SystemRng).unwrap();
    let header = decode(text.split('.').next().unwrap()).unwrap();
    assert_eq!(
        String::from_utf8(header).unwrap(),
        r#"{"alg":"dir","enc":"A256GCM","kid":"sec_1:2","cty":"json","jti":"evt_01kf3b2y5xfh0r4c9v7t8m6e1s","iat":1768469400,"field":"/code"}"#
    );
    let (ours, _) = pairs(Method::Aes256Gcm, 7).remove(0);
    let text = encrypt(Method::Aes256Gcm, &ours, &About { field: None, ..ABOUT }, CLEAR, &SystemRng).unwrap();
    let envelope = object(text.as_bytes()).unwrap();
    assert_eq!(envelope["aad"], "1.A256GCM.sec_1:2.evt_01kf3b2y5xfh0r4c9v7t8m6e1s.1768469400.");
    assert_eq!(envelope.keys().collect::<Vec<_>>(), ["v", "alg", "kid", "aad", "iv", "tag", "ciphertext"]);
}

/// A key without a name is called by its thumbprint (RFC 7638), here as `jose` makes it.
#[test]
fn a_nameless_key_is_called_by_its_thumbprint() {
    let canonical = br#"{"crv":"X25519","kty":"OKP","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}"#;
    assert_eq!(public(X25519).id(), encode(crate::key::sha256(&[canonical])));
    let mut named = jwk(P256);
    named.remove("d");
    named.insert("kid".into(), "hooks-2026".into());
    assert_eq!(PublicKey::read(&named).unwrap().id(), "hooks-2026");
}

/// The legacy form is the vector and whole blocks, in base64, and one block longer where the text fills its last.
#[test]
fn the_legacy_form_is_a_vector_and_whole_blocks() {
    let key = EncryptionKey::Shared(shared(Method::LegacyAes256Cbc, "k", 7));
    for (clear, blocks) in [(0, 2), (15, 2), (16, 3), (17, 3)] {
        let text = encrypt(Method::LegacyAes256Cbc, &key, &ABOUT, &vec![1; clear], &SystemRng).unwrap();
        assert_eq!(STANDARD.decode(text).unwrap().len(), blocks * 16, "{clear}");
    }
}
