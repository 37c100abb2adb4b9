//! What encryption for endpoints promises, on both engines.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use sealpost_access::secrets::{self, NewSecret, Origin, Overlap, SecretRef};
use sealpost_egress::client::Answer;
use sealpost_seal::SecretText;
use sealpost_seal::payload::{self, DecryptionKey, KeyForm, Method, SharedKey};
use sealpost_seal::signature::{KeyEncoding, VerifyingKey, WebhookKey, profiles, verify};
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, EndpointId, Leaf, SecretId, StoreError, Tx, both_engines};
use sealpost_web::{Failure, Refusal};
use serde_json::{Value, json};

use super::api::body::Body;
use super::fields::{Fields, Member};
use super::model::{Scope, Shape};
use super::sealer::{Answered, Sealed, Sealing, key_id};
use super::service::{self, Wanted, WantedKeys};
use crate::endpoints::call::{Telling, seal, signatures};
use crate::endpoints::codes::{ENCRYPTION_INVALID, ENCRYPTION_KEY_INVALID, SECRET_REFERENCE_REQUIRED};
use crate::endpoints::model::Ready;
use crate::endpoints::service::{find, remove as remove_endpoint};
use crate::endpoints::{secret_uses, signing, testing};
use crate::versions::Expected;

const FIRST: &str = "0001020304050607080910111213141516171819202122232425262728293031";
const SECOND: &str = "f001020304050607080910111213141516171819202122232425262728293031";
const BODY: &[u8] = br#"{"id":"evt_1","type":"message.delivered","data":{"message_id":"msg_1","state":"delivered"}}"#;

fn imported(value: &str) -> NewSecret {
    NewSecret::new(SecretText::new(value.into()), KeyEncoding::Text, Origin::Imported).unwrap()
}

async fn stored(house: &TestStore, ctx: &Ctx, value: &str) -> SecretId {
    let (keys, new) = (house.store.keys().organisation(ctx.org.id).await.unwrap(), imported(value));
    let make = move |tx: &mut Tx<'_>| {
        let id = secrets::create(tx, &keys, secrets::STORED, new)?;
        Ok::<_, StoreError>(tx.record(Leaf::of("secret.create"), id))
    };
    house.store.write(ctx, make).await.unwrap()
}

async fn rotate(house: &TestStore, ctx: &Ctx, id: SecretId, value: &str, overlap: Overlap) {
    let (keys, new) = (house.store.keys().organisation(ctx.org.id).await.unwrap(), imported(value));
    let rotate = move |tx: &mut Tx<'_>| {
        secrets::rotate(tx, &keys, id, secrets::STORED, new, overlap)?;
        Ok::<_, StoreError>(tx.record(Leaf::of("secret.rotate"), ()))
    };
    house.store.write(ctx, rotate).await.unwrap();
}

fn by(method: Method, secret: SecretId, scope: Scope) -> Wanted {
    let keys = WantedKeys::Shared { secret: SecretRef::Id(secret), version: None, form: KeyForm::Hex };
    Wanted { method, scope, member: Member::default(), keys }
}

async fn set(house: &TestStore, ctx: &Ctx, endpoint: EndpointId, wanted: Wanted) -> Result<(), Failure> {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    house
        .store
        .write(ctx, move |tx| Ok(service::set(tx, &keys, endpoint, wanted, &Expected::default())?.map(drop)))
        .await
}

async fn sealing(house: &TestStore, ctx: &Ctx, endpoint: EndpointId) -> Sealing {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    house.store.read(ctx, move |tx| service::ready(tx, &keys, endpoint)).await.unwrap()
}

fn leaves(sealing: &Sealing, ctx: &Ctx) -> Sealed {
    sealing.apply("evt_1", ctx.now(), &Bytes::from_static(BODY), ctx.rng()).unwrap()
}

