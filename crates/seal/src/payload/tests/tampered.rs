//! What was changed on the way: every outcome is the same one.

use super::*;
use base64::engine::general_purpose::STANDARD;

/// An envelope with this member in place of its own.
fn with(envelope: &Map<String, Value>, name: &str, value: Value) -> Vec<u8> {
    let mut changed = envelope.clone();
    changed.insert(name.into(), value);
    Value::Object(changed).to_string().into_bytes()
}

/// Every single bit flipped, every length cut, blocks left out, repeated and exchanged.
fn manipulated(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut one = bytes.to_vec();
            one[at] ^= 1 << bit;
            all.push(one);
        }
        all.push(bytes[..at].to_vec());
    }
    all.push([bytes, &[0]].concat());
    all.push([bytes, &[16; 16]].concat());
    for block in 0..bytes.len() / 16 {
        let (front, rest) = bytes.split_at(block * 16);
        all.push([front, &rest[16..]].concat());
        all.push([front, &rest[..16], rest].concat());
        all.push([front, &[0; 16], &rest[16..]].concat());
    }
    all.retain(|one| one != bytes);
    all
}

/// Vaudenay's oracle needs two answers that differ (<https://www.iacr.org/archive/eurocrypt2002/23320530/cbc02_e02d.pdf>): here is one.
#[test]
fn every_manipulated_cbc_answer_has_the_same_outcome() {
    let (ours, theirs) = pairs(Method::Aes256CbcHmac, 7).remove(0);
    let keys = [theirs];
    // Just filling its last block: every padding there is.
    for length in 16..33 {
        let clear = vec![b'x'; length];
        let text = encrypt(Method::Aes256CbcHmac, &ours, &ABOUT, &clear, &SystemRng).unwrap();
        let envelope = object(text.as_bytes()).unwrap();
        for name in ["iv", "ciphertext", "tag"] {
            let bytes = decode(envelope[name].as_str().unwrap()).unwrap();
            for changed in manipulated(&bytes) {
                let answer = with(&envelope, name, encode(changed).into());
                let outcome = opened(Method::Aes256CbcHmac, &keys, &answer);
                assert_eq!(outcome, Err(Undecryptable), "{name} of {length}");
            }
        }
    }
}

/// Whoever has the MAC's key and makes a wrong padding hears the same as whoever has nothing.
#[test]
fn a_wrong_padding_is_no_other_failure_than_a_wrong_tag() {
    let (mac, cipher) = ([7; 32], [7; 32]);
    let iv = [3; 16];
    let (sealed, _) = cbc::seal((&mac, &cipher), iv, b"", b"sixteen letters.");
    // Without its block of padding the last block is text.
    let cut = &sealed[..16];
    let forged = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA512, &mac);
    let forged = aws_lc_rs::hmac::sign(&forged, &[&iv[..], cut, &[0; 8]].concat());
    let envelope = |tag: &[u8]| {
        json!({ "v": 1, "alg": "A256CBC-HS512", "iv": encode(iv), "tag": encode(tag), "ciphertext": encode(cut) })
            .to_string()
    };
    let keys = [DecryptionKey::Shared(shared(Method::Aes256CbcHmac, "k", 7))];
    let outcome = |tag: &[u8]| opened(Method::Aes256CbcHmac, &keys, envelope(tag).as_bytes());
    assert_eq!(outcome(&forged.as_ref()[..32]), outcome(&[0; 32]));
    assert_eq!(outcome(&[0; 32]), Err(Undecryptable));
}

/// What isn't authenticated isn't opened, right or wrong.
#[test]
fn a_legacy_answer_says_nothing_about_its_padding() {
    let (ours, theirs) = pairs(Method::LegacyAes256Cbc, 7).remove(0);
    let keys = [theirs];
    let text = encrypt(Method::LegacyAes256Cbc, &ours, &ABOUT, CLEAR, &SystemRng).unwrap();
    assert_eq!(opened(Method::LegacyAes256Cbc, &keys, text.as_bytes()), Err(Undecryptable), "not even a right one");
    for changed in manipulated(&STANDARD.decode(text).unwrap()) {
        let answer = STANDARD.encode(changed);
        assert_eq!(opened(Method::LegacyAes256Cbc, &keys, answer.as_bytes()), Err(Undecryptable));
    }
}

