//! Who is found by the last four digits of a phone number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sealpost_seal::normal::Last4;
use sealpost_seal::rng::{Rng, SystemRng};
use sealpost_seal::viewer::{MaskMode, MaskProfile, RevealGrant, Viewer};

use super::*;

fn last4(digits: &str) -> Last4 {
    Last4::parse(digits).unwrap()
}

/// The same context, but seen by somebody with this viewer.
fn seen_by(viewer: Viewer, ctx: &Ctx) -> Ctx {
    Ctx { viewer, ..ctx.clone() }
}

/// A context that sees the last four digits.
async fn seeing(house: &TestStore) -> Ctx {
    seen_by(Viewer::with_profile(MaskProfile::Last4), &house.organisation().await)
}

/// Everybody who is found, page by page, newest first.
async fn found(contacts: &Contacts, ctx: &Ctx, digits: &str) -> Vec<ContactId> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = contacts.matching(ctx, &last4(digits), before, 3).await.unwrap();
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { return all };
        before = Some(last.id);
        all.extend(page.into_iter().filter_map(|candidate| candidate.contact).map(|contact| contact.id));
    }
}

/// How many contacts stand in buckets.
pub(super) async fn in_buckets(house: &TestStore, ctx: &Ctx) -> i64 {
    let count = sql!("select count(*) as n from contact_last4 where org = $1 and env = $2");
    let n = house.store.read::<_, StoreError>(ctx, move |tx| tx.optional(count, &[], |row| row.get("n"))).await;
    n.unwrap().unwrap()
}

/// The epochs under which contacts stand in buckets.
async fn epochs(house: &TestStore, ctx: &Ctx) -> Vec<i64> {
    let epochs = sql!("select distinct epoch from contact_last4 where org = $1 and env = $2 order by epoch");
    house.store.read::<_, StoreError>(ctx, move |tx| tx.all(epochs, &[], |row| row.get("epoch"))).await.unwrap()
}

/// Buckets of four last digits, under every key there is.
async fn buckets_of(house: &TestStore, ctx: &Ctx, digits: &str) -> Vec<[u8; 2]> {
    let epochs = house.store.keys().prepare_epochs(ctx.org.id, ctx.now()).await.unwrap();
    let all = std::iter::once(&epochs.current).chain(&epochs.before);
    all.map(|one| one.index(ctx.org.environment, "phone-last4").bucket_of(digits)).collect()
}

/// Four last digits that share their bucket with others.
async fn crowded(house: &TestStore, ctx: &Ctx) -> Vec<[String; 2]> {
    let epochs = house.store.keys().epochs(ctx.org.id, ctx.now()).await.unwrap();
    let index = epochs.current.index(ctx.org.environment, "phone-last4");
    let mut seen = HashMap::new();
    let mut pairs = Vec::new();
    for digits in (0..10_000).map(|n| format!("{n:04}")) {
        if let Some(other) = seen.insert(index.bucket_of(&digits), digits.clone()) {
            pairs.push([other, digits]);
        }
    }
    assert!(pairs.len() > 100, "{} of 10,000 meet in 65,536 buckets", pairs.len());
    pairs
}

fn below(most: u32) -> u32 {
    let mut bytes = [0; 4];
    SystemRng.fill(&mut bytes);
    u32::from_be_bytes(bytes) % most
}

/// A number of 8 to 15 digits with one of these ends.
fn number(ends: &[String]) -> String {
    let length = 3 + below(8);
    let middle: String = (0..length).map(|_| below(10).to_string()).collect();
    format!("+{}{middle}{}", 1 + below(9), ends[below(ends.len() as u32) as usize])
}

/// The contacts a search for `digits` has to find: newest first.
fn expected(numbers: &BTreeMap<ContactId, String>, digits: &str) -> Vec<ContactId> {
    numbers.iter().rev().filter(|(_, number)| number.ends_with(digits)).map(|(id, _)| *id).collect()
}

