//! What a record proves: that exactly these bytes were agreed to, by this passkey. Whatever is changed in it is found.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealpost_seal::rng::{SystemRng, array};
use sealpost_seal::webauthn::testing::Authenticator;
use sealpost_seal::webauthn::{self, RelyingParty};
use sealpost_store::{ApprovalId, MemberId};
use serde_json::{Value, json};

use super::digest::Digest;
use super::model::{Module, Says};
use super::record::{Expected, RecordError, VerifiedRecord, verify};

const OURS: RelyingParty<'static> = RelyingParty { id: "sealpost.example.com", origin: "https://sealpost.example.com" };
const CONTENT: &str = r#"{"salt":"00","wanted":{"mode":"off"},"lines":[{"what":"Live","before":"hidden","after":"shown"}],"reason":null}"#;

fn id(number: u8) -> ApprovalId {
    ApprovalId::from_bytes([number; 16])
}

fn digest(content: &str) -> Digest {
    Digest::of(Module::Masking, None, content.as_bytes(), 3, 2)
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What this passkey signs of a vote, as it is kept.
fn signed(device: &mut Authenticator, says: Says, id: ApprovalId, digest: Digest) -> Value {
    let challenge = [&array::<32>(&SystemRng)[..], &says.signed(id, digest)].concat();
    let used = device.assert(OURS, &challenge);
    let made = device.register(OURS, &challenge);
    let known = webauthn::register(OURS, &challenge, &made.client_data, &made.attestation).unwrap();
    json!({
        "relying_party": OURS.id,
        "origin": OURS.origin,
        "credential_id": text(&device.credential_id),
        "public_key": text(&known.public_key),
        "client_data": text(&used.client_data),
        "authenticator_data": text(&used.authenticator_data),
        "signature": text(&used.signature),
    })
}

fn vote(number: u8, says: Says, signature: Value) -> Value {
    json!({
        "member": MemberId::from_bytes([number; 16]),
        "says": says,
        "digest": digest(CONTENT),
        "at": "2026-01-15T09:30:00.000Z",
        "signature": signature,
    })
}

fn record(votes: Vec<Value>) -> Value {
    json!({
        "format": "sealpost approval v1",
        "id": id(1),
        "module": "masking",
        "target": null,
        "content": CONTENT,
        "live_version": 3,
        "policy_version": 2,
        "digest": digest(CONTENT),
        "state": "live",
        "votes": votes,
    })
}

fn check(record: &Value) -> Result<VerifiedRecord, RecordError> {
    verify(record.to_string().as_bytes(), Expected::default())
}

#[test]
fn a_record_proves_what_was_agreed_to_and_by_which_passkey() {
    let mut devices = [Authenticator::new(&SystemRng), Authenticator::new(&SystemRng)];
    let mut of = |at: usize, says| signed(&mut devices[at], says, id(1), digest(CONTENT));
    let votes = vec![
        vote(7, Says::Approve, of(0, Says::Approve)),
        vote(8, Says::Emergency, of(1, Says::Emergency)),
        vote(9, Says::Approve, Value::Null),
    ];
    let record = record(votes);
    let holds = check(&record).unwrap();
    assert_eq!((holds.signed.len(), &holds.unsigned), (2, &vec![MemberId::from_bytes([9; 16])]));
    assert_eq!((holds.digest, holds.changes[0].what.as_str()), (digest(CONTENT), "Live"));
    assert_ne!(holds.signed[0].key, holds.signed[1].key);
    let with = |expected| verify(record.to_string().as_bytes(), expected);
    let keys = [holds.signed[1].key.clone()];
    assert!(with(Expected { digest: Some(holds.digest), keys: &keys, origin: Some(OURS.origin) }).is_ok());
    let elsewhere = Expected { origin: Some("https://sealpost.example.org"), ..Expected::default() };
    assert!(matches!(with(elsewhere), Err(RecordError::Elsewhere(_))));
    let another = Expected { digest: Some(digest("{}")), ..Expected::default() };
    assert!(matches!(with(another), Err(RecordError::AnotherDigest)));
    let others = ["0".repeat(64)];
    assert!(matches!(with(Expected { keys: &others, ..Expected::default() }), Err(RecordError::NotBy(_))));
}

#[test]
fn what_was_changed_afterwards_is_found() {
    let (mut device, mut others) = (Authenticator::new(&SystemRng), Authenticator::new(&SystemRng));
    let ours = signed(&mut device, Says::Approve, id(1), digest(CONTENT));
    let whole = record(vec![vote(7, Says::Approve, ours.clone())]);
    assert!(check(&whole).is_ok());

    // Other bytes; or other bytes with their own digest, of which nobody has said anything.
    let shown = CONTENT.replace("shown", "hidden");
    for (member, value) in [
        ("content", json!(shown)),
        ("live_version", json!(4)),
        ("policy_version", json!(1)),
        ("module", json!("role")),
        ("target", json!("rol_00000000000000000000000000")),
        ("digest", json!("0".repeat(64))),
    ] {
        let mut changed = whole.clone();
        changed[member] = value;
        assert!(matches!(check(&changed), Err(RecordError::Digest)), "{member}");
    }
    let mut swapped = whole.clone();
    (swapped["content"], swapped["digest"]) = (json!(shown), json!(digest(&shown)));
    assert!(matches!(check(&swapped), Err(RecordError::Vote(_))));
    swapped["votes"][0]["digest"] = json!(digest(&shown));
    assert!(matches!(check(&swapped), Err(RecordError::Signature(..))));

    // A signature of another request, of another word, or of the same request before it was changed, says nothing here.
    for (says, id, digest) in [
        (Says::Approve, id(2), digest(CONTENT)),
        (Says::Emergency, id(1), digest(CONTENT)),
        (Says::Approve, id(1), digest(&shown)),
    ] {
        let replayed = record(vec![vote(7, Says::Approve, signed(&mut device, says, id, digest))]);
        assert!(matches!(check(&replayed), Err(RecordError::Signature(..))), "{says:?}");
    }

    // Another passkey's name under it; or any of it changed.
    let theirs = signed(&mut others, Says::Approve, id(1), digest(CONTENT));
    for member in ["public_key", "client_data", "authenticator_data", "signature"] {
        let mut changed = ours.clone();
        changed[member] = if member == "authenticator_data" { json!(text(&[0; 37])) } else { theirs[member].clone() };
        let changed = record(vec![vote(7, Says::Approve, changed)]);
        assert!(matches!(check(&changed), Err(RecordError::Signature(..))), "{member}");
    }
    let one = vec![vote(7, Says::Approve, ours.clone()), vote(8, Says::Approve, ours)];
    assert!(matches!(check(&record(one)), Err(RecordError::OnePasskey(..))));
    assert!(matches!(check(&record(vec![vote(7, Says::Approve, Value::Null)])), Err(RecordError::Unsigned)));
    for not_one in ["", "{}", "[]", r#"{"format":"sealpost approval v2"}"#] {
        assert!(matches!(verify(not_one.as_bytes(), Expected::default()), Err(RecordError::NotOne)));
    }
}