/// What a receiver with this key reads.
fn read(method: Method, id: &str, key: &str, ciphertext: &[u8]) -> Option<Vec<u8>> {
    let key = SharedKey::read(method, id.into(), key, KeyForm::Hex).unwrap();
    let opened = payload::decrypt(method, &[DecryptionKey::Shared(key)], "encrypted", ciphertext);
    opened.ok().map(|opened| opened.expose().to_vec())
}

/// An answer as a receiver with this key gives it.
fn answer(method: Method, id: &str, key: &str) -> Answer {
    let key = SharedKey::read(method, id.into(), key, KeyForm::Hex).unwrap();
    let about = payload::About { id: "answer", at: 0, field: None };
    let key = payload::EncryptionKey::Shared(key);
    answered(payload::encrypt(method, &key, &about, b"{}", &sealpost_seal::SystemRng).unwrap())
}

fn answered(body: String) -> Answer {
    Answer {
        status: 200,
        headers: HeaderMap::new(),
        body: body.into(),
        truncated: false,
        latency: std::time::Duration::ZERO,
        peer: ([127, 0, 0, 1], 443).into(),
    }
}

fn code(failed: Result<(), Failure>) -> &'static str {
    match failed {
        Err(Failure::Refused(refusal)) => refusal.code().code,
        _ => panic!("it was not refused"),
    }
}

