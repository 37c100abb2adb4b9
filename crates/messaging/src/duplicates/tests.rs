//! What duplicates and merges promise, on both engines.

use std::collections::BTreeSet;

use sealpost_seal::normal::{Email, Phone};
use sealpost_seal::viewer::{RevealGrant, Viewer};
use sealpost_seal::{Personal, Purpose};
use sealpost_store::testing::TestStore;
use sealpost_store::{ContactId, Ctx, Environment, MessageId, StoreError, both_engines, sql};
use sealpost_web::Failure;
use serde_json::{Value, json};

use super::service::dismiss;
use super::*;
use crate::channels::ChannelKind;
use crate::contacts::{Because, Changes, ContactRefusal, Details, ExternalId, Name, Prefer, Recipient, Same};
use crate::erasures::{Asked, Erasures};
use crate::messages::scene::{House, messaging};
use crate::patch::Change;
use crate::suppressions;

const PHONE: &str = "+12025550143";
const EMAIL: &str = "marker.zebra@example.com";
const DAY_MS: i64 = 86_400_000;

fn details(phone: Option<&str>, email: Option<&str>, name: Option<&str>) -> Details {
    Details {
        phone: phone.map(|text| Phone::parse(text).unwrap()),
        email: email.map(|text| Email::parse(text).unwrap()),
        name: name.map(|text| Name::parse(text.into()).unwrap()),
        ..Details::default()
    }
}

struct Scene {
    house: House,
    ctx: Ctx,
    duplicates: Duplicates,
}

async fn scene(test: TestStore) -> Scene {
    let house = House::around(test, 2, Environment::Live).await;
    let ctx = house.organisations[0].clone();
    let duplicates = Duplicates::new(house.test.store.clone(), house.messaging.contacts.clone());
    Scene { house, ctx, duplicates }
}

impl Scene {
    async fn contact(&self, details: Details) -> ContactId {
        self.house.test.clock.advance_ms(1);
        self.house.messaging.contacts.create(&self.ctx, &details).await.unwrap().id
    }

    async fn write_to(&self, to: Value) -> Result<MessageId, ()> {
        let body = json!({ "event": "mail.transactional", "to": to, "data": { "code": "marker-dingo" } });
        self.house.accept_body(0, body).await
    }

    async fn merge(&self, source: ContactId, into: ContactId) -> crate::contacts::Contact {
        self.duplicates.merge(&self.ctx, source, into, Prefer::Target).await.unwrap()
    }

    async fn pairs(&self) -> Vec<(BTreeSet<ContactId>, Because)> {
        let pairs = self.house.messaging.contacts.pairs(&self.ctx, None, 50).await.unwrap();
        pairs.into_iter().map(|(pair, _)| (BTreeSet::from([pair.one, pair.other]), pair.because)).collect()
    }

    /// Who is found by this.
    async fn found(&self, by: Details) -> Option<ContactId> {
        // Nothing remembered.
        let cold = crate::contacts::Contacts::new(self.house.test.store.clone());
        let found = cold.search(&self.ctx, &by).await.unwrap().map(|contact| contact.id);
        let warm = self.house.messaging.contacts.search(&self.ctx, &by).await.unwrap().map(|contact| contact.id);
        assert_eq!(found, warm, "what is remembered is what is");
        found
    }

    async fn times(&self, action: &str) -> usize {
        let leaves = self.house.test.store.ledger_leaves(&self.ctx, 0, 1000).await.unwrap();
        leaves.iter().filter(|row| row.leaf.windows(action.len()).any(|window| window == action.as_bytes())).count()
    }

    async fn count(&self, sql: sealpost_store::Sql) -> i64 {
        let n =
            self.house.test.store.read::<_, StoreError>(&self.ctx, move |tx| tx.optional(sql, &[], |row| row.get("n")));
        n.await.unwrap().unwrap()
    }

