//! What contacts promise, through the service, on both engines.

use sealpost_access::members::{self, Invitation, Members};
use sealpost_access::roles::{RoleRef, Standard};
use sealpost_govern::Reason;
use sealpost_seal::Purpose;
use sealpost_seal::normal::{Email, Phone};
use sealpost_store::testing::TestStore;
use sealpost_store::{Actor, ContactId, Ctx, Environment, StoreError, both_engines, sql};
use sealpost_web::{Failure, not_found};

use super::*;
use crate::patch::Change;

mod matching;

const DAY_MS: i64 = 86_400_000;
const PHONE: &str = "+12025550143";
const EMAIL: &str = "Marker.Zebra@example.com";
const NAME: &str = "Marker Quagga";

fn phone(text: &str) -> Phone {
    Phone::parse(text).unwrap()
}

fn by_phone(text: &str) -> Details {
    Details { phone: Some(phone(text)), ..Details::default() }
}

fn by_email(text: &str) -> Details {
    Details { email: Some(Email::parse(text).unwrap()), ..Details::default() }
}

fn ada() -> Details {
    Details {
        phone: Some(phone(PHONE)),
        email: Some(Email::parse(EMAIL).unwrap()),
        external_id: Some(ExternalId::parse("marker-okapi".into()).unwrap()),
        name: Some(Name::parse(NAME.into()).unwrap()),
        locale: Some(Locale::parse("en-GB").unwrap()),
    }
}

fn person(details: Details) -> Recipient {
    Recipient::Person(Box::new(details))
}

fn clear(value: &Option<sealpost_seal::Personal<String>>) -> Option<&str> {
    value.as_ref().map(|value| value.expose(Purpose::Reveal).as_str())
}

async fn leaves(house: &TestStore, ctx: &Ctx) -> u64 {
    house.store.ledger_head(ctx).await.unwrap().map_or(0, |(head, _)| head.frontier.size())
}

async fn index_rows(house: &TestStore, ctx: &Ctx) -> i64 {
    let count = sql!("select count(*) as n from contact_index where org = $1 and env = $2");
    let n = house.store.read::<_, StoreError>(ctx, move |tx| tx.optional(count, &[], |row| row.get("n"))).await;
    n.unwrap().unwrap()
}

/// What stands in the one row of the index.
async fn index_value(house: &TestStore, ctx: &Ctx) -> Vec<u8> {
    let value = sql!("select value from contact_index where org = $1 and env = $2");
    let one = house.store.read::<_, StoreError>(ctx, move |tx| tx.optional(value, &[], |row| row.get("value"))).await;
    one.unwrap().unwrap()
}

/// What a phone number's index is under every key there is.
async fn values_of(house: &TestStore, ctx: &Ctx, number: &str) -> Vec<Vec<u8>> {
    let epochs = house.store.keys().prepare_epochs(ctx.org.id, ctx.now()).await.unwrap();
    let all = std::iter::once(&epochs.current).chain(&epochs.before);
    all.map(|one| one.index(ctx.org.environment, "phone").of(number).to_vec()).collect()
}

