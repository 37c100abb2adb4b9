//! What receipts promise, through the service, on both engines.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealpost_govern::checkpoints::Signer;
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Environment, MessageId, both_engines};
use sealpost_web::Failure;
use serde_json::json;

use super::document::{Receipt, TITLE};
use super::*;
use crate::erasures::Asked;
use crate::messages::scene::House;

const EMAIL: &str = "marker.wombat@example.com";
const COPY: &[u8] = br#"{ "text": "marker-dingo", "subject": "News" }"#;

async fn scene(test: TestStore) -> (House, Ctx, Receipts) {
    let house = House::around(test, 1, Environment::Test).await;
    let (ctx, receipts) = (house.organisations[0].clone(), Receipts::new(house.messaging.messages.clone()));
    (house, ctx, receipts)
}

async fn send(house: &House) -> MessageId {
    let body = json!({ "event": "mail.transactional", "to": { "email": EMAIL }, "data": { "code": "marker-dingo" } });
    house.accept_body(0, body).await.unwrap()
}

fn refused(failure: Failure) -> &'static str {
    match failure {
        Failure::Refused(refusal) => refusal.code().code,
        Failure::Fault(_) => panic!("a fault"),
    }
}

fn read(note: &str) -> Receipt {
    let end = note.find("\n\n").unwrap();
    serde_json::from_str(note[..end].strip_prefix(TITLE).unwrap()).unwrap()
}

fn forged(house: &House, receipt: &Receipt) -> String {
    let signing = house.test.store.keys().signing();
    receipt.sign(&house.test.store.verifier_key().unwrap(), &|text| signing.sign(text)).unwrap()
}