both_engines! {
    async fn the_newest_version_encrypts_and_older_ones_open_answers_while_they_overlap(house: TestStore) {
        let ctx = house.organisation().await;
        let (endpoint, secret) = (testing::active(&house.store, &ctx).await, stored(&house, &ctx, FIRST).await);
        assert!(matches!(sealing(&house, &ctx, endpoint).await, Sealing::Clear));
        let method = Method::Aes256Gcm;
        set(&house, &ctx, endpoint, by(method, secret, Scope::Body(Shape::Text))).await.unwrap_or_else(|_| panic!());
        let (first, second) = (key_id(secret, 1), key_id(secret, 2));
        let before = sealing(&house, &ctx, endpoint).await;
        let sealed = leaves(&before, &ctx);
        assert_eq!(sealed.by, Some((method, first.clone())));
        assert_eq!(read(method, &first, FIRST, &sealed.body).unwrap(), BODY);

        rotate(&house, &ctx, secret, SECOND, Overlap::seconds(60).unwrap()).await;
        let after = sealing(&house, &ctx, endpoint).await;
        let sealed = leaves(&after, &ctx);
        assert_eq!(read(method, &second, SECOND, &sealed.body).unwrap(), BODY);
        assert_eq!(read(method, &first, FIRST, &sealed.body), None);
        assert_eq!(after.answered(&answer(method, &first, FIRST)), Some(Answered::Decrypted));
        assert_eq!(after.answered(&answer(method, &second, SECOND)), Some(Answered::Decrypted));
        assert_eq!(after.answered(&answer(method, &second, FIRST)), Some(Answered::Undecryptable));
        house.clock.advance_ms(60_000);
        let later = sealing(&house, &ctx, endpoint).await;
        assert_eq!(later.answered(&answer(method, &first, FIRST)), Some(Answered::Undecryptable));
        assert_eq!(later.answered(&answered(String::new())), Some(Answered::Nothing));
        assert_eq!(later.answered(&answered("{\"ok\":true}".into())), Some(Answered::Undecryptable), "in clear");
        let cut = Answer { truncated: true, ..answer(method, &second, SECOND) };
        assert_eq!(later.answered(&cut), Some(Answered::Undecryptable));
    }

    async fn a_version_that_was_chosen_encrypts_until_it_ends_and_nothing_leaves_then(house: TestStore) {
        let ctx = house.organisation().await;
        let (endpoint, secret) = (testing::active(&house.store, &ctx).await, stored(&house, &ctx, FIRST).await);
        let wanted = |version| {
            let keys = WantedKeys::Shared { secret: SecretRef::Id(secret), version: Some(version), form: KeyForm::Hex };
            Wanted { keys, ..by(Method::JweDir, secret, Scope::Body(Shape::Json)) }
        };
        assert_eq!(code(set(&house, &ctx, endpoint, wanted(2)).await), ENCRYPTION_KEY_INVALID.code);
        set(&house, &ctx, endpoint, wanted(1)).await.unwrap_or_else(|_| panic!());
        rotate(&house, &ctx, secret, SECOND, Overlap::seconds(60).unwrap()).await;
        let sealed = leaves(&sealing(&house, &ctx, endpoint).await, &ctx);
        assert_eq!(read(Method::JweDir, &key_id(secret, 1), FIRST, &sealed.body).unwrap(), BODY, "in its object");
        house.clock.advance_ms(60_000);
        let after = sealing(&house, &ctx, endpoint).await;
        assert!(after.apply("evt_1", ctx.now(), &Bytes::from_static(BODY), ctx.rng()).is_err());
    }

    async fn what_can_not_be_encrypted_does_not_leave(house: TestStore) {
        let ctx = house.organisation().await;
        let (endpoint, secret) = (testing::active(&house.store, &ctx).await, stored(&house, &ctx, FIRST).await);
        set(&house, &ctx, endpoint, by(Method::JweHkdf, secret, Scope::Body(Shape::Text))).await.unwrap_or_else(|_| panic!());
        rotate(&house, &ctx, secret, "too short", Overlap::seconds(60).unwrap()).await;
        let broken = sealing(&house, &ctx, endpoint).await;
        assert!(matches!(broken, Sealing::Broken));
        assert!(broken.apply("evt_1", ctx.now(), &Bytes::from_static(BODY), ctx.rng()).is_err());
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let standing = house.store.read(&ctx, move |tx| service::standing(tx, &keys, endpoint)).await.unwrap().unwrap();
        assert_eq!(standing.key, Err("key_form_wrong"));
        rotate(&house, &ctx, secret, SECOND, Overlap::NONE).await;
        assert!(matches!(sealing(&house, &ctx, endpoint).await, Sealing::Encrypted(_)));
    }

    async fn single_fields_are_encrypted_where_they_stand(house: TestStore) {
        let ctx = house.organisation().await;
        let (endpoint, secret) = (testing::active(&house.store, &ctx).await, stored(&house, &ctx, FIRST).await);
        let fields = Fields::parse(&["/message_id", "/nowhere"]).unwrap();
        set(&house, &ctx, endpoint, by(Method::JweHkdf, secret, Scope::Fields(fields))).await.unwrap_or_else(|_| panic!());
        let sealed = leaves(&sealing(&house, &ctx, endpoint).await, &ctx);
        assert_eq!((sealed.fields, sealed.skipped, sealed.media_type), (1, 1, "application/json"));
        let notice: Value = serde_json::from_slice(&sealed.body).unwrap();
        assert_eq!((&notice["type"], &notice["data"]["state"]), (&json!("message.delivered"), &json!("delivered")));
        let field = notice["data"]["message_id"].as_str().unwrap();
        let clear = read(Method::JweHkdf, &key_id(secret, 1), FIRST, field.as_bytes()).unwrap();
        assert_eq!(clear, br#""msg_1""#, "its JSON, so that its type comes back, too");
    }

    async fn every_attempt_is_encrypted_anew_and_signed_over_the_bytes_on_the_wire(house: TestStore) {
        let ctx = house.organisation().await;
        let (endpoint, secret) = (testing::active(&house.store, &ctx).await, stored(&house, &ctx, FIRST).await);
        set(&house, &ctx, endpoint, by(Method::Aes256Gcm, secret, Scope::Body(Shape::Text))).await.unwrap_or_else(|_| panic!());
        let sealing = sealing(&house, &ctx, endpoint).await;
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let others = signing::Change::to(&["svix", "fyno", "fanfare", "safravo", "stripe-like", "github-like"]);
        let change = move |tx: &mut Tx<'_>| {
            let mut endpoint = find(tx, endpoint)?;
            signing::change(tx, &keys, &mut endpoint, others)?;
            let signers = signing::ready(tx, &keys, &endpoint)?;
            Ok::<_, Failure>(tx.record(Leaf::of("endpoint.update"), (endpoint, signers)))
        };
        let (endpoint, signers) = house.store.write(&ctx, change).await.unwrap_or_else(|_| panic!());
        let policy = sealpost_egress::guard::Policy::strict();
        let target = sealpost_egress::target::Target::parse(&endpoint.url, &policy).unwrap();
        let key = Arc::new(WebhookKey::generate(ctx.rng()));
        let public = key.public();
        let ready = Ready { endpoint, target, signers, key, transport: Arc::default(), sealing: Arc::new(sealing) };
        let telling = |attempt| Telling {
            id: "evt_1", kind: "message.delivered", body: Bytes::from_static(BODY), media_type: "application/json", attempt, at: ctx.now(),
            deadline: std::time::Duration::from_secs(1),
        };
        let attempt = |number| {
            let telling = telling(number);
            let sealed = seal(&ready, &telling, &ctx).unwrap();
            let headers = signatures(&ready, &telling.on_the_wire(&sealed)).unwrap();
            (sealed.body, headers)
        };
        let ((first, signed), (second, _)) = (attempt(1), attempt(2));
        assert_ne!(first, second, "with another vector");
        for wire in [&first, &second] {
            assert_eq!(read(Method::Aes256Gcm, &key_id(secret, 1), FIRST, wire).unwrap(), BODY);
        }
        let headers: Vec<(&str, &str)> = signed.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert!(headers.contains(&("webhook-id", "evt_1")), "one id over all attempts");
        let now = ctx.now().unix_seconds();
        let mut looked_at = 0;
        for signer in &ready.signers {
            let Some(profile) = profiles::by_name(signer.dialect.name()) else { continue };
            let shared = [VerifyingKey::Secret(&signer.secrets[0].secret)];
            assert_eq!(verify(profile, &shared, &headers, &first, now, 300), Ok(()), "{}", profile.name);
            assert!(verify(profile, &shared, &headers, BODY, now, 300).is_err(), "{} signs no clear text", profile.name);
            assert!(verify(profile, &shared, &headers, &second, now, 300).is_err(), "{}", profile.name);
            looked_at += 1;
        }
        assert_eq!(looked_at, 7);
        let asymmetric = [VerifyingKey::Ed25519(public)];
        assert_eq!(verify(&profiles::STANDARD, &asymmetric, &headers, &first, now, 300), Ok(()));
    }

    async fn a_secret_that_encrypts_is_in_use_until_the_endpoint_goes(house: TestStore) {
        let ctx = house.organisation().await;
        let (endpoint, secret) = (testing::active(&house.store, &ctx).await, stored(&house, &ctx, FIRST).await);
        set(&house, &ctx, endpoint, by(Method::JweHkdf, secret, Scope::Body(Shape::Text))).await.unwrap_or_else(|_| panic!());
        let uses = house.store.read(&ctx, secret_uses).await.unwrap();
        let own = uses.iter().find(|one| one.secret == secret).unwrap();
        assert_eq!((own.kind, &*own.name), ("endpoint", "reports"));
        house.store.write(&ctx, move |tx| remove_endpoint(tx, endpoint)).await.unwrap_or_else(|_| panic!());
        assert!(house.store.read(&ctx, secret_uses).await.unwrap().iter().all(|one| one.secret != secret));
        assert!(matches!(sealing(&house, &ctx, endpoint).await, Sealing::Clear));
    }

    async fn only_a_key_of_ones_own_environment_can_be_named(house: TestStore) {
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        let endpoint = testing::active(&house.store, &ours).await;
        let foreign = stored(&house, &theirs, FIRST).await;
        let refused = set(&house, &ours, endpoint, by(Method::JweHkdf, foreign, Scope::Body(Shape::Text))).await;
        assert_eq!(code(refused), ENCRYPTION_KEY_INVALID.code);
        let short = stored(&house, &ours, &FIRST[..62]).await;
        let refused = set(&house, &ours, endpoint, by(Method::JweHkdf, short, Scope::Body(Shape::Text))).await;
        assert_eq!(code(refused), ENCRYPTION_KEY_INVALID.code);
        let signing = house.store.read(&ours, move |tx| find(tx, endpoint)).await.unwrap_or_else(|_| panic!()).secret.id();
        let refused = set(&house, &ours, endpoint, by(Method::JweHkdf, signing, Scope::Body(Shape::Text))).await;
        assert_eq!(code(refused), ENCRYPTION_KEY_INVALID.code, "what the product keeps for itself serves nothing else");
    }
}

