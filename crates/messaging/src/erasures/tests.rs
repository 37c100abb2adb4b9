//! What erasures promise, through the service, on both engines.

use std::collections::HashSet;

use sealpost_govern::Reason as Why;
use sealpost_govern::checkpoints::Signer;
use sealpost_govern::erasure::{CertificateError, verify};
use sealpost_seal::normal::{Email, Phone};
use sealpost_store::testing::{TestStore, folder};
use sealpost_store::{ContactId, Ctx, Environment, MessageId, StoreError, both_engines, sql};
use sealpost_web::Failure;
use serde_json::json;

use super::*;
use crate::contacts::{Details, Name};
use crate::messages::scene::{House, messaging};
use crate::suppressions;

const EMAIL: &str = "marker.wombat@example.com";
const PHONE: &str = "+12025550177";
/// Two years.
const KEPT_MS: i64 = 730 * DAY_MS;
const DAY_MS: i64 = 86_400_000;

fn wombat() -> Details {
    Details {
        email: Some(Email::parse(EMAIL).unwrap()),
        phone: Some(Phone::parse(PHONE).unwrap()),
        name: Some(Name::parse("Marker Wombat".into()).unwrap()),
        ..Details::default()
    }
}

async fn scene(test: TestStore) -> (House, Ctx) {
    let house = House::around(test, 2, Environment::Live).await;
    let ctx = house.organisations[0].clone();
    (house, ctx)
}

/// A contact, and a message to them that waits to be sent.
async fn person(house: &House, ctx: &Ctx) -> (ContactId, MessageId) {
    let contact = house.messaging.contacts.create(ctx, &wombat()).await.unwrap().id;
    (contact, write_to(house, contact).await.unwrap())
}

async fn write_to(house: &House, contact: ContactId) -> Result<MessageId, ()> {
    let body =
        json!({ "event": "mail.transactional", "to": { "contact_id": contact }, "data": { "code": "marker-dingo" } });
    house.accept_body(0, body).await
}

async fn count(house: &House, ctx: &Ctx, sql: sealpost_store::Sql) -> i64 {
    let n = house.test.store.read::<_, StoreError>(ctx, move |tx| tx.optional(sql, &[], |row| row.get("n"))).await;
    n.unwrap().unwrap()
}

async fn state(house: &House, ctx: &Ctx, id: MessageId) -> (String, i64) {
    let of = sql!(
        "select state, cast(length(recipient) as bigint) as n from message where org = $1 and env = $2 and id = $3"
    );
    let row = house
        .test
        .store
        .read::<_, StoreError>(ctx, move |tx| tx.optional(of, &[&id], |row| Ok((row.get("state")?, row.get("n")?))));
    row.await.unwrap().unwrap()
}

/// The leaves of the ledger, in which actions stand as they are called.
async fn actions(house: &House, ctx: &Ctx) -> Vec<Vec<u8>> {
    house.test.store.ledger_leaves(ctx, 0, 1000).await.unwrap().into_iter().map(|row| row.leaf).collect()
}

fn times(leaves: &[Vec<u8>], action: &str) -> usize {
    let names = |leaf: &&Vec<u8>| leaf.windows(action.len()).any(|window| window == action.as_bytes());
    leaves.iter().filter(names).count()
}

fn is_absent<T>(outcome: &Result<T, Failure>) -> bool {
    matches!(outcome, Err(Failure::Refused(refusal)) if refusal.code().status == 404)
}