    /// Messages to whom this id stands for.
    async fn messages_to(&self, contact: ContactId) -> BTreeSet<MessageId> {
        let last = MessageId::from_bytes([0xff; 16]);
        let which = crate::messages::Which::To(contact);
        let page = self.house.messaging.messages.page(&self.ctx, which, last, 50).await.unwrap();
        page.into_iter().map(|message| message.id).collect()
    }

    async fn suppression(&self, email: &str) -> [u8; 16] {
        let keys = self.house.test.store.keys().organisation(self.ctx.org.id).await.unwrap();
        suppressions::value_of(&keys, self.ctx.org.environment, ChannelKind::Email, email)
    }

    async fn suppress(&self, email: &str, reason: suppressions::Reason) {
        let value = self.suppression(email).await;
        let wish = move |tx: &mut sealpost_store::Tx<'_>| suppressions::suppress(tx, ChannelKind::Email, value, reason);
        self.house.test.store.write::<_, StoreError>(&self.ctx, wish).await.unwrap();
    }

    async fn is_suppressed(&self, email: &str) -> bool {
        let value = self.suppression(email).await;
        let is = move |tx: &mut sealpost_store::Tx<'_>| suppressions::is_suppressed(tx, ChannelKind::Email, value);
        self.house.test.store.read::<_, StoreError>(&self.ctx, is).await.unwrap()
    }

    fn erasures(&self) -> &Erasures {
        &self.house.messaging.erasures
    }
}

fn clear(value: &Option<Personal<String>>) -> Option<&str> {
    value.as_ref().map(|value| value.expose(Purpose::Reveal).as_str())
}

fn is_absent<T>(outcome: &Result<T, Failure>) -> bool {
    matches!(outcome, Err(Failure::Refused(refusal)) if refusal.code().status == 404)
}

fn code<T>(outcome: &Result<T, Failure>) -> &'static str {
    match outcome {
        Err(Failure::Refused(refusal)) => refusal.code().code,
        _ => "",
    }
}