#[test]
fn a_jwe_with_any_letter_changed_is_refused() {
    for method in [Method::JweHkdf, Method::JweDir, Method::JweEcdhEs] {
        for (ours, theirs) in pairs(method, 7) {
            let text = encrypt(method, &ours, &ABOUT, CLEAR, &SystemRng).unwrap();
            let keys = [theirs];
            for at in 0..text.len() {
                for other in [b'A', b'B', b'.', b'=', b' '] {
                    let mut changed = text.clone().into_bytes();
                    if changed[at] == other {
                        continue;
                    }
                    changed[at] = other;
                    // White space around it means nothing; inside it does.
                    let same = changed.trim_ascii() == text.as_bytes();
                    assert!(same || opened(method, &keys, &changed).is_err(), "{method:?} at {at}");
                }
            }
        }
    }
}

#[test]
fn a_header_that_decides_about_itself_is_refused() {
    let (ours, theirs) = pairs(Method::JweDir, 7).remove(0);
    let keys = [theirs];
    let made = |header: Value| {
        let header = encode(header.to_string());
        let (key, iv, mut sealed) = ([7; 32], [1; 12], CLEAR.to_vec());
        let tag = crate::xaes::gcm::seal(&key, iv, header.as_bytes(), &mut sealed);
        format!("{header}..{}.{}.{}", encode(iv), encode(sealed), encode(tag))
    };
    let plain = json!({ "alg": "dir", "enc": "A256GCM" });
    assert_eq!(opened(Method::JweDir, &keys, made(plain.clone()).as_bytes()).unwrap(), CLEAR, "a stock library's");
    for (name, value) in [
        ("alg", json!("A256KW")),
        ("enc", json!("A128GCM")),
        ("zip", json!("DEF")),
        ("crit", json!(["salt"])),
        ("kid", json!(7)),
        ("kid", json!("somebody-else")),
        ("jwk", json!({})),
        ("jku", json!("https://example.com")),
        ("x5c", json!([])),
        ("p2c", json!(1_000_000_000)),
    ] {
        let mut header = plain.clone();
        header[name] = value;
        assert_eq!(opened(Method::JweDir, &keys, made(header).as_bytes()), Err(Undecryptable), "{name}");
    }
    let twice = encode(r#"{"alg":"dir","alg":"dir","enc":"A256GCM"}"#);
    let rest = made(plain);
    let rest = rest.split_once('.').unwrap().1;
    assert_eq!(opened(Method::JweDir, &keys, format!("{twice}.{rest}").as_bytes()), Err(Undecryptable));
    drop(ours);
}

#[test]
fn a_derived_key_that_is_not_the_one_committed_to_is_refused() {
    let keys = || vec![DecryptionKey::Shared(shared(Method::JweHkdf, "k", 7))];
    let made = |extra: Value| {
        let mut header = json!({ "alg": "dir", "enc": "A256GCM", "salt": encode([5; 32]), "crit": ["salt"] });
        for (name, value) in extra.as_object().unwrap() {
            header[name] = value.clone();
        }
        let header = encode(header.to_string());
        let key = crate::key::hkdf::salted::<64>(&[5; 32], &[7; 32], b"sealpost/v1/payload/jwe");
        let mut sealed = CLEAR.to_vec();
        let tag = crate::xaes::gcm::seal(key[..32].try_into().unwrap(), [1; 12], header.as_bytes(), &mut sealed);
        (format!("{header}..{}.{}.{}", encode([1; 12]), encode(sealed), encode(tag)), encode(&key[32..]))
    };
    let (text, commitment) = made(json!({}));
    assert_eq!(opened(Method::JweHkdf, &keys(), text.as_bytes()).unwrap(), CLEAR);
    let (text, _) = made(json!({ "commit": commitment }));
    assert_eq!(opened(Method::JweHkdf, &keys(), text.as_bytes()).unwrap(), CLEAR);
    for extra in [
        json!({ "commit": encode([0; 32]) }),
        json!({ "commit": 1 }),
        json!({ "crit": ["salt", "exp"] }),
        json!({ "salt": encode([5; 15]) }),
        json!({ "salt": encode([5; 65]) }),
    ] {
        assert_eq!(opened(Method::JweHkdf, &keys(), made(extra.clone()).0.as_bytes()), Err(Undecryptable), "{extra}");
    }
}

#[test]
fn an_answer_that_is_too_long_is_not_looked_at() {
    let (ours, theirs) = pairs(Method::JweDir, 7).remove(0);
    let keys = [theirs];
    let fits = encrypt(Method::JweDir, &ours, &ABOUT, &vec![b'x'; MAX_ANSWER / 4 * 3 - 400], &SystemRng).unwrap();
    assert!(fits.len() <= MAX_ANSWER && opened(Method::JweDir, &keys, fits.as_bytes()).is_ok());
    let long = encrypt(Method::JweDir, &ours, &ABOUT, &vec![b'x'; MAX_ANSWER], &SystemRng).unwrap();
    assert_eq!(opened(Method::JweDir, &keys, long.as_bytes()), Err(Undecryptable));
}
