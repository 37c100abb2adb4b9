//! Through the service.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use sealpost_govern::Reason as Why;
use sealpost_seal::normal::{Email, Phone};
use sealpost_seal::viewer::{RevealGrant, Viewer};
use sealpost_store::testing::TestStore;
use sealpost_store::{ContactId, Ctx, Environment, StoreError, both_engines, sql};
use sealpost_web::Failure;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::channels::ChannelKind;
use crate::contacts::{Details, Name, Prefer};
use crate::duplicates::Duplicates;
use crate::erasures::Asked;
use crate::exports::Exports;
use crate::exports::collect::{Broken, Outlet, collect};
use crate::exports::json::Json;
use crate::exports::model::Form;
use crate::exports::tests::memory::{peak_kib, told};
use crate::messages::scene::House;
use crate::suppressions;

const EMAIL: &str = "marker.numbat@example.com";

pub(super) async fn scene(test: TestStore) -> (House, Ctx, Exports) {
    let house = House::around(test, 2, Environment::Live).await;
    let ctx = house.organisations[0].clone();
    let exports = Exports::new(
        house.test.store.clone(),
        house.messaging.contacts.clone(),
        house.messaging.messages.clone(),
        house.messaging.workflows.clone(),
    );
    (house, ctx, exports)
}

fn numbat() -> Details {
    Details {
        email: Some(Email::parse(EMAIL).unwrap()),
        phone: Some(Phone::parse("+12025550166").unwrap()),
        name: Some(Name::parse("Марина Νουμπατ مارينا".into()).unwrap()),
        ..Details::default()
    }
}

/// A contact with this many messages.
pub(super) async fn person(house: &House, ctx: &Ctx, messages: u32) -> ContactId {
    let contact = house.messaging.contacts.create(ctx, &numbat()).await.unwrap().id;
    for number in 0..messages {
        write_to(house, contact, &format!("marker-{number:04}")).await;
    }
    contact
}

pub(super) async fn write_to(house: &House, contact: ContactId, code: &str) {
    let body = json!({ "event": "mail.transactional", "to": { "contact_id": contact }, "data": { "code": code } });
    house.accept_body(0, body).await.unwrap();
}

pub(super) fn why() -> Why {
    Why::parse("asked what is held".into()).unwrap()
}

pub(super) async fn all(mut from: mpsc::Receiver<Bytes>) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(some) = from.recv().await {
        whole.extend_from_slice(&some);
    }
    whole
}

async fn json_of(exports: &Exports, ctx: &Ctx, contact: ContactId) -> Value {
    let bytes = all(exports.read(ctx, contact, Form::Json, &why()).await.unwrap()).await;
    serde_json::from_slice(&bytes).unwrap()
}

async fn leaves(house: &House, ctx: &Ctx, action: &str) -> usize {
    let rows = house.test.store.ledger_leaves(ctx, 0, 1000).await.unwrap();
    rows.iter().filter(|row| row.leaf.windows(action.len()).any(|window| window == action.as_bytes())).count()
}

fn is_absent<T>(outcome: &Result<T, Failure>) -> bool {
    matches!(outcome, Err(Failure::Refused(refusal)) if refusal.code().status == 404)
}