both_engines! {
    async fn an_erased_person_is_found_by_nothing_and_what_waited_is_taken_back(test: TestStore) {
        let (house, ctx) = scene(test).await;
        let (contact, message) = person(&house, &ctx).await;
        let note = Why::parse("ticket 4512".into()).unwrap();
        let asked = Asked { ground: Some(Ground::Objected), note: Some(note), ..Asked::default() };
        let id = house.messaging.erasures.erase(&ctx, contact, &asked).await.unwrap();
        let contacts = &house.messaging.contacts;
        assert!(contacts.find(&ctx, contact).await.is_err());
        assert!(contacts.search(&ctx, &Details { phone: wombat().phone, ..Details::default() }).await.unwrap().is_none());
        assert!(contacts.list(&ctx, None, 10).await.unwrap().iter().all(|one| one.id != contact));
        assert_eq!(state(&house, &ctx, message).await, ("cancelled".into(), 0));
        assert_eq!(house.test.jobs_waiting(&ctx).await, count(&house, &ctx, sql!("select count(*) as n from delivery where org = $1 and env = $2")).await);
        assert_eq!(count(&house, &ctx, sql!("select count(*) as n from contact_index where org = $1 and env = $2")).await, 0);
        assert_eq!(count(&house, &ctx, sql!("select count(*) as n from contact_last4 where org = $1 and env = $2")).await, 0);
        let left = actions(&house, &ctx).await;
        assert_eq!((times(&left, "contact.erase"), times(&left, "message.cancel"), times(&left, "erasure.complete")), (1, 1, 1));
        let erasure = house.messaging.erasures.find(&ctx, id).await.unwrap();
        assert_eq!((erasure.fields, erasure.indexes, erasure.cancelled, erasure.messages), (3, 5, 1, 1));
        assert!(write_to(&house, contact).await.is_err(), "nobody writes to them by their id");
        let anew = contacts.create(&ctx, &wombat()).await.unwrap();
        assert_ne!(anew.id, contact, "whoever comes with their address is somebody new");
    }

    async fn erased_twice_at_once_a_person_is_erased_once(test: TestStore) {
        let (house, ctx) = scene(test).await;
        let (contact, _) = person(&house, &ctx).await;
        let erase = || {
            let (erasures, ctx) = (house.messaging.erasures.clone(), ctx.clone());
            tokio::spawn(async move { erasures.erase(&ctx, contact, &Asked::default()).await })
        };
        let (one, other) = (erase(), erase());
        let outcomes = [one.await.unwrap(), other.await.unwrap()];
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(outcomes.iter().filter(|outcome| is_absent(outcome)).count(), 1);
        let left = actions(&house, &ctx).await;
        assert_eq!((times(&left, "contact.erase"), times(&left, "message.cancel")), (1, 1));
    }

    async fn somebody_elses_person_and_nobody_are_absent_alike(test: TestStore) {
        let (house, ctx) = scene(test).await;
        let (contact, _) = person(&house, &ctx).await;
        let other = house.organisations[1].clone();
        assert!(is_absent(&house.messaging.erasures.erase(&other, contact, &Asked::default()).await));
        let mut elsewhere = ctx.clone();
        elsewhere.org.environment = Environment::Test;
        assert!(is_absent(&house.messaging.erasures.erase(&elsewhere, contact, &Asked::default()).await));
        assert!(house.messaging.contacts.find(&ctx, contact).await.is_ok());
    }

    async fn no_leaf_no_erasure(test: TestStore) {
        let (house, ctx) = scene(test).await;
        let (contact, message) = person(&house, &ctx).await;
        house.test.break_ledger(true);
        assert!(house.messaging.erasures.erase(&ctx, contact, &Asked::default()).await.is_err());
        house.test.break_ledger(false);
        assert!(house.messaging.contacts.find(&ctx, contact).await.is_ok());
        assert_eq!(state(&house, &ctx, message).await.0, "queued");
    }

    async fn what_a_crash_left_undone_upkeep_does(test: TestStore) {
        let (house, ctx) = scene(test).await;
        let (contact, message) = person(&house, &ctx).await;
        let erasures = &house.messaging.erasures;
        let prepared = erasures.prepare(&ctx, contact, &Asked::default()).await.unwrap();
        let id = house.test.store.write(&ctx, move |tx| service::begin(tx, &prepared)).await.unwrap();
        // The process dies after its commit; another one comes, and dies when the key is gone.
        let begun = erasures.find(&ctx, id).await.unwrap();
        let erased = sealpost_store::Erased { contact, erasure: id, slot: begun.slot, at: begun.begun_at };
        house.test.store.keys().erase(ctx.org, erased).await.unwrap();
        assert!(state(&house, &ctx, message).await.1 > 0);
        let next = messaging(&house.test.store).erasures;
        next.look_after(true).await.unwrap();
        assert_eq!(state(&house, &ctx, message).await, ("cancelled".into(), 0));
        assert!(next.find(&ctx, id).await.unwrap().done_at.is_some());
        next.look_after(true).await.unwrap();
        let left = actions(&house, &ctx).await;
        assert_eq!((times(&left, "contact.erase"), times(&left, "message.cancel"), times(&left, "erasure.complete")), (1, 1, 1));
    }

    async fn a_suppressed_address_stays_suppressed_and_then_is_forgotten(test: TestStore) {
        let (house, ctx) = scene(test).await;
        let (contact, _) = person(&house, &ctx).await;
        let keys = house.test.store.keys().organisation(ctx.org.id).await.unwrap();
        let channel = crate::channels::ChannelKind::Email;
        let value = suppressions::value_of(&keys, ctx.org.environment, channel, EMAIL);
        let said = suppressions::Reason::Unsubscribed;
        house.test.store.write::<_, StoreError>(&ctx, move |tx| suppressions::suppress(tx, channel, value, said)).await.unwrap();
        let id = house.messaging.erasures.erase(&ctx, contact, &Asked::default()).await.unwrap();
        let erasure = house.messaging.erasures.find(&ctx, id).await.unwrap();
        assert_eq!((erasure.suppressions, erasure.kept_until), (1, Some(erasure.begun_at.plus_ms(KEPT_MS))));
        let suppressed = || house.test.store.read::<_, StoreError>(&ctx, move |tx| suppressions::is_suppressed(tx, channel, value));
        assert!(suppressed().await.unwrap());
        let import = json!({ "event": "mail.transactional", "to": { "email": EMAIL }, "data": { "code": "1" } });
        assert!(house.accept_body(0, import).await.is_err(), "an import doesn't bring them back");
        house.test.clock.advance_ms(KEPT_MS + 1);
        house.messaging.erasures.look_after(false).await.unwrap();
        assert!(!suppressed().await.unwrap());
    }

    async fn an_organisation_decides_for_how_long_suppressions_outlive_a_person(test: TestStore) {
        let (house, ctx) = scene(test).await;
        let (contact, _) = person(&house, &ctx).await;
        let keys = house.test.store.keys().organisation(ctx.org.id).await.unwrap();
        let channel = crate::channels::ChannelKind::Email;
        let value = suppressions::value_of(&keys, ctx.org.environment, channel, EMAIL);
        let said = suppressions::Reason::Unsubscribed;
        house.test.store.write::<_, StoreError>(&ctx, move |tx| suppressions::suppress(tx, channel, value, said)).await.unwrap();
        let decide = |known| {
            let keys = keys.clone();
            house.test.store.write(&ctx, move |tx| policy::change(tx, &keys, 30, known))
        };
        assert!(decide(Some(7)).await.is_err(), "who decided on something else decides nothing");
        assert_eq!(decide(Some(0)).await.unwrap().suppression_days, 30);
        let id = house.messaging.erasures.erase(&ctx, contact, &Asked::default()).await.unwrap();
        let erasure = house.messaging.erasures.find(&ctx, id).await.unwrap();
        assert_eq!(erasure.kept_until, Some(erasure.begun_at.plus_ms(30 * DAY_MS)));
        let note = house.messaging.erasures.certificate(&ctx, &erasure).await.unwrap().unwrap();
        assert!(note.contains(&erasure.begun_at.plus_ms(30 * DAY_MS).to_string()), "{note}");
        house.test.clock.advance_ms(30 * DAY_MS + 1);
        house.messaging.erasures.look_after(false).await.unwrap();
        let suppressed = house.test.store.read::<_, StoreError>(&ctx, move |tx| suppressions::is_suppressed(tx, channel, value));
        assert!(!suppressed.await.unwrap());
        assert_eq!(times(&actions(&house, &ctx).await, "erasure_policy.change"), 1);
    }

    async fn the_ground_is_in_the_ledger_and_on_the_certificate_and_the_note_is_sealed(test: TestStore) {
        let (house, ctx) = scene(test).await;
        let (contact, _) = person(&house, &ctx).await;
        let note = Some(Why::parse("marker-emu".into()).unwrap());
        let asked = Asked { ground: Some(Ground::ConsentWithdrawn), note, finality: Finality::WithCopies };
        let id = house.messaging.erasures.erase(&ctx, contact, &asked).await.unwrap();
        let erasure = house.messaging.erasures.find(&ctx, id).await.unwrap();
        assert_eq!(erasure.ground, Some(Ground::ConsentWithdrawn));
        assert_eq!(erasure.final_at, Some(erasure.begun_at.plus_ms(7 * DAY_MS)));
        assert_eq!(times(&actions(&house, &ctx).await, "consent_withdrawn"), 1);
        let key = house.test.store.verifier_key().unwrap();
        let note = house.messaging.erasures.certificate(&ctx, &erasure).await.unwrap().unwrap();
        let certificate = verify(&note, &key).unwrap().certificate;
        assert_eq!(certificate.reason.as_deref(), Some("consent_withdrawn"));
        assert!(certificate.remains.iter().any(|one| one.until == erasure.final_at && one.what.contains("copies")));
        assert!(!note.contains("marker-emu"));
    }

    async fn an_immediate_erasure_leaves_no_copy_of_the_keys_that_opens(test: TestStore) {
        let (house, ctx) = scene(test).await;
        let (contact, _) = person(&house, &ctx).await;
        let (to, copy_keys) = (folder(), folder());
        let keys = house.test.store.keys();
        let copy = keys.copy(to.path(), copy_keys.path()).await.unwrap();
        let asked = Asked { finality: Finality::Immediate, ..Asked::default() };
        let id = house.messaging.erasures.erase(&ctx, contact, &asked).await.unwrap();
        let erasure = house.messaging.erasures.find(&ctx, id).await.unwrap();
        assert_eq!(erasure.final_at, Some(erasure.begun_at));
        let elsewhere = folder();
        let restored = restore(&house, elsewhere.path(), &copy.file, copy_keys.path()).await;
        assert!(restored.is_err(), "the key of the copy is gone");
        let note = house.messaging.erasures.certificate(&ctx, &erasure).await.unwrap().unwrap();
        assert!(!note.contains("copies of the key store"), "{note}");
        keys.copy(to.path(), copy_keys.path()).await.unwrap();
    }

    async fn whom_a_restored_copy_of_the_keys_brings_back_is_forgotten_anew(test: TestStore) {
        let (house, ctx) = scene(test).await;
        let (contact, _) = person(&house, &ctx).await;
        let id = house.messaging.erasures.erase(&ctx, contact, &Asked::default()).await.unwrap();
        let erasure = house.messaging.erasures.find(&ctx, id).await.unwrap();
        let done = times(&actions(&house, &ctx).await, "erasure.complete");
        house.test.unerase(&ctx, contact).await;
        assert_eq!(house.test.store.keys().erased_count(ctx.org).await.unwrap(), 0);
        house.messaging.erasures.look_after(true).await.unwrap();
        assert_eq!(house.test.store.keys().erased_count(ctx.org).await.unwrap(), 1);
        assert!(matches!(house.test.store.keys().slot(ctx.org.id, erasure.slot).await, Err(StoreError::KeyGone)));
        assert_eq!(times(&actions(&house, &ctx).await, "erasure.complete"), done, "it was on record already");
    }

    async fn a_certificate_holds_and_none_with_a_changed_byte_does(test: TestStore) {
        let (house, ctx) = scene(test).await;
        let (contact, _) = person(&house, &ctx).await;
        let erasures = &house.messaging.erasures;
        let id = erasures.erase(&ctx, contact, &Asked::default()).await.unwrap();
        let erasure = erasures.find(&ctx, id).await.unwrap();
        let key = house.test.store.verifier_key().unwrap();
        let early = erasures.certificate(&ctx, &erasure).await.unwrap().unwrap();
        assert_eq!(verify(&early, &key).unwrap().checkpoint, None);
        Signer::new(house.test.store.clone(), None).await.unwrap().round().await.unwrap();
        let note = erasures.certificate(&ctx, &erasure).await.unwrap().unwrap();
        assert_eq!(erasures.certificate(&ctx, &erasure).await.unwrap().unwrap(), note, "the same each time");
        let verified = verify(&note, &key).unwrap();
        assert_eq!((verified.certificate.contact, verified.certificate.erasure), (contact, id));
        assert!(verified.checkpoint.is_some_and(|size| size > verified.certificate.leaf));
        assert!(!note.contains("wombat") && !note.contains("2025550177"));
        for at in 0..note.len() {
            let mut changed = note.clone().into_bytes();
            changed[at] ^= 1;
            let Ok(changed) = String::from_utf8(changed) else { continue };
            assert!(verify(&changed, &key).is_err(), "byte {at}");
        }
        let other = TestStore::sqlite().await.store.verifier_key().unwrap();
        assert!(matches!(verify(&note, &other), Err(CertificateError::Note(_))));
        let mut proof = verified.certificate.clone();
        proof.leaf += 1;
        let forged = sealpost_govern::erasure::signed(&house.test.store, &proof).unwrap();
        assert!(matches!(verify(&forged, &key), Err(CertificateError::Unproven)), "a signature alone proves no leaf");
        let checkpoint = house.test.store.ledger_checkpoint(&ctx).await.unwrap().unwrap().note;
        assert!(verify(&checkpoint, &key).is_err(), "a checkpoint is no certificate");
        assert!(sealpost_govern::audit::witnessed_in(&note, &key).is_err(), "nor the other way round");
    }

    async fn whatever_the_dispatcher_does_meanwhile_a_message_is_taken_back_once_or_sent(test: TestStore) {
        let house = House::around(test, 1, Environment::Test).await;
        let ctx = house.organisations[0].clone();
        let mut hands = house.messaging.dispatcher().by_hand();
        let contact = house.messaging.contacts.create(&ctx, &wombat()).await.unwrap().id;
        let mut messages = Vec::new();
        for _ in 0..20 {
            messages.push(write_to(&house, contact).await.unwrap());
        }
        let (erasures, acting) = (house.messaging.erasures.clone(), ctx.clone());
        let erasing = tokio::spawn(async move { erasures.erase(&acting, contact, &Asked::default()).await });
        let _ = hands.turn().await;
        erasing.await.unwrap().unwrap();
        let _ = hands.turn().await;
        let mut states = HashSet::new();
        let mut cancelled = 0;
        for id in messages {
            let (state, left) = state(&house, &ctx, id).await;
            assert_eq!(left, 0);
            cancelled += usize::from(state == "cancelled");
            states.insert(state);
        }
        assert!(states.iter().all(|state| state == "cancelled" || state == "delivered"), "{states:?}");
        assert_eq!(times(&actions(&house, &ctx).await, "message.cancel"), cancelled);
        assert_eq!(count(&house, &ctx, sql!("select count(*) as n from sandbox where org = $1 and env = $2")).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_contact_is_gone_from_a_restored_backup() {
    let (house, ctx) = scene(TestStore::sqlite().await).await;
    let (contact, message) = person(&house, &ctx).await;
    house.test.store.leave_nothing_deleted().await.unwrap();
    let folder = house.test.folder.as_ref().unwrap().path().to_owned();
    let backup = std::fs::read(folder.join("data.db")).unwrap();
    let id = house.messaging.erasures.erase(&ctx, contact, &Asked::default()).await.unwrap();
    // Another machine: the data of then, the keys of now.
    let elsewhere = sealpost_store::testing::folder();
    std::fs::write(elsewhere.path().join("data.db"), &backup).unwrap();
    std::fs::copy(folder.join("keys.db"), elsewhere.path().join("keys.db")).unwrap();
    let House { mut test, messaging: _before, .. } = house;
    let _before = test.folder.replace(elsewhere);
    let test = test.reopened().await;
    let messaging = messaging(&test.store);
    let house = House { test, messaging, organisations: vec![ctx.clone()] };
    assert!(state(&house, &ctx, message).await.1 > 0, "the backup has the message");
    assert!(house.messaging.contacts.find(&ctx, contact).await.is_err(), "and today's keys don't open it");
    house.messaging.erasures.look_after(true).await.unwrap();
    assert_eq!(state(&house, &ctx, message).await, ("cancelled".into(), 0));
    let erasure = house.messaging.erasures.find(&ctx, id).await.unwrap();
    assert!(erasure.reapplied && erasure.done_at.is_some());
    assert_eq!(times(&actions(&house, &ctx).await, "contact.erase"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_key_or_of_what_it_sealed_is_in_any_file() {
    let (house, ctx) = scene(TestStore::sqlite().await).await;
    let (contact, message) = person(&house, &ctx).await;
    let slots = sql!(
        "select slot from contact where org = $1 and env = $2 and id = $3 \
         union select slot from message where org = $1 and env = $2 and contact = $3"
    );
    let sealed = sql!(
        "select payload as sealed from message where org = $1 and env = $2 and contact = $3 \
         union select email as sealed from contact where org = $1 and env = $2 and id = $3"
    );
    let slots: Vec<sealpost_store::SlotId> = house
        .test
        .store
        .read::<_, StoreError>(&ctx, move |tx| tx.all(slots, &[&contact], |row| row.get("slot")))
        .await
        .unwrap();
    let sealed: Vec<Vec<u8>> = house
        .test
        .store
        .read::<_, StoreError>(&ctx, move |tx| tx.all(sealed, &[&contact], |row| row.get("sealed")))
        .await
        .unwrap();
    assert_eq!((slots.len(), sealed.len()), (2, 2));
    // What is looked for later is there to be found now.
    assert!(sealed.iter().all(|bytes| is_in_files(&house, tail(bytes))));
    house.messaging.erasures.erase(&ctx, contact, &Asked::default()).await.unwrap();
    for slot in slots {
        assert!(matches!(house.test.store.keys().slot(ctx.org.id, slot).await, Err(StoreError::KeyGone)));
    }
    assert!(!sealed.iter().any(|bytes| is_in_files(&house, tail(bytes))), "{message} is still somewhere");
    for marker in ["wombat", "2025550177", "dingo"] {
        assert!(!is_in_files(&house, marker.as_bytes()), "{marker}");
    }
}

/// Puts a copy of the keys into a folder of its own.
async fn restore(
    house: &House,
    folder: &std::path::Path,
    copy: &std::path::Path,
    copy_keys: &std::path::Path,
) -> Result<u64, StoreError> {
    let database = sealpost_store::Database::Sqlite { folder: folder.to_owned() };
    let world = house.test.store.world().clone();
    sealpost_store::Keys::restore(database, house.test.root_key(), world, copy, copy_keys).await
}

/// The end of a sealed value, which is nowhere else by chance and on one page for sure.
fn tail(sealed: &[u8]) -> &[u8] {
    &sealed[sealed.len() - 24..]
}

fn is_in_files(house: &House, bytes: &[u8]) -> bool {
    let files = std::fs::read_dir(house.test.folder.as_ref().unwrap().path()).unwrap();
    files
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .any(|all| all.windows(bytes.len()).any(|one| one == bytes))
}
