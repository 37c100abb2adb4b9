//! What the ceremonies promise: against the vectors of the specification, and against an authenticator that misbehaves.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::authenticator_data::AuthenticatorData;
use super::testing::{Authenticator, Made, Used, VERIFIED};
use super::*;
use crate::key::sha256;
use crate::rng::SystemRng;

const W3C: RelyingParty<'static> = RelyingParty { id: "example.org", origin: "https://example.org" };
const OURS: RelyingParty<'static> =
    RelyingParty { id: "sealpost.example.com", origin: "https://sealpost.example.com:8443" };

/// One section of the specification's vectors.
struct Vector(BTreeMap<String, Vec<u8>>);

impl Vector {
    fn named(name: &str) -> Self {
        let text = include_str!("vectors.txt");
        let (_, rest) = text.split_once(&format!("[{name}]\n")).unwrap();
        let section = rest.split("\n[").next().unwrap();
        let pairs = section.lines().filter_map(|line| line.split_once(" = "));
        Self(pairs.map(|(name, hex)| (name.to_owned(), unhex(hex))).collect())
    }

    fn get(&self, name: &str) -> &[u8] {
        &self.0[name]
    }

    fn register(&self) -> Result<Registered, Refused> {
        register(W3C, self.get("r.challenge"), self.get("r.client"), self.get("r.attestation"))
    }

    fn authenticate(&self, known: Known<'_>) -> Result<Asserted, Refused> {
        let assertion = Assertion {
            client_data: self.get("a.client"),
            authenticator_data: self.get("a.data"),
            signature: self.get("a.signature"),
        };
        authenticate(W3C, self.get("a.challenge"), known, assertion)
    }