/// Why a body is refused: its code, and where.
fn refused(body: Value) -> (&'static str, String) {
    let read = serde_json::from_value::<Body>(body).unwrap().read();
    let refusal: Refusal = read.err().unwrap();
    let place = match &refusal.errors()[0].place {
        sealpost_web::problem::Place::Pointer(place) => place.clone(),
        _ => String::new(),
    };
    (refusal.code().code, place)
}

#[test]
fn a_key_in_the_request_is_refused_whatever_it_is_called() {
    let body = |name: &str, value: Value| {
        let mut body = json!({ "method": "jwe-hkdf", "encoding": "hex" });
        body[name] = value;
        body
    };
    for name in ["key", "encryption_key", "secret_key", "private_key", "aes_key", "keys", "value", "password"] {
        for value in [json!(FIRST), json!({ "secret": "name" }), json!([1])] {
            assert_eq!(refused(body(name, value)).0, SECRET_REFERENCE_REQUIRED.code, "{name}");
        }
    }
    for value in [json!(FIRST), json!({ "value": FIRST }), json!({ "secret": "name", "key": FIRST }), json!({})] {
        assert_eq!(refused(body("secret", value)), (SECRET_REFERENCE_REQUIRED.code, "/secret".into()));
    }
    assert_eq!(refused(json!({ "method": "jwe-hkdf" })).0, SECRET_REFERENCE_REQUIRED.code, "none at all");
    let private =
        json!({ "kty": "OKP", "crv": "X25519", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08", "d": "AA" });
    let inline = json!({ "method": "jwe-ecdh-es", "public_key": private });
    assert_eq!(refused(inline), (SECRET_REFERENCE_REQUIRED.code, "/public_key/d".into()));
}

#[test]
fn what_does_not_go_together_is_refused() {
    let named = json!({ "secret": "payloads" });
    let shared = |more: Value| {
        let mut body = json!({ "method": "aes-256-gcm", "secret": named, "encoding": "hex" });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    assert!(serde_json::from_value::<Body>(shared(json!({}))).unwrap().read().is_ok());
    let legacy = json!({ "method": "legacy-aes-256-cbc", "legacy": true });
    assert!(serde_json::from_value::<Body>(shared(legacy)).unwrap().read().is_ok());
    for (more, place) in [
        (json!({ "iv": "00" }), "/iv"),
        (json!({ "nonce": null, "static_iv": "x" }), "/iv"),
        (json!({ "method": "aes-128-ecb" }), "/method"),
        (json!({ "method": "legacy-aes-256-cbc" }), "/legacy"),
        (json!({ "legacy": true }), "/legacy"),
        (json!({ "encoding": "octal" }), "/encoding"),
        (json!({ "encoding": null }), "/encoding"),
        (json!({ "request": "xml" }), "/request"),
        (json!({ "member": "a b" }), "/member"),
        (json!({ "fields": ["message_id"] }), "/fields"),
        (json!({ "public_key": {} }), "/public_key"),
        (json!({ "method": "jwe-ecdh-es", "encoding": null }), "/public_key"),
        (json!({ "method": "jwe-ecdh-es" }), "/encoding"),
    ] {
        let body = shared(more.clone());
        if more.get("static_iv").is_some() {
            // Two names for one thing.
            assert!(serde_json::from_value::<Body>(body).is_err());
            continue;
        }
        assert_eq!(refused(body), (ENCRYPTION_INVALID.code, place.to_owned()), "{more}");
    }
}