both_engines! {
    async fn a_receipt_holds_and_none_with_a_changed_byte_does(test: TestStore) {
        let (house, ctx, receipts) = scene(test).await;
        let mut hands = house.messaging.dispatcher().by_hand();
        let id = send(&house).await;
        assert_eq!(receipts.receipt(&ctx, id).await.map_err(refused), Err("receipt_not_due"));
        hands.turn().await.unwrap();
        let key = house.test.store.verifier_key().unwrap();
        let early = receipts.receipt(&ctx, id).await.unwrap();
        assert_eq!(verify(&early, &key, Checks::default()).unwrap().shown.checkpoint, None);
        Signer::new(house.test.store.clone(), None).await.unwrap().round().await.unwrap();
        let note = receipts.receipt(&ctx, id).await.unwrap();
        assert_eq!(receipts.receipt(&ctx, id).await.unwrap(), note, "the same each time");
        let all = Checks { content: Some(COPY), recipient: Some("Marker.Wombat@EXAMPLE.com") };
        let verified = verify(&note, &key, all).unwrap();
        assert!(verified.shown.content && verified.shown.recipient && verified.shown.checkpoint.is_some());
        assert_eq!((&verified.statement["state"], &verified.statement["message"]), (&json!("delivered"), &json!(id)));
        assert!(!note.contains("wombat") && !note.contains("dingo"));
        for at in 0..note.len() {
            let mut changed = note.clone().into_bytes();
            changed[at] ^= 1;
            let Ok(changed) = String::from_utf8(changed) else { continue };
            assert!(verify(&changed, &key, Checks::default()).is_err(), "byte {at}");
        }
        let other = TestStore::sqlite().await.store.verifier_key().unwrap();
        assert!(matches!(verify(&note, &other, Checks::default()), Err(ReceiptError::Note(_))));
    }

    async fn what_does_not_hold_is_named(test: TestStore) {
        let (house, ctx, receipts) = scene(test).await;
        let id = send(&house).await;
        house.test.clock.advance_ms(61_000);
        house.messaging.dispatcher().by_hand().turn().await.unwrap();
        Signer::new(house.test.store.clone(), None).await.unwrap().round().await.unwrap();
        let note = receipts.receipt(&ctx, id).await.unwrap();
        let key = house.test.store.verifier_key().unwrap();
        for (at, byte) in COPY.iter().enumerate() {
            let mut changed = COPY.to_vec();
            changed[at] = byte ^ 1;
            let checked = verify(&note, &key, Checks { content: Some(&changed), recipient: None });
            // White space is no part of it.
            let same = serde_json::from_slice::<serde_json::Value>(&changed).ok() == serde_json::from_slice(COPY).ok();
            assert_eq!(checked.is_ok(), same, "byte {at}: {checked:?}");
        }
        let elsewhere = Checks { content: None, recipient: Some("marker.wombat@example.org") };
        assert!(matches!(verify(&note, &key, elsewhere), Err(ReceiptError::Recipient)));
        // The installation itself can't state anything else than what its ledger committed to.
        let receipt = read(&note);
        let mut other = receipt.clone();
        other.statement.attempts += 1;
        assert!(matches!(verify(&forged(&house, &other), &key, Checks::default()), Err(ReceiptError::Statement)));
        let opening: [u8; 32] = STANDARD.decode(receipt.opening.as_deref().unwrap()).unwrap().try_into().unwrap();
        let text = other.statement.to_text().unwrap();
        other.commitment = STANDARD.encode(crate::messages::Opening::of(opening).statement(text.as_bytes()));
        assert!(matches!(verify(&forged(&house, &other), &key, Checks::default()), Err(ReceiptError::Unproven)));
        let mut none = receipt.clone();
        none.opening = None;
        assert!(verify(&forged(&house, &none), &key, Checks::default()).is_err());
        let moved = Receipt { leaf: receipt.leaf + 1, ..receipt };
        assert!(matches!(verify(&forged(&house, &moved), &key, Checks::default()), Err(ReceiptError::Unproven)));
        assert!(sealpost_govern::erasure::verify(&note, &key).is_err(), "a receipt is no certificate");
    }

    async fn a_receipt_outlives_the_content_and_not_the_person(test: TestStore) {
        let (house, ctx, receipts) = scene(test).await;
        let id = send(&house).await;
        house.test.clock.advance_ms(61_000);
        house.messaging.dispatcher().by_hand().turn().await.unwrap();
        house.test.clock.advance_ms(91 * 86_400_000);
        house.messaging.storage.look_after().await.unwrap();
        let message = house.messaging.messages.find(&ctx, id).await.unwrap();
        assert!(message.gone.is_some() && message.recipient.is_empty() && message.payload.is_none());
        Signer::new(house.test.store.clone(), None).await.unwrap().round().await.unwrap();
        let note = receipts.receipt(&ctx, id).await.unwrap();
        let key = house.test.store.verifier_key().unwrap();
        let shown = verify(&note, &key, Checks { content: Some(COPY), recipient: Some(EMAIL) }).unwrap().shown;
        assert!(shown.content && shown.recipient && shown.checkpoint.is_some());
        house.messaging.erasures.erase(&ctx, message.contact, &Asked::default()).await.unwrap();
        assert_eq!(receipts.receipt(&ctx, id).await.map_err(refused), Err("receipt_none"));
    }

    async fn a_message_that_was_taken_back_has_none_and_one_among_many_is_found(test: TestStore) {
        let (house, ctx, receipts) = scene(test).await;
        let mut hands = house.messaging.dispatcher().by_hand();
        let mut all = Vec::new();
        for _ in 0..300 {
            all.push(send(&house).await);
        }
        hands.turn().await.unwrap();
        for at in [0, 150, 299] {
            let note = receipts.receipt(&ctx, all[at]).await.unwrap();
            assert_eq!(read(&note).statement.message, all[at]);
        }
        let waits = send(&house).await;
        let contact = house.messaging.messages.find(&ctx, waits).await.unwrap().contact;
        house.messaging.messages.withdraw_all(&ctx, contact, |_| Ok(())).await.unwrap();
        assert_eq!(receipts.receipt(&ctx, waits).await.map_err(refused), Err("receipt_none"));
    }
}