    /// The key in the registration, whatever its flags say.
    fn public_key(&self) -> Vec<u8> {
        let attestation = self.get("r.attestation");
        let party = sha256(&[W3C.id.as_bytes()]);
        let at = attestation.windows(32).position(|window| window == party).unwrap();
        let data = AuthenticatorData::parse(&attestation[at..]).unwrap();
        data.credential.unwrap().public_key.to_vec()
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect()
}

#[test]
fn the_vectors_whose_device_verified_its_user_are_believed() {
    let vector = Vector::named("packed.ES256");
    let made = vector.register().unwrap();
    assert_eq!((made.algorithm, made.counter), (Algorithm::Es256, 0));
    assert_eq!((made.backup_eligible, made.backed_up), (true, false));
    let known = Known { public_key: &made.public_key, counter: 0, backup_eligible: true };
    assert_eq!(vector.authenticate(known), Ok(Asserted { counter: 0, backed_up: false, regressed: false }));
    for name in ["packed-self.ES256", "packed.RS256"] {
        let made = Vector::named(name).register().unwrap();
        assert!(made.backup_eligible && made.backed_up, "{name}");
    }
}

#[test]
fn the_vectors_whose_device_did_not_verify_its_user_are_refused() {
    for name in ["none.ES256", "packed.EdDSA"] {
        assert_eq!(Vector::named(name).register(), Err(Refused::NotVerified), "{name}");
    }
    for (name, backup_eligible) in
        [("none.ES256", true), ("packed-self.ES256", true), ("packed.RS256", true), ("packed.EdDSA", false)]
    {
        let vector = Vector::named(name);
        let key = vector.public_key();
        let known = Known { public_key: &key, counter: 0, backup_eligible };
        assert_eq!(vector.authenticate(known), Err(Refused::NotVerified), "{name}");
    }
}

#[test]
fn a_vector_made_in_another_sites_frame_is_refused() {
    assert_eq!(Vector::named("none.ES256.crossOrigin").register(), Err(Refused::Framed));
}

#[test]
fn the_signatures_of_all_vectors_verify_and_none_does_with_a_bit_changed() {
    for name in ["none.ES256", "packed-self.ES256", "packed.ES256", "packed.RS256", "packed.EdDSA"] {
        let vector = Vector::named(name);
        let key = PublicKey::from_cose(&vector.public_key()).unwrap();
        let signed = [vector.get("a.data"), &sha256(&[vector.get("a.client")])].concat();
        assert!(key.verifies(&signed, vector.get("a.signature")), "{name}");
        for at in 0..signed.len() {
            let mut other = signed.clone();
            other[at] ^= 1;
            assert!(!key.verifies(&other, vector.get("a.signature")), "{name}, byte {at}");
        }
    }
}

const CHALLENGE: &[u8] = &[7; 32];

fn made(party: RelyingParty<'_>, change: impl FnOnce(&mut Authenticator)) -> (Authenticator, Made) {
    let mut device = Authenticator::new(&SystemRng);
    change(&mut device);
    let made = device.register(party, CHALLENGE);
    (device, made)
}

fn read(made: &Made) -> Result<Registered, Refused> {
    register(OURS, CHALLENGE, &made.client_data, &made.attestation)
}

fn judge(known: &Registered, used: &Used) -> Result<Asserted, Refused> {
    let known = Known { public_key: &known.public_key, counter: known.counter, backup_eligible: known.backup_eligible };
    let Used { client_data, authenticator_data, signature } = used;
    authenticate(OURS, CHALLENGE, known, Assertion { client_data, authenticator_data, signature })
}

#[test]
fn a_credential_that_was_made_here_is_known_again_here() {
    let (mut device, made) = made(OURS, |_| ());
    let known = read(&made).unwrap();
    assert_eq!(known.credential_id, device.credential_id);
    let used = device.assert(OURS, CHALLENGE);
    assert_eq!(judge(&known, &used), Ok(Asserted { counter: 0, backed_up: false, regressed: false }));
}

#[test]
fn what_was_made_elsewhere_or_for_something_else_is_refused() {
    let elsewhere = RelyingParty { id: OURS.id, origin: "https://sealpost.example.com" };
    let phished = RelyingParty { id: "evil.example", origin: "https://evil.example" };
    let other_party = RelyingParty { id: "example.com", origin: OURS.origin };
    for (party, flags, framed, why) in [
        (elsewhere, VERIFIED, false, Refused::Origin),
        (phished, VERIFIED, false, Refused::Origin),
        (other_party, VERIFIED, false, Refused::RelyingParty),
        (OURS, 0x04, false, Refused::NotPresent),
        (OURS, 0x01, false, Refused::NotVerified),
        (OURS, VERIFIED | 0x10, false, Refused::Backup),
        (OURS, VERIFIED, true, Refused::Framed),
    ] {
        let change = |device: &mut Authenticator| (device.flags, device.framed) = (flags, framed);
        let (mut device, wrong) = made(party, change);
        assert_eq!(read(&wrong), Err(why));
        let used = device.assert(party, CHALLENGE);
        let known = Registered { credential_id: Vec::new(), ..read(&made(OURS, |_| ()).1).unwrap() };
        assert_eq!(judge(&known, &used), Err(why));
    }
}

#[test]
fn an_answer_to_another_challenge_or_ceremony_is_refused() {
    let (mut device, made) = made(OURS, |_| ());
    let known = read(&made).unwrap();
    assert_eq!(register(OURS, &[8; 32], &made.client_data, &made.attestation), Err(Refused::Challenge));
    assert_eq!(judge(&known, &device.assert(OURS, &[8; 32])), Err(Refused::Challenge));
    let used = device.assert(OURS, CHALLENGE);
    assert_eq!(judge(&known, &Used { client_data: made.client_data.clone(), ..used }), Err(Refused::Type));
}

#[test]
fn another_credential_is_refused_and_so_is_one_that_changed_its_kind() {
    let (mut device, ours) = made(OURS, |_| ());
    let known = read(&ours).unwrap();
    let (mut stranger, _) = made(OURS, |_| ());
    assert_eq!(judge(&known, &stranger.assert(OURS, CHALLENGE)), Err(Refused::Signature));
    device.flags |= 0x08;
    assert_eq!(judge(&known, &device.assert(OURS, CHALLENGE)), Err(Refused::Backup));
}

#[test]
fn a_counter_that_does_not_count_on_is_noticed() {
    let (mut device, ours) = made(OURS, |device| device.counter = 5);
    let known = read(&ours).unwrap();
    assert_eq!(judge(&known, &device.assert(OURS, CHALLENGE)).map(|asserted| asserted.regressed), Ok(false));
    device.counter = 4;
    assert_eq!(judge(&known, &device.assert(OURS, CHALLENGE)).map(|asserted| asserted.regressed), Ok(true));
    // One that counted counts for good.
    device.counter = 0;
    assert_eq!(judge(&known, &device.assert(OURS, CHALLENGE)).map(|asserted| asserted.regressed), Ok(true));
}

#[test]
fn a_key_is_exactly_what_its_type_says_and_on_its_curve() {
    let vector = Vector::named("packed.ES256");
    let good = vector.public_key();
    assert!(PublicKey::from_cose(&good).is_ok());
    let mut off_the_curve = good.clone();
    let last = off_the_curve.len() - 1;
    off_the_curve[last] ^= 1;
    let mut longer = good.clone();
    longer.push(0);
    let rs1 = unhex("a401030339fffe20430100012143010001");
    for bad in [&off_the_curve[..], &longer, &good[..last], &[], &[0xa0], &rs1] {
        assert!(PublicKey::from_cose(bad).is_err());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(client: Vec<u8>, data: Vec<u8>, key: Vec<u8>) {
        let _ = register(OURS, CHALLENGE, &client, &data);
        let _ = AuthenticatorData::parse(&data);
        let _ = PublicKey::from_cose(&key);
    }

    #[test]
    fn a_registration_with_bytes_changed_or_cut_never_panics(at in 0_usize..400, to: u8, cut in 0_usize..400) {
        let (_, Made { client_data, mut attestation }) = made(OURS, |_| ());
        let length = attestation.len();
        attestation[at % length] = to;
        attestation.truncate(length.saturating_sub(cut % 8));
        let _ = register(OURS, CHALLENGE, &client_data, &attestation);
    }
}