both_engines! {
    async fn a_person_gets_everything_that_is_held_about_them_and_of_nobody_else(test: TestStore) {
        let (house, ctx, exports) = scene(test).await;
        let contact = person(&house, &ctx, 120).await;
        house.accept_body(0, json!({ "event": "mail.otp", "to": { "email": "somebody.else@example.com" },
            "data": { "code": "of-another" } })).await.unwrap();
        let keys = house.test.store.keys().organisation(ctx.org.id).await.unwrap();
        let value = suppressions::value_of(&keys, ctx.org.environment, ChannelKind::Email, EMAIL);
        house.test.store.write::<_, StoreError>(&ctx, move |tx| {
            Ok(suppressions::suppress(tx, ChannelKind::Email, value, suppressions::Reason::Unsubscribed)?.map(drop))
        }).await.unwrap();
        house.messaging.contacts.reveal(&ctx, contact, &[crate::contacts::Reveal::Name], &why()).await.unwrap();
        let document = json_of(&exports, &ctx, contact).await;
        assert_eq!(document["person"]["name"], "Марина Νουμπατ مارينا");
        assert_eq!(document["person"]["email"], EMAIL);
        let messages = document["messages"].as_array().unwrap();
        assert_eq!(messages.len(), 120);
        assert!(messages.iter().all(|one| one["to"] == EMAIL && one["event"] == "mail.transactional"));
        let codes: BTreeSet<_> = messages.iter().map(|one| one["data"]["code"].as_str().unwrap().to_owned()).collect();
        assert_eq!(codes, (0..120).map(|number| format!("marker-{number:04}")).collect());
        assert!(messages.iter().all(|one| one["content"]["text"] == one["data"]["code"]));
        let ids: Vec<_> = messages.iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert!(ids.is_sorted_by(|one, other| one > other), "newest first, none twice");
        assert_eq!(messages[119]["timeline"][0]["kind"], "accepted");
        assert_eq!(document["suppressions"][0]["reason"], "unsubscribed");
        let looks: Vec<_> = document["looks"].as_array().unwrap().iter().map(|look| look["action"].clone()).collect();
        assert_eq!(looks, ["contact.reveal", "contact.export"]);
        assert_eq!(document["looks"][1]["reason_given"], true);
        assert_eq!(document["complete"], json!({ "messages": 120, "workflow_runs": 0, "suppressions": 1, "looks": 2 }));
        assert!(!document.to_string().contains("of-another") && !document.to_string().contains("somebody.else"));
        assert!(!document.to_string().contains("asked what is held"), "reasons stay sealed in the ledger");
    }

    async fn the_leaf_is_there_before_anything_is_opened_and_without_it_nothing_is(test: TestStore) {
        let (house, ctx, exports) = scene(test).await;
        let contact = person(&house, &ctx, 1).await;
        house.test.break_ledger(true);
        assert!(exports.read(&ctx, contact, Form::Json, &why()).await.is_err());
        house.test.break_ledger(false);
        assert_eq!(leaves(&house, &ctx, "contact.export").await, 0);
        let stream = exports.read(&ctx, contact, Form::Pdf, &why()).await.unwrap();
        assert_eq!(leaves(&house, &ctx, "contact.export").await, 1);
        drop(stream);
    }

    async fn somebody_elses_person_the_other_environment_and_an_erased_one_are_absent_alike(test: TestStore) {
        let (house, ctx, exports) = scene(test).await;
        let contact = person(&house, &ctx, 1).await;
        let other = house.organisations[1].clone();
        let mut elsewhere = ctx.clone();
        elsewhere.org.environment = Environment::Test;
        for stranger in [&other, &elsewhere] {
            assert!(is_absent(&exports.read(stranger, contact, Form::Json, &why()).await));
        }
        house.messaging.erasures.erase(&ctx, contact, &Asked::default()).await.unwrap();
        assert!(is_absent(&exports.read(&ctx, contact, Form::Json, &why()).await));
        assert_eq!(leaves(&house, &ctx, "contact.export").await, 0, "who asks for what is not there leaves no leaf");
    }

    async fn what_is_not_stored_or_damaged_is_said_and_the_rest_goes_out(test: TestStore) {
        let (house, ctx, exports) = scene(test).await;
        let contact = person(&house, &ctx, 3).await;
        let ids = sql!("select id from message where org = $1 and env = $2 and contact = $3 order by id");
        let ids: Vec<sealpost_store::MessageId> = house.test.store
            .read::<_, StoreError>(&ctx, move |tx| tx.all(ids, &[&contact], |row| row.get("id"))).await.unwrap();
        house.test.store.maintain::<_, StoreError>(&ctx, move |tx| {
            tx.put(sql!("update message set payload = null where org = $1 and env = $2 and id = $3"), &[&ids[0]])?;
            tx.put(sql!("update message set payload = $4 where org = $1 and env = $2 and id = $3"), &[&ids[1], &vec![0u8; 64]])
        }).await.unwrap();
        let document = json_of(&exports, &ctx, contact).await;
        let rules: Vec<_> = document["messages"].as_array().unwrap().iter().map(|one| one["not_stored"].clone()).collect();
        assert_eq!(rules, [json!(null), json!("damaged"), json!("payload_storage")]);
        assert_eq!(document["messages"][2]["to"], EMAIL, "the address of what has no payload is still held");
        assert_eq!(document["complete"]["messages"], 3);
    }

    async fn exports_are_looks_of_the_day_and_are_refused_when_none_is_left(test: TestStore) {
        let (house, ctx, exports) = scene(test).await;
        let contact = person(&house, &ctx, 1).await;
        let mut refused = 0;
        for _ in 0..205 {
            match exports.read(&ctx, contact, Form::Json, &why()).await {
                Ok(stream) => drop(stream),
                Err(Failure::Refused(refusal)) => {
                    assert_eq!(refusal.code().code, "reveal_budget_exhausted");
                    refused += 1;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(refused, 5);
    }
}

/// A file that lies by its size would show here: the writer never holds more than a stretch and a page.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_slowly_makes_nothing_pile_up() {
    let (house, ctx, exports) = scene(TestStore::sqlite().await).await;
    let contact = person(&house, &ctx, 300).await;
    for form in [Form::Json, Form::Pdf] {
        let mut stream = exports.read(&ctx, contact, form, &why()).await.unwrap();
        let (mut most, mut parts) = (0, 0);
        while let Some(some) = stream.recv().await {
            most = most.max(some.len());
            parts += 1;
            tokio::task::yield_now().await;
        }
        assert!(parts > 1 && most < 160 << 10, "{form:?}: {parts} parts, the largest of {most} bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_nobody_reads_is_over_and_held_nobody_up() {
    let (house, ctx, exports) = scene(TestStore::sqlite().await).await;
    let contact = person(&house, &ctx, 300).await;
    let viewer = Viewer::clear(RevealGrant::after_leaf([1; 16]));
    let order = exports.order(&ctx, contact, viewer).await.unwrap();
    let (to, unread) = mpsc::channel(2);
    let outlet = Outlet { writer: Box::<Json>::default(), to, patience: Duration::from_millis(20) };
    let exporting = tokio::spawn(async move { collect(&exports, order, outlet).await });
    write_to(&house, contact, "meanwhile").await;
    assert!(matches!(exporting.await.unwrap(), Err(Broken::Unread)));
    drop(unread);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_was_two_gets_what_was_held_of_both() {
    let (house, ctx, exports) = scene(TestStore::sqlite().await).await;
    let target = person(&house, &ctx, 3).await;
    let other = Details { email: Some(Email::parse("marker.two@example.com").unwrap()), ..Details::default() };
    let source = house.messaging.contacts.create(&ctx, &other).await.unwrap().id;
    write_to(&house, source, "of-the-other").await;
    house.messaging.contacts.reveal(&ctx, source, &[crate::contacts::Reveal::Email], &why()).await.unwrap();
    let duplicates = Duplicates::new(house.test.store.clone(), house.messaging.contacts.clone());
    duplicates.merge(&ctx, source, target, Prefer::Target).await.unwrap();
    let document = json_of(&exports, &ctx, source).await;
    assert_eq!(document["export"]["contact_id"], target.to_string());
    assert_eq!(document["person"]["merged"][0]["email"], "marker.two@example.com");
    assert_eq!(document["complete"], json!({ "messages": 4, "workflow_runs": 0, "suppressions": 0, "looks": 2 }));
    assert!(document.to_string().contains("of-the-other"));
}

/// The whole of an export, from the database to whoever reads it. Few messages in CI; `SEALPOST_EXPORT_MESSAGES` says otherwise, and
/// has the peak of this process's memory compared, too.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_very_many_messages_takes_no_more_memory_than_one_of_few() {
    let (house, ctx, exports) = scene(TestStore::sqlite().await).await;
    let many = told().unwrap_or(400) as u32;
    let contact = person(&house, &ctx, many / 10).await;
    let read = async |form| {
        let (mut stream, mut all, mut most) =
            (exports.read(&ctx, contact, form, &why()).await.unwrap(), 0_u64, 0_usize);
        while let Some(some) = stream.recv().await {
            (all, most) = (all + some.len() as u64, most.max(some.len()));
        }
        (all, most)
    };
    let few = [read(Form::Json).await, read(Form::Pdf).await];
    for number in many / 10..many {
        write_to(&house, contact, &format!("marker-{number:06}")).await;
    }
    let before = peak_kib();
    for (form, (few, _)) in [Form::Json, Form::Pdf].into_iter().zip(few) {
        let (all, most) = read(form).await;
        assert!(all > few * 3 / 2 && most < 160 << 10, "{form:?}: {few} bytes of few, {all} of many, {most} at once");
    }
    if told().is_some() {
        let grown = peak_kib().saturating_sub(before);
        #[expect(clippy::print_stdout, reason = "a proof says what it has proven")]
        {
            println!("{many} messages: the peak of {before} KiB grew by {grown} KiB");
        }
        assert!(grown < 8 << 10, "{grown} KiB");
    }
}