both_engines! {
    async fn whoever_has_a_number_that_ends_so_is_found_and_nobody_else(house: TestStore) {
        let ctx = seeing(&house).await;
        let contacts = Contacts::new(house.store.clone());
        let mut ends: Vec<String> = crowded(&house, &ctx).await.into_iter().take(6).flatten().collect();
        ends.extend((0..6).map(|_| format!("{:04}", below(10_000))));
        let mut numbers = BTreeMap::new();
        for at in 0..80 {
            let text = number(&ends);
            let details = Details { email: Some(Email::parse(&format!("p{at}@example.com")).unwrap()), ..by_phone(&text) };
            if let Ok(made) = contacts.create(&ctx, &details).await {
                numbers.insert(made.id, text);
            }
        }
        contacts.create(&ctx, &by_email(EMAIL)).await.unwrap();
        let all: Vec<ContactId> = numbers.keys().copied().collect();
        for id in all.iter().step_by(3) {
            let text = number(&ends);
            let set = Changes { phone: Change::Set(phone(&text)), ..Changes::default() };
            if contacts.update(&ctx, *id, set).await.is_ok() {
                numbers.insert(*id, text);
            }
        }
        for id in all.iter().step_by(5) {
            contacts.update(&ctx, *id, Changes { phone: Change::Clear, ..Changes::default() }).await.unwrap();
            numbers.remove(id);
        }
        let ends: BTreeSet<String> = ends.into_iter().collect();
        assert!(ends.iter().any(|digits| expected(&numbers, digits).len() > 3), "more than a page: {numbers:?}");
        for digits in &ends {
            assert_eq!(found(&contacts, &ctx, digits).await, expected(&numbers, digits), "{digits} in {numbers:?}");
        }
        let absent = (0..10_000).map(|n| format!("{n:04}")).find(|digits| !ends.contains(digits)).unwrap();
        assert!(found(&contacts, &ctx, &absent).await.is_empty());
    }

    async fn who_does_not_see_the_digits_does_not_search_by_them(house: TestStore) {
        let ctx = house.organisation().await;
        let contacts = Contacts::new(house.store.clone());
        contacts.create(&ctx, &by_phone(PHONE)).await.unwrap();
        let before = leaves(&house, &ctx).await;
        for viewer in [Viewer::masked(), Viewer::new(MaskProfile::Full, MaskMode::Off)] {
            let refused = contacts.matching(&seen_by(viewer, &ctx), &last4("0143"), None, 10).await;
            let code = "mask_profile_hides_digits";
            assert!(matches!(refused, Err(Failure::Refused(refusal)) if refusal.code().code == code));
        }
        assert_eq!(leaves(&house, &ctx).await, before, "the denial is recorded by whoever answers it");
        for viewer in [
            Viewer::with_profile(MaskProfile::Last4),
            Viewer::with_profile(MaskProfile::First3Last4),
            Viewer::new(MaskProfile::None, MaskMode::Off),
            Viewer::clear(RevealGrant::after_leaf([1; 16])),
        ] {
            assert_eq!(found(&contacts, &seen_by(viewer, &ctx), "0143").await.len(), 1);
        }
    }

    async fn every_page_of_a_search_is_on_record_before_it_is_read(house: TestStore) {
        let ctx = seeing(&house).await;
        let contacts = Contacts::new(house.store.clone());
        let made = contacts.create(&ctx, &by_phone(PHONE)).await.unwrap();
        let before = leaves(&house, &ctx).await;
        assert_eq!(found(&contacts, &ctx, "0143").await, [made.id]);
        assert!(found(&contacts, &ctx, "0144").await.is_empty());
        let left = house.store.ledger_leaves(&ctx, before, 10).await.unwrap();
        assert_eq!(left.len(), 3);
        let action = b"contact.match";
        assert!(left.iter().all(|row| row.leaf.windows(action.len()).any(|window| window == action)));
        house.break_ledger(true);
        let refused = contacts.matching(&ctx, &last4("0143"), None, 10).await;
        assert!(matches!(refused, Err(Failure::Refused(refusal)) if refusal.code().status == 503));
    }

    async fn another_organisation_and_the_other_environment_match_nobody(house: TestStore) {
        let (ours, theirs) = (seeing(&house).await, seeing(&house).await);
        let contacts = Contacts::new(house.store.clone());
        contacts.create(&ours, &by_phone(PHONE)).await.unwrap();
        let mut live = ours.clone();
        live.org.environment = Environment::Live;
        for foreign in [theirs, live] {
            assert!(found(&contacts, &foreign, "0143").await.is_empty());
        }
    }

    async fn the_turn_of_a_month_loses_nobody_and_the_buckets_of_the_old_go_with_its_key(house: TestStore) {
        let ctx = seeing(&house).await;
        let contacts = Contacts::new(house.store.clone());
        let mut made = Vec::new();
        for n in 0..5 {
            house.clock.advance_ms(1);
            made.push(contacts.create(&ctx, &by_phone(&format!("+120255{n}0143"))).await.unwrap().id);
        }
        let (old, then) = (epochs(&house, &ctx).await, buckets_of(&house, &ctx, "0143").await);
        house.clock.advance_ms(31 * DAY_MS);
        made.push(contacts.create(&ctx, &by_phone("+12025590143")).await.unwrap().id);
        made.reverse();
        assert_eq!(epochs(&house, &ctx).await.len(), 2);
        assert_eq!(found(&contacts, &ctx, "0143").await, made, "under both epochs, in one order");
        assert_eq!(contacts.retire(ctx.org.id).await.unwrap(), 0, "somebody stands under the old one");
        let moved = contacts.reindex(&ctx, 2).await.unwrap();
        assert!((2..=5).contains(&moved), "two by their number, two by its end, two by its line, who may be the same: {moved}");
        assert_eq!(found(&contacts, &ctx, "0143").await, made, "and while they are moved");
        while contacts.reindex(&ctx, 2).await.unwrap() > 0 {}
        assert_eq!(in_buckets(&house, &ctx).await, 6);
        assert!(epochs(&house, &ctx).await.iter().all(|epoch| !old.contains(epoch)), "nothing is left of the old");
        assert_eq!(contacts.retire(ctx.org.id).await.unwrap(), 1);
        let now = buckets_of(&house, &ctx, "0143").await;
        assert_eq!((now.len(), then.len()), (1, 1), "one key is left, and it is another");
        assert_eq!(Contacts::new(house.store.clone()).search(&ctx, &by_phone("+12025590143")).await.unwrap().unwrap().id, made[0]);
        assert_eq!(found(&contacts, &ctx, "0143").await, made);
    }

    async fn a_bucket_alone_keeps_the_key_of_its_month(house: TestStore) {
        let ctx = seeing(&house).await;
        let contacts = Contacts::new(house.store.clone());
        contacts.create(&ctx, &by_phone(PHONE)).await.unwrap();
        house.clock.advance_ms(40 * DAY_MS);
        let forget = sql!("delete from contact_index where org = $1 and env = $2");
        house.store.maintain::<_, StoreError>(&ctx, move |tx| tx.put(forget, &[])).await.unwrap();
        assert_eq!(contacts.retire(ctx.org.id).await.unwrap(), 0);
        while contacts.reindex(&ctx, 10).await.unwrap() > 0 {}
        assert_eq!(contacts.retire(ctx.org.id).await.unwrap(), 1);
    }

    async fn whoever_was_there_before_there_were_buckets_is_found_after_indexing_anew(house: TestStore) {
        let ctx = seeing(&house).await;
        let contacts = Contacts::new(house.store.clone());
        let made = contacts.create(&ctx, &ada()).await.unwrap();
        contacts.create(&ctx, &by_email("other@example.com")).await.unwrap();
        // As the migration leaves them: see `upgrade` in the tests of the store.
        let (empty, before_all) = (
            sql!("delete from contact_last4 where org = $1 and env = $2"),
            sql!("insert into contact_last4 (org, env, epoch, bucket, contact) values ($1, $2, $3, $4, $5)"),
        );
        let id = made.id;
        house.store.maintain::<_, StoreError>(&ctx, move |tx| {
            tx.put(empty, &[])?;
            tx.put(before_all, &[&-1_i64, &Vec::new(), &id])
        }).await.unwrap();
        assert!(found(&contacts, &ctx, "0143").await.is_empty());
        assert_eq!(contacts.reindex(&ctx, 10).await.unwrap(), 1);
        assert_eq!(contacts.reindex(&ctx, 10).await.unwrap(), 0);
        assert_eq!(found(&contacts, &ctx, "0143").await, [made.id]);
        assert_eq!(in_buckets(&house, &ctx).await, 1);
    }

    async fn whoever_was_written_without_a_bucket_gets_one_at_the_turn_of_the_month(house: TestStore) {
        let ctx = seeing(&house).await;
        let contacts = Contacts::new(house.store.clone());
        let made = contacts.create(&ctx, &ada()).await.unwrap();
        // By a node of the version before, while this one was running already.
        let none = sql!("delete from contact_last4 where org = $1 and env = $2");
        house.store.maintain::<_, StoreError>(&ctx, move |tx| tx.put(none, &[])).await.unwrap();
        house.clock.advance_ms(31 * DAY_MS);
        while contacts.reindex(&ctx, 10).await.unwrap() > 0 {}
        assert_eq!(found(&contacts, &ctx, "0143").await, [made.id]);
    }

    async fn whoever_was_forgotten_keeps_a_place_and_is_no_element(house: TestStore) {
        let ctx = seeing(&house).await;
        let contacts = Contacts::new(house.store.clone());
        let made = contacts.create(&ctx, &by_phone(PHONE)).await.unwrap();
        house.clock.advance_ms(1);
        let other = contacts.create(&ctx, &by_phone("+12025560143")).await.unwrap();
        house.store.keys().shred(ctx.org.id, vec![made.slot]).await.unwrap();
        assert_eq!(found(&contacts, &ctx, "0143").await, [other.id]);
        house.clock.advance_ms(31 * DAY_MS);
        while contacts.reindex(&ctx, 10).await.unwrap() > 0 {}
        assert_eq!(in_buckets(&house, &ctx).await, 1, "and no bucket in the next month");
    }

    async fn a_message_to_somebody_new_puts_them_into_their_bucket(house: TestStore) {
        let ctx = seeing(&house).await;
        let contacts = Contacts::new(house.store.clone());
        let fresh = contacts.resolve(&ctx, &person(ada())).await.unwrap().fresh.unwrap();
        let id = fresh.subject().id;
        assert!(house.store.maintain::<_, StoreError>(&ctx, move |tx| insert_if_absent(tx, &fresh)).await.unwrap());
        assert_eq!(found(&contacts, &ctx, "0143").await, [id]);
    }
}
