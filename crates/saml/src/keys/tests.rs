use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P521_SHA512, PKCS_ED25519, date_time_ymd};

use super::*;
use crate::testing::Idp;

fn certificate(pair: &KeyPair, end: i32) -> Vec<u8> {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.not_after = date_time_ymd(end, 3, 4);
    params.self_signed(pair).unwrap().der().to_vec()
}

#[test]
fn the_key_and_the_end_of_a_certificate_are_found() {
    for (idp, kind) in [(Idp::p256(), KeyKind::P256), (Idp::p384(), KeyKind::P384), (Idp::rsa(), KeyKind::Rsa)] {
        let read = Certificate::from_der(&certificate(&idp.pair, 2031)).unwrap();
        assert_eq!(read.key().kind(), kind);
        assert_eq!(read.key().spki(), rcgen::PublicKeyData::subject_public_key_info(&idp.pair));
        assert_eq!(read.not_after_ms(), 1_930_348_800_000);
        let late = Certificate::from_der(&certificate(&idp.pair, 2051)).unwrap();
        assert_eq!(late.not_after_ms(), 2_561_500_800_000);
    }
}

#[test]
fn other_kinds_of_keys_are_refused() {
    for kind in [&PKCS_ED25519, &PKCS_ECDSA_P521_SHA512] {
        let pair = KeyPair::generate_for(kind).unwrap();
        assert_eq!(Certificate::from_der(&certificate(&pair, 2031)).err(), Some(CertificateFlaw::Key));
        assert!(SigningKey::from_pkcs8(&pair.serialize_der()).is_err());
        assert!(DecryptionKey::from_pkcs8(&pair.serialize_der()).is_err());
    }
}

/// RSA of 1024 bits, made by OpenSSL; it signs nothing.
const WEAK_SPKI: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCma3TU86CcZgAf5n1Ehqon1v3ehX9SQAStussN/32FVeHrT61lfrTs9jaBdRJN\
    HhaUw484+bnvMq8TepxKVwFBw0GQmdGT/fkmk90YE0nEy/CzED9hftyrB2lOKDOuU5DTdQCNW+G3nPd0wgoPC29LxuORuevTnC2HxuMV9de4AwIDAQAB";

#[test]
fn a_short_key_is_refused() {
    let spki = crate::base64::decode(WEAK_SPKI, "").unwrap();
    assert_eq!(spki.len(), 162);
    assert!(PublicKey::from_spki(&spki).is_none());
}

#[test]
fn a_certificate_cut_short_or_changed_is_an_error() {
    let der = certificate(&Idp::p256().pair, 2031);
    for end in 0..der.len() {
        assert_eq!(Certificate::from_der(&der[..end]).err(), Some(CertificateFlaw::Malformed), "{end}");
    }
    assert_eq!(Certificate::from_der(&[&der[..], &[0]].concat()).err(), Some(CertificateFlaw::Malformed));
    for at in 0..der.len() {
        let mut changed = der.clone();
        changed[at] ^= 0x80;
        let _ = Certificate::from_der(&changed);
    }
}

#[test]
fn lengths_are_in_the_fewest_bytes() {
    assert!(der::Der::only(&[0x30, 0x01, 0x00], der::SEQUENCE).is_some());
    for other in [
        &[0x30, 0x81, 0x01, 0x00][..],
        &[0x30, 0x80, 0x00, 0x00],
        &[0x30, 0x82, 0x00, 0x01, 0x00],
        &[0x30, 0x02, 0x00],
        &[0x30],
        &[],
    ] {
        assert!(der::Der::only(other, der::SEQUENCE).is_none(), "{other:?}");
    }
}

#[test]
fn keys_are_not_printed() {
    let idp = Idp::p256();
    assert_eq!(format!("{:?}", idp.key), "SigningKey");
    assert_eq!(format!("{:?}", idp.certificate().key()), "PublicKey(P256)");
}

const LIFETIME: Lifetime = Lifetime { from_ms: 1_768_469_400_000, until_ms: 2_083_829_400_000 };

#[test]
fn a_key_of_ours_signs_and_its_certificate_carries_it() {
    for kind in [KeyKind::Rsa, KeyKind::P256, KeyKind::P384] {
        let made = MadeKey::new(kind, "Sealpost", [0xff; 16], LIFETIME).unwrap();
        assert_eq!((made.certificate().key().kind(), made.certificate().not_after_ms()), (kind, LIFETIME.until_ms));
        let key = SigningKey::from_pkcs8(made.pkcs8()).unwrap();
        let signature = key.sign(b"message").unwrap();
        assert_eq!(made.certificate().key().verifies(key.method(), b"message", &signature), Some(true));
        assert_eq!(DecryptionKey::from_pkcs8(made.pkcs8()).is_ok(), kind == KeyKind::Rsa);
        assert_eq!(format!("{made:?}"), format!("MadeKey({kind:?})"));
        // Its own signature holds, by the key it carries.
        let mut parts = der::Der::only(made.certificate().der(), der::SEQUENCE).unwrap();
        let signed = parts.read(der::SEQUENCE).unwrap().bytes;
        parts.read(der::SEQUENCE).unwrap();
        let signature = &parts.read(der::BIT_STRING).unwrap().contents[1..];
        let algorithm: &dyn aws_lc_rs::signature::VerificationAlgorithm = match kind {
            KeyKind::Rsa => &aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256,
            KeyKind::P256 => &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1,
            KeyKind::P384 => &aws_lc_rs::signature::ECDSA_P384_SHA384_ASN1,
        };
        let public = aws_lc_rs::signature::UnparsedPublicKey::new(algorithm, made.certificate().key().spki());
        assert!(public.verify(signed, signature).is_ok());
    }
}

#[test]
fn no_two_keys_are_one_and_late_ends_are_told() {
    let late = Lifetime { until_ms: 2_561_500_800_000, ..LIFETIME };
    let [one, two] = [
        MadeKey::new(KeyKind::P256, &"é".repeat(80), [0; 16], late).unwrap(),
        MadeKey::new(KeyKind::P256, "", [0; 16], late).unwrap(),
    ];
    assert_ne!(one.pkcs8(), two.pkcs8());
    assert_ne!(one.certificate().fingerprint(), two.certificate().fingerprint());
    assert_eq!(one.certificate().not_after_ms(), late.until_ms);
}
