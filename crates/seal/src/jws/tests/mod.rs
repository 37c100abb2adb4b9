//! What the verifier promises: published examples, Wycheproof, and tokens that lie.

mod wycheproof;

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::testing::{Signer, maced, unsigned};
use super::*;

fn set(keys: &[Value]) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

fn verdict(token: &str, keys: &KeySet) -> Result<Vec<u8>, Refused> {
    verify(token, keys, &Algorithm::ALL).map(|verified| verified.payload)
}

/// RFC 7515 §A.2 and §A.3, RFC 8037 §A.4.
const PUBLISHED: [(&str, &str, &str); 3] = [
    (
        r#"{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}"#,
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}",
    ),
    (
        r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}",
    ),
    (
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        "Example of Ed25519 signing",
    ),
];

#[test]
fn published_examples_verify_and_no_altered_one_does() {
    for (jwk, token, payload) in PUBLISHED {
        let keys = set(&[serde_json::from_str(jwk).unwrap()]);
        assert_eq!(verdict(token, &keys).unwrap(), payload.as_bytes());
        for at in 0..token.len() {
            let mut bytes = token.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(bytes).unwrap();
            assert!(verdict(&altered, &keys).is_err(), "{at}: {altered}");
            assert!(verdict(&token[..at], &keys).is_err());
        }
        let others = PUBLISHED.iter().filter(|(other, ..)| *other != jwk);
        let others: Vec<Value> = others.map(|(other, ..)| serde_json::from_str(other).unwrap()).collect();
        assert_eq!(verdict(token, &set(&others)), Err(Refused::UnknownKey));
    }
}