both_engines! {
    async fn a_contact_is_found_by_every_spelling_of_its_addresses_and_by_nothing_else(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        let made = contacts.create(&ctx, &ada()).await.unwrap();
        let external = Details { external_id: Some(ExternalId::parse("marker-okapi".into()).unwrap()), ..Details::default() };
        for details in [by_phone("+1 (202) 555-0143"), by_email("marker.zebra@EXAMPLE.com"), external] {
            let found = contacts.search(&ctx, &details).await.unwrap().unwrap();
            assert_eq!(found.id, made.id);
            assert_eq!(clear(&found.fields.email), Some(EMAIL), "delivery keeps the spelling");
            assert_eq!(clear(&found.fields.name), Some(NAME));
        }
        assert!(contacts.search(&ctx, &by_phone("+12025550144")).await.unwrap().is_none());
    }

    async fn a_taken_address_names_its_holder_and_nothing_is_left_behind(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        let first = contacts.create(&ctx, &by_phone(PHONE)).await.unwrap();
        let (rows, before) = (index_rows(&house, &ctx).await, leaves(&house, &ctx).await);
        let refused = contacts.create(&ctx, &ada()).await;
        assert!(matches!(refused, Err(ContactRefusal::Exists { contact, by: Identifier::Phone }) if contact == first.id));
        assert_eq!((index_rows(&house, &ctx).await, leaves(&house, &ctx).await), (rows, before));
    }

    async fn another_organisation_and_the_other_environment_find_nothing(house: TestStore) {
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        let contacts = Contacts::new(house.store.clone());
        let made = contacts.create(&ours, &ada()).await.unwrap();
        let mut live = ours.clone();
        live.org.environment = Environment::Live;
        for foreign in [theirs, live] {
            let before = leaves(&house, &foreign).await;
            assert!(matches!(contacts.find(&foreign, made.id).await, Err(ContactRefusal::NotFound)));
            assert!(matches!(contacts.subject(&foreign, made.id).await, Err(ContactRefusal::NotFound)));
            assert!(matches!(contacts.update(&foreign, made.id, Changes::default()).await, Err(ContactRefusal::NotFound)));
            let reason = Reason::parse("curious".into()).unwrap();
            let revealed = contacts.reveal(&foreign, made.id, &[Reveal::Phone], &reason).await;
            assert!(matches!(revealed, Err(Failure::Refused(refusal)) if refusal.code() == not_found().code()));
            assert!(contacts.search(&foreign, &by_phone(PHONE)).await.unwrap().is_none());
            assert!(contacts.list(&foreign, None, 10).await.unwrap().is_empty());
            assert_eq!(leaves(&house, &foreign).await, before, "what is not there leaves no leaf");
        }
    }

    async fn a_value_moved_to_another_row_does_not_open_even_with_its_key(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        let from = contacts.create(&ctx, &ada()).await.unwrap();
        let to = contacts.create(&ctx, &by_phone("+12025550199")).await.unwrap();
        let (source, target) = (from.id, to.id);
        house.store.maintain::<_, StoreError>(&ctx, move |tx| {
            let sealed: Option<(Vec<u8>, sealpost_store::SlotId)> = tx.optional(
                sql!("select email, slot from contact where org = $1 and env = $2 and id = $3"),
                &[&source],
                |row| Ok((row.get("email")?, row.get("slot")?)),
            )?;
            let (email, slot) = sealed.unwrap();
            let place = sql!("update contact set email = $4, slot = $5, phone = null where org = $1 and env = $2 and id = $3");
            tx.put(place, &[&target, &email, &slot])
        }).await.unwrap();
        let opened = Contacts::new(house.store.clone()).find(&ctx, to.id).await;
        assert!(matches!(opened, Err(ContactRefusal::Store(StoreError::Unopenable))));
        assert!(contacts.find(&ctx, from.id).await.is_ok());
    }

    async fn a_change_moves_the_index_and_what_was_remembered(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        let made = contacts.create(&ctx, &ada()).await.unwrap();
        assert!(contacts.resolve(&ctx, &person(by_phone(PHONE))).await.unwrap().is_known());
        let changes = Changes {
            phone: Change::Set(phone("+12025550150")),
            name: Change::Clear,
            ..Changes::default()
        };
        let updated = contacts.update(&ctx, made.id, changes).await.unwrap();
        assert_eq!((clear(&updated.fields.phone), clear(&updated.fields.name)), (Some("+12025550150"), None));
        assert_eq!(clear(&updated.fields.email), Some(EMAIL), "absent fields stay");
        assert!(!contacts.resolve(&ctx, &person(by_phone(PHONE))).await.unwrap().is_known());
        let found = contacts.resolve(&ctx, &person(by_phone("+12025550150"))).await.unwrap();
        assert_eq!(found.subject.id, made.id);
        contacts.create(&ctx, &by_phone(PHONE)).await.unwrap();
    }

    async fn a_contact_keeps_an_address_and_never_takes_somebody_elses(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        let one = contacts.create(&ctx, &by_phone(PHONE)).await.unwrap();
        let other = contacts.create(&ctx, &by_phone("+12025550199")).await.unwrap();
        let cleared = contacts.update(&ctx, one.id, Changes { phone: Change::Clear, ..Changes::default() }).await;
        assert!(matches!(cleared, Err(ContactRefusal::Unaddressed)));
        let taken = contacts.update(&ctx, one.id, Changes { phone: Change::Set(phone("+12025550199")), ..Changes::default() }).await;
        assert!(matches!(taken, Err(ContactRefusal::Exists { contact, .. }) if contact == other.id));
        let found = contacts.search(&ctx, &by_phone(PHONE)).await.unwrap().unwrap();
        assert_eq!(found.id, one.id, "a refused change leaves the index as it was");
        let same = contacts.update(&ctx, one.id, Changes { phone: Change::Set(phone(PHONE)), ..Changes::default() }).await;
        assert!(same.is_ok(), "its own address is not taken");
    }

    async fn changes_at_once_leave_a_contact_found_by_the_last_and_nothing_else(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        let made = contacts.create(&ctx, &by_phone(PHONE)).await.unwrap();
        let changes = (0..32).map(|n| {
            let (contacts, ctx) = (contacts.clone(), ctx.clone());
            let changes = Changes { phone: Change::Set(phone(&format!("+120255502{n:02}"))), ..Changes::default() };
            tokio::spawn(async move { contacts.update(&ctx, made.id, changes).await.map(drop) })
        });
        for change in changes.collect::<Vec<_>>() {
            change.await.unwrap().unwrap();
        }
        let last = contacts.find(&ctx, made.id).await.unwrap();
        let last = phone(clear(&last.fields.phone).unwrap());
        assert_eq!((index_rows(&house, &ctx).await, matching::in_buckets(&house, &ctx).await), (1, 1));
        assert!(values_of(&house, &ctx, &last.index_form()).await.contains(&index_value(&house, &ctx).await));
    }

    async fn no_leaf_no_contact_no_change_no_look(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        let made = contacts.create(&ctx, &by_phone(PHONE)).await.unwrap();
        house.break_ledger(true);
        let unrecorded = |refusal: ContactRefusal| matches!(refusal, ContactRefusal::Store(StoreError::Unrecorded));
        assert!(contacts.create(&ctx, &by_phone("+12025550144")).await.is_err_and(unrecorded));
        let changes = Changes { phone: Change::Set(phone("+12025550145")), ..Changes::default() };
        assert!(contacts.update(&ctx, made.id, changes).await.is_err_and(unrecorded));
        let reason = Reason::parse("ticket 1".into()).unwrap();
        let look = contacts.reveal(&ctx, made.id, &[Reveal::Phone], &reason).await;
        let unavailable = |failure: Failure| matches!(failure, Failure::Refused(refusal) if refusal.code().status == 503);
        assert!(look.is_err_and(unavailable));
        house.break_ledger(false);
        assert!(contacts.search(&ctx, &by_phone(PHONE)).await.unwrap().is_some());
        assert!(contacts.search(&ctx, &by_phone("+12025550144")).await.unwrap().is_none());
    }

    async fn a_look_leaves_its_leaf_with_its_reason_sealed(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        let made = contacts.create(&ctx, &ada()).await.unwrap();
        let before = leaves(&house, &ctx).await;
        let reason = Reason::parse("ticket marker-tapir".into()).unwrap();
        let (contact, viewer) = contacts.reveal(&ctx, made.id, &[Reveal::Phone], &reason).await.unwrap();
        assert_eq!(viewer.grant().unwrap().leaf(), ctx.request.bytes());
        assert_eq!(clear(&contact.fields.phone), Some(PHONE));
        let leaf = house.store.ledger_leaves(&ctx, before, 10).await.unwrap().remove(0);
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let content = leaf.content.unwrap();
        assert!(!content.windows(12).any(|window| window == b"marker-tapir"));
        let opened = keys.open_audit(ctx.now(), ctx.request.bytes(), &content).unwrap();
        assert_eq!(&opened[..], br#"{"fields":["phone"],"reason":"ticket marker-tapir"}"#);
    }

    async fn a_message_to_somebody_new_makes_one_contact_however_many_race(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        let mut prepared = Vec::new();
        for _ in 0..3 {
            let resolved = contacts.resolve(&ctx, &person(ada())).await.unwrap();
            assert!(!resolved.is_known());
            prepared.push(resolved.fresh.unwrap());
        }
        let mut inserted = Vec::new();
        for fresh in prepared {
            let id = fresh.subject().id;
            let done = house.store.maintain::<_, StoreError>(&ctx, move |tx| insert_if_absent(tx, &fresh)).await.unwrap();
            inserted.extend(done.then_some(id));
        }
        assert_eq!(inserted.len(), 1);
        assert_eq!(index_rows(&house, &ctx).await, 3, "losers leave nothing behind");
        let resolved = contacts.resolve(&ctx, &person(ada())).await.unwrap();
        assert!(resolved.is_known() && resolved.subject.id == inserted[0]);
        let address = contacts.address(&ctx, &resolved.subject, Identifier::Email).await.unwrap();
        assert_eq!(clear(&address), Some(EMAIL));
        assert_eq!(leaves(&house, &ctx).await, 1);
    }

    async fn addresses_of_two_people_are_no_recipient(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        contacts.create(&ctx, &by_phone(PHONE)).await.unwrap();
        contacts.create(&ctx, &by_email(EMAIL)).await.unwrap();
        let both = Details { phone: Some(phone(PHONE)), ..by_email(EMAIL) };
        assert!(matches!(contacts.resolve(&ctx, &person(both)).await, Err(ContactRefusal::Ambiguous)));
    }

    async fn a_month_later_a_contact_is_still_found_and_reindexing_empties_the_epochs_before(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        let mut made = Vec::new();
        for n in 0..5 {
            made.push(contacts.create(&ctx, &by_phone(&format!("+1202555010{n}"))).await.unwrap().id);
        }
        house.clock.advance_ms(31 * DAY_MS);
        let cold = Contacts::new(house.store.clone());
        assert!(cold.search(&ctx, &by_phone("+12025550100")).await.unwrap().is_some());
        let taken = cold.create(&ctx, &by_phone("+12025550100")).await;
        assert!(matches!(taken, Err(ContactRefusal::Exists { .. })), "the turn of a month makes no doubles");
        while cold.reindex(&ctx, 2).await.unwrap() > 0 {}
        assert_eq!(index_rows(&house, &ctx).await, 5);
        house.clock.advance_ms(28 * DAY_MS);
        let colder = Contacts::new(house.store.clone());
        let found = colder.search(&ctx, &by_phone("+12025550104")).await.unwrap();
        assert_eq!(found.map(|contact| contact.id), Some(made[4]));
    }

    async fn an_index_key_goes_when_nobody_stands_under_it_and_not_before(house: TestStore) {
        let ctx = house.organisation().await;
        let mut live = ctx.clone();
        live.org.environment = Environment::Live;
        let contacts = Contacts::new(house.store.clone());
        let made = contacts.create(&ctx, &by_phone(PHONE)).await.unwrap();
        contacts.create(&live, &by_email(EMAIL)).await.unwrap();
        let (value, stood) = (index_value(&house, &ctx).await, leaves(&house, &ctx).await);
        assert!(values_of(&house, &ctx, PHONE).await.contains(&value));
        assert_eq!(contacts.retire(ctx.org.id).await.unwrap(), 0, "this month's key stays");
        house.clock.advance_ms(31 * DAY_MS);
        assert_eq!(contacts.retire(ctx.org.id).await.unwrap(), 0, "somebody stands under it");
        while contacts.reindex(&ctx, 10).await.unwrap() > 0 {}
        assert_eq!(contacts.retire(ctx.org.id).await.unwrap(), 0, "somebody stands under it in the other environment");
        while contacts.reindex(&live, 10).await.unwrap() > 0 {}
        // A crash here leaves the key to whoever comes next.
        let cold = Contacts::new(house.store.clone());
        assert_eq!(cold.search(&ctx, &by_phone(PHONE)).await.unwrap().map(|found| found.id), Some(made.id));
        assert_eq!(leaves(&house, &ctx).await, stood);
        assert_eq!(cold.retire(ctx.org.id).await.unwrap(), 1);
        assert_eq!(leaves(&house, &ctx).await, stood + 1, "on record");
        assert!(!values_of(&house, &ctx, PHONE).await.contains(&value), "nothing makes the old value again");
        assert_eq!(cold.retire(ctx.org.id).await.unwrap(), 0);
        let colder = Contacts::new(house.store.clone());
        assert_eq!(colder.search(&ctx, &by_phone(PHONE)).await.unwrap().map(|found| found.id), Some(made.id));
        assert!(colder.search(&live, &by_email(EMAIL)).await.unwrap().is_some());
    }

    async fn a_months_key_stays_while_a_member_of_the_staff_is_found_under_it(house: TestStore) {
        let mut ctx = house.organisation().await;
        (ctx.org.environment, ctx.actor) = (Environment::Live, Actor::OPERATOR);
        let (contacts, staff) = (Contacts::new(house.store.clone()), Members::new(house.store.clone()));
        let role = RoleRef::Standard(Standard::Viewer);
        let email = Email::parse("sam@example.com").unwrap();
        let new = staff.prepare(&ctx, Invitation { email, name: None, role, teams: Vec::new() }).await.unwrap();
        let (keys, org) = (house.store.keys().clone(), house.store.keys().organisation(ctx.org.id).await.unwrap());
        house.store.write(&ctx, move |tx| members::invite(tx, (&keys, &org), &new)).await.unwrap();
        house.clock.advance_ms(40 * DAY_MS);
        assert_eq!(contacts.retire(ctx.org.id).await.unwrap(), 0);
        members::reindex(&house.store, &ctx).await.unwrap();
        assert_eq!(contacts.retire(ctx.org.id).await.unwrap(), 1);
    }

    async fn no_leaf_no_destruction(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        contacts.search(&ctx, &by_phone(PHONE)).await.unwrap();
        house.clock.advance_ms(40 * DAY_MS);
        let before = values_of(&house, &ctx, PHONE).await;
        house.break_ledger(true);
        assert!(contacts.retire(ctx.org.id).await.is_err());
        house.break_ledger(false);
        assert_eq!(values_of(&house, &ctx, PHONE).await, before);
        assert_eq!(contacts.retire(ctx.org.id).await.unwrap(), 1);
    }

    async fn contacts_left_alone_for_months_are_found_under_every_epoch_that_lives(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        let made = contacts.create(&ctx, &by_phone(PHONE)).await.unwrap();
        for _ in 0..3 {
            house.clock.advance_ms(31 * DAY_MS);
            let cold = Contacts::new(house.store.clone());
            assert_eq!(cold.search(&ctx, &by_phone(PHONE)).await.unwrap().map(|found| found.id), Some(made.id));
            assert!(cold.create(&ctx, &by_phone(PHONE)).await.is_err(), "no doubles");
        }
        while contacts.reindex(&ctx, 10).await.unwrap() > 0 {}
        assert_eq!(contacts.retire(ctx.org.id).await.unwrap(), 3);
        assert!(Contacts::new(house.store.clone()).search(&ctx, &by_phone(PHONE)).await.unwrap().is_some());
    }

    async fn a_shredded_contact_is_gone(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        let made = contacts.create(&ctx, &ada()).await.unwrap();
        house.store.keys().shred(ctx.org.id, vec![made.slot]).await.unwrap();
        assert!(matches!(contacts.find(&ctx, made.id).await, Err(ContactRefusal::NotFound)));
        assert!(matches!(contacts.resolve(&ctx, &person(by_phone(PHONE))).await, Err(ContactRefusal::NotFound)));
        house.clock.advance_ms(1);
        let other = contacts.create(&ctx, &by_phone("+12025550199")).await.unwrap();
        let listed: Vec<_> = contacts.list(&ctx, None, 10).await.unwrap().into_iter().map(|one| (one.id, one.contact.is_some())).collect();
        assert_eq!(listed, [(other.id, true), (made.id, false)], "it keeps its place, so that the list goes on behind it");
    }

    async fn pages_go_from_the_newest_to_the_oldest_without_gaps(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        let mut made: Vec<ContactId> = Vec::new();
        for n in 0..5 {
            house.clock.advance_ms(1);
            made.push(contacts.create(&ctx, &by_phone(&format!("+1202555010{n}"))).await.unwrap().id);
        }
        let first = contacts.list(&ctx, None, 3).await.unwrap();
        let rest = contacts.list(&ctx, Some(first[2].id), 3).await.unwrap();
        let mut seen: Vec<ContactId> = first.iter().chain(&rest).map(|contact| contact.id).collect();
        seen.reverse();
        assert_eq!(seen, made);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_personal_value_is_in_any_file() {
    let house = TestStore::sqlite().await;
    let ctx = house.organisation().await;
    let contacts = Contacts::new(house.store.clone());
    let made = contacts.create(&ctx, &ada()).await.unwrap();
    let changes = Changes { name: Change::Set(Name::parse("Marker Numbat".into()).unwrap()), ..Changes::default() };
    contacts.update(&ctx, made.id, changes).await.unwrap();
    let reason = Reason::parse("ticket marker-tapir".into()).unwrap();
    contacts.reveal(&ctx, made.id, &[Reveal::Name], &reason).await.unwrap();
    let markers = [PHONE, "2025550143", EMAIL, "marker.zebra", "marker-okapi", NAME, "Numbat", "tapir"];
    let mut files = 0;
    for entry in std::fs::read_dir(house.folder.as_ref().unwrap().path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        files += usize::from(!bytes.is_empty());
        for marker in markers {
            assert!(!bytes.windows(marker.len()).any(|window| window == marker.as_bytes()), "{marker} in {path:?}");
        }
    }
    assert!(files >= 3, "data, keys and a write-ahead log");
}