both_engines! {
    async fn spellings_of_one_address_and_what_a_request_names_together_are_pairs_and_nothing_else_is(test: TestStore) {
        let scene = scene(test).await;
        let plain = scene.contact(details(None, Some("ada@example.com"), None)).await;
        let tagged = scene.contact(details(None, Some("Ada+news@example.com"), None)).await;
        let mobile = scene.contact(details(Some("+5215512345678"), None, None)).await;
        let short = scene.contact(details(Some("+525512345678"), None, None)).await;
        scene.contact(details(Some(PHONE), Some("ada@example.org"), None)).await;
        let of = |one, other, because| (BTreeSet::from([one, other]), because);
        assert_eq!(scene.pairs().await, [of(mobile, short, Because::Line), of(plain, tagged, Because::Mailbox)]);
        let named = json!({ "phone": "+525512345678", "email": "ada@example.com" });
        assert!(scene.write_to(named.clone()).await.is_err());
        assert!(scene.write_to(named).await.is_err());
        assert_eq!(scene.pairs().await[0], of(plain, short, Because::NamedTogether));
        assert_eq!(scene.pairs().await.len(), 3);
        let other = Scene { ctx: scene.house.organisations[1].clone(), ..scene };
        assert!(other.pairs().await.is_empty());
    }

    async fn whoever_a_message_makes_and_whoever_is_changed_are_compared_too(test: TestStore) {
        let scene = scene(test).await;
        let plain = scene.contact(details(None, Some("ada@example.com"), None)).await;
        scene.house.test.clock.advance_ms(1);
        scene.write_to(json!({ "email": "ada+by.message@example.com" })).await.unwrap();
        assert_eq!(scene.pairs().await.len(), 1);
        let later = scene.contact(details(Some(PHONE), None, None)).await;
        let set = Changes { email: Change::Set(Email::parse("ada+later@example.com").unwrap()), ..Changes::default() };
        scene.house.messaging.contacts.update(&scene.ctx, later, set).await.unwrap();
        assert_eq!(scene.pairs().await[0], (BTreeSet::from([plain, later]), Because::Mailbox));
        // A month later, under another key: nobody is lost, and nobody is told of twice.
        let before = scene.pairs().await;
        scene.house.test.clock.advance_ms(31 * DAY_MS);
        while scene.house.messaging.contacts.reindex(&scene.ctx, 10).await.unwrap() > 0 {}
        assert_eq!(scene.pairs().await, before);
        scene.contact(details(None, Some("ada+much.later@example.com"), None)).await;
        assert_eq!(scene.pairs().await.len(), before.len() + 1);
    }

    async fn who_was_said_to_be_two_people_is_listed_no_more(test: TestStore) {
        let scene = scene(test).await;
        scene.contact(details(None, Some("ada@example.com"), None)).await;
        scene.contact(details(None, Some("ada+news@example.com"), None)).await;
        let id = scene.house.messaging.contacts.pairs(&scene.ctx, None, 5).await.unwrap()[0].0.id;
        scene.house.test.store.write(&scene.ctx, move |tx| dismiss(tx, id)).await.unwrap();
        scene.house.test.clock.advance_ms(31 * DAY_MS);
        while scene.house.messaging.contacts.reindex(&scene.ctx, 10).await.unwrap() > 0 {}
        assert!(scene.pairs().await.is_empty(), "what makes them alike is seen again, and known");
        let twice = scene.house.test.store.write(&scene.ctx, move |tx| dismiss(tx, id)).await;
        assert!(is_absent(&twice));
        assert_eq!(scene.times("duplicate.dismiss").await, 1);
    }

    async fn the_same_and_the_different_are_told_apart_without_a_clear_value(test: TestStore) {
        let scene = scene(test).await;
        scene.contact(details(Some(PHONE), Some("ada@example.com"), Some("Marker Quagga"))).await;
        scene.contact(details(Some("+12025550144"), Some("ada+x@example.com"), Some("Marker Quagga"))).await;
        let (_, both) = scene.house.messaging.contacts.pairs(&scene.ctx, None, 5).await.unwrap().remove(0);
        let same = Same::of(&both.unwrap());
        assert_eq!((same.name, same.phone, same.email, same.external_id), (Some(true), Some(false), Some(false), None));
        assert!(!serde_json::to_string(&same).unwrap().contains("Quagga"));
    }

    async fn two_who_are_one_are_found_by_everything_that_led_to_either(test: TestStore) {
        let scene = scene(test).await;
        let target = scene.contact(details(Some(PHONE), None, Some("Ada"))).await;
        let mut theirs = details(Some("+12025550144"), Some(EMAIL), Some("Ada L."));
        theirs.external_id = Some(ExternalId::parse("marker-okapi".into()).unwrap());
        let source = scene.contact(theirs).await;
        assert_eq!(scene.found(details(None, Some(EMAIL), None)).await, Some(source));
        let merged = scene.merge(source, target).await;
        assert_eq!((merged.id, clear(&merged.fields.phone), clear(&merged.fields.name)), (target, Some(PHONE), Some("Ada")));
        assert_eq!(clear(&merged.fields.email), Some(EMAIL), "what the target lacks it takes");
        assert_eq!(clear(&merged.fields.external_id), Some("marker-okapi"));
        for by in [details(Some(PHONE), None, None), details(Some("+12025550144"), None, None), details(None, Some(EMAIL), None)] {
            assert_eq!(scene.found(by).await, Some(target));
        }
        assert_eq!(scene.found(details(Some("+12025550144"), Some(EMAIL), None)).await, Some(target), "both are theirs");
        let by_old_id = scene.house.messaging.contacts.find(&scene.ctx, source).await.unwrap();
        assert_eq!((by_old_id.id, by_old_id.merged.len()), (target, 1));
        assert_eq!(clear(&by_old_id.merged[0].fields.phone), Some("+12025550144"));
        assert!(clear(&by_old_id.merged[0].fields.name).is_none(), "a name that doesn't stand is gone");
        let listed = scene.house.messaging.contacts.list(&scene.ctx, None, 10).await.unwrap();
        assert_eq!(listed.iter().map(|one| one.id).collect::<Vec<_>>(), [target]);
        let taken = scene.house.messaging.contacts.create(&scene.ctx, &details(Some("+12025550144"), None, None)).await;
        assert!(matches!(taken, Err(ContactRefusal::Exists { contact, .. }) if contact == target));
        assert_eq!((scene.times("contact.merge").await, scene.times("contact.merge_received").await), (2, 1));
        // A month later, too.
        scene.house.test.clock.advance_ms(31 * DAY_MS);
        while scene.house.messaging.contacts.reindex(&scene.ctx, 10).await.unwrap() > 0 {}
        assert_eq!(scene.found(details(Some("+12025550144"), None, None)).await, Some(target));
        assert_eq!(scene.found(details(None, Some(EMAIL), None)).await, Some(target));
    }

    async fn the_sources_values_stand_where_they_are_preferred_and_nothing_is_lost(test: TestStore) {
        let scene = scene(test).await;
        let target = scene.contact(details(Some(PHONE), Some("old@example.com"), Some("Ada"))).await;
        let source = scene.contact(details(Some("+12025550144"), None, Some("Ada L."))).await;
        let merged = scene.duplicates.merge(&scene.ctx, source, target, Prefer::Source).await.unwrap();
        assert_eq!((clear(&merged.fields.phone), clear(&merged.fields.name)), (Some("+12025550144"), Some("Ada L.")));
        assert_eq!(clear(&merged.fields.email), Some("old@example.com"));
        assert_eq!(scene.found(details(Some(PHONE), None, None)).await, Some(target));
        assert_eq!(scene.found(details(Some("+12025550144"), None, None)).await, Some(target));
        // A further address can be made theirs again.
        let set = Changes { phone: Change::Set(Phone::parse(PHONE).unwrap()), ..Changes::default() };
        let changed = scene.house.messaging.contacts.update(&scene.ctx, source, set).await.unwrap();
        assert_eq!((changed.id, clear(&changed.fields.phone)), (target, Some(PHONE)));
        assert_eq!(scene.found(details(Some(PHONE), None, None)).await, Some(target));
        assert_eq!(scene.found(details(Some("+12025550144"), None, None)).await, None, "what was replaced is nobody's");
    }

    async fn what_was_on_its_way_arrives_and_what_was_sent_is_theirs(test: TestStore) {
        let scene = scene(test).await;
        let target = scene.contact(details(Some(PHONE), Some("one@example.com"), None)).await;
        let source = scene.contact(details(None, Some(EMAIL), None)).await;
        let waiting = scene.write_to(json!({ "contact_id": source })).await.unwrap();
        let own = scene.write_to(json!({ "contact_id": target })).await.unwrap();
        scene.merge(source, target).await;
        let by_old_id = scene.write_to(json!({ "contact_id": source })).await.unwrap();
        let by_old_address = scene.write_to(json!({ "email": EMAIL })).await.unwrap();
        let all = BTreeSet::from([waiting, own, by_old_id, by_old_address]);
        assert_eq!(scene.messages_to(target).await, all);
        assert_eq!(scene.messages_to(source).await, all);
        let (viewer, last) = (Viewer::clear(RevealGrant::after_leaf([1; 16])), MessageId::from_bytes([0xff; 16]));
        let held = scene.house.messaging.messages.whole(&scene.ctx, &viewer, source, last, 50).await.unwrap();
        assert_eq!(held.iter().map(|one| one.id).collect::<BTreeSet<_>>(), all);
        for one in held {
            let to = if [waiting, by_old_address].contains(&one.id) { EMAIL } else { "one@example.com" };
            assert_eq!(one.to.display(), to, "{}", one.id);
        }
    }

    async fn merged_twice_and_in_a_ring_two_are_merged_once(test: TestStore) {
        let scene = scene(test).await;
        let mut people = Vec::new();
        for n in 0..3 {
            people.push(scene.contact(details(Some(&format!("+1202555020{n}")), None, None)).await);
        }
        let [a, b, c] = people[..] else { panic!() };
        scene.merge(a, b).await;
        let leaves = scene.times("contact.merge_received").await;
        assert_eq!(scene.merge(a, b).await.id, b, "done again nothing changes");
        assert_eq!(scene.merge(b, a).await.id, b, "nor the other way round");
        assert_eq!(scene.times("contact.merge_received").await, leaves);
        scene.merge(b, c).await;
        for (n, id) in people.iter().enumerate() {
            assert_eq!(scene.house.messaging.contacts.find(&scene.ctx, *id).await.unwrap().id, c);
            assert_eq!(scene.found(details(Some(&format!("+1202555020{n}")), None, None)).await, Some(c));
        }
        let itself = scene.duplicates.merge(&scene.ctx, c, c, Prefer::Target).await;
        assert_eq!(code(&itself), "merge_into_itself");
        let foreign = Scene { ctx: scene.house.organisations[1].clone(), ..scene };
        assert!(is_absent(&foreign.duplicates.merge(&foreign.ctx, a, c, Prefer::Target).await));
        let own = foreign.house.messaging.contacts.create(&foreign.ctx, &details(Some(PHONE), None, None)).await.unwrap();
        let into_foreign = foreign.duplicates.merge(&foreign.ctx, own.id, c, Prefer::Target).await;
        assert_eq!(code(&into_foreign), "merge_target_unknown");
    }

    async fn merges_at_once_in_both_directions_end_with_one_person(test: TestStore) {
        let scene = scene(test).await;
        let a = scene.contact(details(Some(PHONE), Some("a@example.com"), None)).await;
        let b = scene.contact(details(Some("+12025550144"), Some("b@example.com"), None)).await;
        let merges = (0..8).map(|n| {
            let (duplicates, ctx) = (scene.duplicates.clone(), scene.ctx.clone());
            let (source, into) = if n % 2 == 0 { (a, b) } else { (b, a) };
            tokio::spawn(async move { duplicates.merge(&ctx, source, into, Prefer::Target).await.map(drop) })
        });
        for merge in merges.collect::<Vec<_>>() {
            let outcome = merge.await.unwrap();
            assert!(outcome.is_ok() || code(&outcome) == "changed_meanwhile", "{:?}", code(&outcome));
        }
        assert_eq!(scene.times("contact.merge_received").await, 1);
        let one = scene.house.messaging.contacts.find(&scene.ctx, a).await.unwrap().id;
        assert_eq!(scene.house.messaging.contacts.find(&scene.ctx, b).await.unwrap().id, one);
        for email in ["a@example.com", "b@example.com"] {
            assert_eq!(scene.found(details(None, Some(email), None)).await, Some(one));
        }
    }

    async fn no_leaf_no_merge(test: TestStore) {
        let scene = scene(test).await;
        let a = scene.contact(details(Some(PHONE), None, None)).await;
        let b = scene.contact(details(None, Some(EMAIL), None)).await;
        scene.house.test.break_ledger(true);
        assert!(scene.duplicates.merge(&scene.ctx, a, b, Prefer::Target).await.is_err());
        scene.house.test.break_ledger(false);
        assert_eq!(scene.found(details(Some(PHONE), None, None)).await, Some(a));
        assert_eq!(scene.found(details(None, Some(EMAIL), None)).await, Some(b));
    }

    async fn the_stricter_of_what_is_wanted_stands(test: TestStore) {
        let scene = scene(test).await;
        let target = scene.contact(details(None, Some("one@example.com"), None)).await;
        let source = scene.contact(details(None, Some(EMAIL), None)).await;
        scene.suppress(EMAIL, suppressions::Reason::Unsubscribed).await;
        scene.merge(source, target).await;
        assert!(scene.is_suppressed(EMAIL).await && scene.is_suppressed("one@example.com").await);
        assert!(scene.write_to(json!({ "contact_id": target })).await.is_err());
        // That a mailbox doesn't exist says nothing about another one.
        let alive = scene.contact(details(None, Some("alive@example.com"), None)).await;
        let dead = scene.contact(details(None, Some("dead@example.com"), None)).await;
        scene.suppress("dead@example.com", suppressions::Reason::Bounced).await;
        scene.merge(dead, alive).await;
        assert!(scene.is_suppressed("dead@example.com").await && !scene.is_suppressed("alive@example.com").await);
    }

    async fn whoever_is_erased_is_erased_with_all_they_were(test: TestStore) {
        let scene = scene(test).await;
        let a = scene.contact(details(Some(PHONE), Some("a@example.com"), Some("Marker Quagga"))).await;
        let b = scene.contact(details(Some("+12025550144"), Some(EMAIL), Some("Marker Okapi"))).await;
        let c = scene.contact(details(None, Some("c@example.com"), None)).await;
        let mut messages = Vec::new();
        for id in [a, b, c] {
            messages.push(scene.write_to(json!({ "contact_id": id })).await.unwrap());
        }
        let slots: Vec<sealpost_store::SlotId> = scene.house.test.store.read::<_, StoreError>(&scene.ctx, |tx| {
            tx.all(sql!("select slot from contact where org = $1 and env = $2"), &[], |row| row.get("slot"))
        }).await.unwrap();
        scene.merge(a, b).await;
        scene.merge(b, c).await;
        scene.suppress("a@example.com", suppressions::Reason::Unsubscribed).await;
        // By an id of before: who they are is meant.
        let id = scene.erasures().erase(&scene.ctx, a, &Asked::default()).await.unwrap();
        let erasure = scene.erasures().find(&scene.ctx, id).await.unwrap();
        assert_eq!((erasure.contact, erasure.merged, erasure.cancelled, erasure.messages), (c, 2, 3, 3));
        assert_eq!(erasure.suppressions, 1);
        for slot in slots {
            let gone = scene.house.test.store.keys().slot(scene.ctx.org.id, slot).await;
            assert!(matches!(gone, Err(StoreError::KeyGone)));
        }
        for one in [a, b, c] {
            assert!(scene.house.messaging.contacts.find(&scene.ctx, one).await.is_err());
            assert!(scene.write_to(json!({ "contact_id": one })).await.is_err());
        }
        for table in [
            sql!("select count(*) as n from contact_index where org = $1 and env = $2"),
            sql!("select count(*) as n from contact_last4 where org = $1 and env = $2"),
            sql!("select count(*) as n from contact_alike where org = $1 and env = $2"),
            sql!("select count(*) as n from contact_pair where org = $1 and env = $2"),
            sql!("select count(*) as n from message where org = $1 and env = $2 and length(recipient) > 0"),
            sql!("select count(*) as n from contact where org = $1 and env = $2 and (email is not null or phone is not null or name is not null)"),
        ] {
            assert_eq!(scene.count(table).await, 0);
        }
        let certificate = scene.erasures().certificate(&scene.ctx, &erasure).await.unwrap().unwrap();
        assert!(certificate.contains("keys.slot") && erasure.done_at.is_some());
        // Every key that a restored copy of the keys brings back goes again.
        assert_eq!(scene.house.test.store.keys().erased_count(scene.ctx.org).await.unwrap(), 3);
        scene.house.test.unerase(&scene.ctx, a).await;
        scene.erasures().look_after(true).await.unwrap();
        assert_eq!(scene.house.test.store.keys().erased_count(scene.ctx.org).await.unwrap(), 3);
    }

    async fn an_erasure_and_a_merge_at_once_leave_nobody_half_erased(test: TestStore) {
        let scene = scene(test).await;
        for n in 0..6 {
            let a = scene.contact(details(Some(&format!("+1202555030{n}")), None, None)).await;
            let b = scene.contact(details(None, Some(&format!("p{n}@example.com")), None)).await;
            let (duplicates, erasures, ctx) = (scene.duplicates.clone(), scene.erasures().clone(), scene.ctx.clone());
            let also = ctx.clone();
            let merging = tokio::spawn(async move { duplicates.merge(&ctx, a, b, Prefer::Target).await.is_ok() });
            let erasing = tokio::spawn(async move { erasures.erase(&also, a, &Asked::default()).await });
            let (merged, erased) = (merging.await.unwrap(), erasing.await.unwrap().is_ok());
            let contacts = &scene.house.messaging.contacts;
            let [first, second] = [contacts.find(&scene.ctx, a).await.is_ok(), contacts.find(&scene.ctx, b).await.is_ok()];
            match (merged, erased) {
                (true, true) => assert!(!first && !second, "one person is gone as one"),
                (false, true) => assert!(!first && second, "whoever was another stays"),
                (true, false) => assert!(first && second),
                (false, false) => panic!("one of them wins"),
            }
        }
    }

    async fn what_holds_one_holds_both_until_it_is_lifted(test: TestStore) {
        let scene = scene(test).await;
        let target = scene.contact(details(None, Some("one@example.com"), None)).await;
        let source = scene.contact(details(None, Some(EMAIL), None)).await;
        let hold = crate::storage::testing::hold(&scene.house.test.store, &scene.ctx, source).await;
        scene.merge(source, target).await;
        let refused = scene.erasures().erase(&scene.ctx, target, &Asked::default()).await;
        assert_eq!(code(&refused), "legal_hold");
        crate::storage::testing::lift(&scene.house.test.store, &scene.ctx, hold).await;
        scene.erasures().erase(&scene.ctx, target, &Asked::default()).await.unwrap();
    }

    async fn sending_resolves_whoever_was_merged_to_whom_they_are(test: TestStore) {
        let scene = scene(test).await;
        let target = scene.contact(details(Some(PHONE), None, None)).await;
        let source = scene.contact(details(None, Some(EMAIL), None)).await;
        let resolve = || {
            let by = Recipient::Person(Box::new(details(None, Some(EMAIL), None)));
            let (contacts, ctx) = (scene.house.messaging.contacts.clone(), scene.ctx.clone());
            async move { contacts.resolve(&ctx, &by).await.unwrap().subject.id }
        };
        assert_eq!(resolve().await, source);
        scene.merge(source, target).await;
        assert_eq!(resolve().await, target, "what was remembered is forgotten");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_merged_and_erased_is_erased_anew_from_data_of_before_the_merge() {
    let scene = scene(TestStore::sqlite().await).await;
    let a = scene.contact(details(Some(PHONE), None, None)).await;
    let b = scene.contact(details(None, Some(EMAIL), None)).await;
    scene.house.test.store.leave_nothing_deleted().await.unwrap();
    let folder = scene.house.test.folder.as_ref().unwrap().path().to_owned();
    let backup = std::fs::read(folder.join("data.db")).unwrap();
    scene.merge(a, b).await;
    scene.erasures().erase(&scene.ctx, b, &Asked::default()).await.unwrap();
    // Another machine: the data of then, the keys of now.
    let elsewhere = sealpost_store::testing::folder();
    std::fs::write(elsewhere.path().join("data.db"), &backup).unwrap();
    std::fs::copy(folder.join("keys.db"), elsewhere.path().join("keys.db")).unwrap();
    let Scene { house: House { mut test, messaging: _before, .. }, ctx, .. } = scene;
    let _before = test.folder.replace(elsewhere);
    let test = test.reopened().await;
    let messaging = messaging(&test.store);
    for id in [a, b] {
        assert!(messaging.contacts.find(&ctx, id).await.is_err(), "today's keys open neither");
    }
    messaging.erasures.look_after(true).await.unwrap();
    let erased = sql!("select count(*) as n from contact where org = $1 and env = $2 and erased_at is not null");
    let erased = test.store.read::<_, StoreError>(&ctx, move |tx| tx.optional(erased, &[], |row| row.get::<i64>("n")));
    assert_eq!(erased.await.unwrap(), Some(2));
    let done = messaging.erasures.list(&ctx, None, 10).await.unwrap();
    assert!(done.len() == 2 && done.iter().all(|one| one.reapplied && one.done_at.is_some()));
}