#[test]
fn what_each_algorithm_signs_is_believed_where_it_is_allowed() {
    for algorithm in Algorithm::ALL {
        let signer = Signer::generate(algorithm);
        let keys = set(&[signer.jwk("one"), Signer::generate(algorithm).jwk("other")]);
        let token = signer.token("one", &json!({ "sub": "ann" }));
        let verified = verify(&token, &keys, &[algorithm]).unwrap();
        assert_eq!((verified.algorithm, verified.kind.as_deref()), (algorithm, Some("JWT")));
        assert_eq!(verified.payload, br#"{"sub":"ann"}"#);
        let others: Vec<Algorithm> = Algorithm::ALL.into_iter().filter(|other| *other != algorithm).collect();
        assert_eq!(verify(&token, &keys, &others), Err(Refused::Algorithm));
        assert_eq!(verify(&token, &keys, &[]), Err(Refused::Algorithm));
        // The other key of the same provider, and a key it doesn't have.
        assert_eq!(verdict(&signer.token("other", &json!({})), &keys), Err(Refused::Signature));
        assert_eq!(verdict(&signer.token("third", &json!({})), &keys), Err(Refused::UnknownKey));
    }
}

#[test]
fn a_key_serves_its_own_algorithm_only() {
    let pkcs1 = Signer::generate(Algorithm::Rs256);
    let mut jwk = pkcs1.jwk("k");
    let pss_header = r#"{"alg":"PS256","kid":"k"}"#;
    assert_eq!(verdict(&pkcs1.sign(pss_header, "{}"), &set(&[jwk.clone()])), Err(Refused::Algorithm));
    jwk.as_object_mut().unwrap().remove("alg");
    // A key that says nothing serves both paddings, and a signature has one.
    assert_eq!(verdict(&pkcs1.sign(pss_header, "{}"), &set(&[jwk.clone()])), Err(Refused::Signature));
    assert!(verdict(&pkcs1.token("k", &json!({})), &set(&[jwk])).is_ok());
    let elliptic = Signer::generate(Algorithm::Es256).jwk("k");
    assert_eq!(verdict(&pkcs1.token("k", &json!({})), &set(&[elliptic])), Err(Refused::Algorithm));
}

#[test]
fn a_header_that_brings_a_key_or_changes_the_reading_is_refused() {
    let signer = Signer::generate(Algorithm::Es256);
    let keys = set(&[signer.jwk("k")]);
    for (name, value) in [
        ("jku", json!("https://evil.example/keys")),
        ("jwk", Signer::generate(Algorithm::Es256).jwk("k")),
        ("x5u", json!("https://evil.example/chain")),
        ("x5c", json!(["AAAA"])),
        ("crit", json!([])),
        ("crit", json!(["exp"])),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
    ] {
        let header = json!({ "alg": "ES256", "kid": "k", name: value }).to_string();
        assert_eq!(verdict(&signer.sign(&header, "{}"), &keys), Err(Refused::Header), "{name}");
    }
    let informed = json!({ "alg": "ES256", "kid": "k", "x5t": "AAAA", "typ": "JWT" }).to_string();
    assert!(verdict(&signer.sign(&informed, "{}"), &keys).is_ok());
}

#[test]
fn nothing_and_a_mac_are_no_signatures() {
    let signer = Signer::generate(Algorithm::Rs256);
    let jwk = signer.jwk("k");
    let keys = set(std::slice::from_ref(&jwk));
    for name in ["none", "None", "NONE", "nOnE", "", "HS256", "RS384", "RS512", "ES384", "ES256K", "rs256"] {
        let header = json!({ "alg": name, "kid": "k" }).to_string();
        for token in [format!("{}.", unsigned(&header, "{}")), signer.sign(&header, "{}")] {
            assert_eq!(verdict(&token, &keys), Err(Refused::Algorithm), "{name}");
        }
    }
    let modulus = decode(jwk["n"].as_str().unwrap()).unwrap();
    let shared = [modulus.as_slice(), jwk["n"].as_str().unwrap().as_bytes(), jwk.to_string().as_bytes(), b""]
        .map(|key| maced(r#"{"alg":"HS256","kid":"k"}"#, "{}", key));
    for token in shared {
        assert_eq!(verdict(&token, &keys), Err(Refused::Algorithm));
    }
    let bare = format!("{}.", unsigned(r#"{"alg":"RS256","kid":"k"}"#, "{}"));
    assert_eq!(verdict(&bare, &keys), Err(Refused::Signature));
}

#[test]
fn a_token_has_one_spelling() {
    let signer = Signer::generate(Algorithm::EdDsa);
    let keys = set(&[signer.jwk("k")]);
    let token = signer.token("k", &json!({ "sub": "a" }));
    assert!(verdict(&token, &keys).is_ok());
    let parts: Vec<&str> = token.split('.').collect();
    let standard = parts[2].replace('-', "+").replace('_', "/");
    for altered in [
        format!("{token}="),
        format!("{token}\n"),
        format!(" {token}"),
        format!("{token}."),
        format!("{}..{}", parts[0], parts[2]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], URL_SAFE.encode(decode(parts[2]).unwrap())),
        format!("{}.{}.{standard}A", parts[0], parts[1]),
        String::new(),
        "..".into(),
        json!({ "payload": parts[1], "protected": parts[0], "signature": parts[2] }).to_string(),
    ] {
        assert!(verdict(&altered, &keys).is_err(), "{altered}");
    }
    // The two bits behind the last byte of 64 say nothing, so they say it in one way.
    let loose = format!("{}B", &token[..token.len() - 1]);
    assert_eq!(verdict(&loose, &keys), Err(Refused::Malformed));
}

#[test]
fn a_header_means_one_thing_or_nothing() {
    let signer = Signer::generate(Algorithm::EdDsa);
    let keys = set(&[signer.jwk("k")]);
    for header in [
        r#"{"alg":"none","alg":"EdDSA","kid":"k"}"#,
        r#"{"alg":"EdDSA","kid":"x","kid":"k"}"#,
        r#"{"alg":"EdDSA","\u0061lg":"EdDSA","kid":"k"}"#,
        r#"{"alg":["EdDSA"],"kid":"k"}"#,
        r#"{"alg":"EdDSA","kid":7}"#,
        r#"{"alg":"EdDSA","kid":null}"#,
        r#"{"alg":"EdDSA","kid":"k","typ":{"a":1}}"#,
        r#"{"kid":"k"}"#,
        r#"["EdDSA"]"#,
        r#"{"alg":"EdDSA","kid":"k"} "x""#,
        "",
    ] {
        assert_eq!(verdict(&signer.sign(header, "{}"), &keys), Err(Refused::Malformed), "{header}");
    }
}

#[test]
fn what_is_too_long_is_not_read() {
    let signer = Signer::generate(Algorithm::EdDsa);
    let keys = set(&[signer.jwk("k")]);
    let long = json!({ "a": "x".repeat(MAX_TOKEN) });
    assert_eq!(verdict(&signer.token("k", &long), &keys), Err(Refused::TooLarge));
    let header = json!({ "alg": "EdDSA", "kid": "k", "x": "x".repeat(MAX_HEADER) }).to_string();
    assert_eq!(verdict(&signer.sign(&header, "{}"), &keys), Err(Refused::TooLarge));
    let id = "k".repeat(MAX_KEY_ID + 1);
    assert_eq!(verdict(&signer.token(&id, &json!({})), &keys), Err(Refused::Malformed));
}

#[test]
fn keys_that_are_not_for_signatures_are_nobodys() {
    let (rsa, elliptic) = (Signer::generate(Algorithm::Rs256).jwk("r"), Signer::generate(Algorithm::Es256).jwk("e"));
    let edwards = Signer::generate(Algorithm::EdDsa).jwk("o");
    let with = |jwk: &Value, name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        jwk
    };
    let short = URL_SAFE_NO_PAD.encode([0xff; 255]);
    let leading = URL_SAFE_NO_PAD.encode([[0].as_slice(), &[0xff; 256]].concat());
    let just_below = URL_SAFE_NO_PAD.encode([[0x7f].as_slice(), &[0xff; 255]].concat());
    for jwk in [
        with(&rsa, "use", json!("enc")),
        with(&rsa, "key_ops", json!(["encrypt"])),
        with(&rsa, "key_ops", json!("verify")),
        with(&rsa, "alg", json!("RS384")),
        with(&rsa, "alg", json!("ES256")),
        with(&rsa, "alg", json!(5)),
        with(&rsa, "e", json!("Aw")),
        with(&rsa, "n", json!(short)),
        with(&rsa, "n", json!(leading)),
        with(&rsa, "n", json!(just_below)),
        with(&rsa, "n", json!(URL_SAFE_NO_PAD.encode([0xfe; 256]))),
        with(&rsa, "n", json!(URL_SAFE_NO_PAD.encode([0xff; 1025]))),
        with(&rsa, "d", json!("AQAB")),
        with(&rsa, "kty", json!("oct")),
        with(&rsa, "kid", json!(7)),
        json!({ "kty": "oct", "k": "AAAA", "alg": "HS256", "kid": "h" }),
        with(&elliptic, "crv", json!("P-384")),
        with(&elliptic, "crv", json!("secp256k1")),
        with(&elliptic, "x", elliptic["y"].clone()),
        with(&elliptic, "x", json!("")),
        with(&elliptic, "d", json!("AQAB")),
        with(&edwards, "crv", json!("X25519")),
        with(&edwards, "x", json!("AAAA")),
        json!({}),
    ] {
        assert!(set(std::slice::from_ref(&jwk)).is_empty(), "{jwk}");
    }
    assert_eq!(set(&[rsa.clone(), json!({ "kty": "new" }), elliptic, edwards]).len(), 3);
    for not_a_set in [
        r"[]".to_owned(),
        r#"{"keys":{}}"#.to_owned(),
        r#"{"keys":[1]}"#.to_owned(),
        r#"{"keys":[],"keys":[]}"#.to_owned(),
        json!({ "keys": vec![rsa.clone(); MAX_KEYS_AND_ONE] }).to_string(),
        json!({ "keys": [], "x": "x".repeat(64 * 1024) }).to_string(),
    ] {
        assert_eq!(KeySet::parse(not_a_set.as_bytes()).err(), Some(Refused::KeySet));
    }
}

const MAX_KEYS_AND_ONE: usize = 65;

#[test]
fn which_key_is_meant_is_never_guessed() {
    let (one, other) = (Signer::generate(Algorithm::EdDsa), Signer::generate(Algorithm::EdDsa));
    let nameless = r#"{"alg":"EdDSA"}"#;
    assert!(verdict(&one.sign(nameless, "{}"), &set(&[one.jwk("k")])).is_ok());
    assert_eq!(verdict(&one.sign(nameless, "{}"), &set(&[one.jwk("k"), other.jwk("l")])), Err(Refused::UnknownKey));
    let same = set(&[one.jwk("k"), other.jwk("k")]);
    assert_eq!(verdict(&one.token("k", &json!({})), &same), Err(Refused::UnknownKey));
    // One name for keys of two kinds is no doubt (RFC 7517 §4.5).
    let kinds = set(&[one.jwk("k"), Signer::generate(Algorithm::Es256).jwk("k")]);
    assert!(verdict(&one.token("k", &json!({})), &kinds).is_ok());
}

#[test]
fn half_a_hash_is_of_the_algorithm_that_signs() {
    // OpenID Connect Core §A.3 and §A.4.
    assert_eq!(Algorithm::Rs256.half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    assert_eq!(Algorithm::EdDsa.half_hash("").len(), 43);
}

#[test]
fn an_object_is_one_at_every_depth() {
    assert!(object(br#"{"a":{"b":[{"c":1},{"c":2}]},"d":null,"e":-1.5}"#).is_some());
    for no in [
        &br#"{"a":1,"a":1}"#[..],
        br#"{"a":{"b":1,"b":2}}"#,
        br#"{"a":[{"b":1,"\u0062":2}]}"#,
        b"[]",
        b"1",
        b"",
        b"{}{}",
        b"{\"a\":\"\xff\"}",
        br#"{"a":"\ud800"}"#,
    ] {
        assert!(object(no).is_none(), "{}", String::from_utf8_lossy(no));
    }
    assert!(object(format!(r#"{{"a":{}{}}}"#, "[".repeat(1000), "]".repeat(1000)).as_bytes()).is_none());
}
