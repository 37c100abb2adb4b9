//! What storage promises, through the services, on both engines.

use sealpost_access::members;
use sealpost_access::revisions;
use sealpost_access::roles::{RoleRef, Standard};
use sealpost_govern::Reason;
use sealpost_govern::approvals::Apply;
use sealpost_govern::security::{Changes, Switches};
use sealpost_seal::normal::Email;
use sealpost_store::testing::TestStore;
use sealpost_store::{
    Actor, ActorKind, ContactId, Ctx, Environment, Leaf, MessageId, RevisionId, SlotId, StoreError, Tx, both_engines,
    sql,
};
use sealpost_web::Failure;
use serde_json::json;

use super::holds::{self, Target};
use super::model::Standing;
use super::rules::{ByClassChange, PolicyChange, RuleChange};
use super::service::Outcome;
use super::*;
use crate::contacts::Details;
use crate::erasures::Asked;
use crate::events::Class;
use crate::messages::scene::{House, messaging};
use crate::suppressions;

const EMAIL: &str = "marker.wombat@example.com";
const DAY_MS: i64 = 86_400_000;

async fn scene(test: TestStore, environment: Environment) -> (House, Ctx) {
    let house = House::around(test, 1, environment).await;
    let ctx = house.organisations[0].clone();
    (house, ctx)
}

fn reason() -> Reason {
    Reason::parse("a test".into()).unwrap()
}

fn one(class: Class, mode: Option<Mode>, days: Option<u16>) -> ByClassChange {
    let change = RuleChange { mode, days: days.map(|days| Days::new(days).unwrap()) };
    let mut all = ByClassChange::default();
    match class {
        Class::Otp => all.otp = change,
        Class::Transactional => all.transactional = change,
        Class::Marketing => all.marketing = change,
    }
    all
}

async fn decide(house: &House, ctx: &Ctx, change: PolicyChange, why: bool) -> Result<Standing, Failure> {
    let keys = house.test.store.keys().organisation(ctx.org.id).await.unwrap();
    let why = why.then(reason);
    let decided = house.test.store.write(ctx, move |tx| service::change(tx, &keys, &change, None, why.as_ref())).await;
    decided.map(|outcome| match outcome {
        Outcome::InForce(standing) => standing,
        Outcome::Waits(_) => panic!("it takes an approval"),
    })
}

/// From now on this holds for the class in both environments.
async fn mode(house: &House, ctx: &Ctx, class: Class, mode: Mode) {
    let change = PolicyChange { live: one(class, Some(mode), None), test: one(class, Some(mode), None) };
    decide(house, ctx, change, true).await.unwrap();
}

async fn send(house: &House, class: &str) -> MessageId {
    let body =
        json!({ "event": format!("mail.{class}"), "to": { "email": EMAIL }, "data": { "code": "marker-dingo" } });
    house.accept_body(0, body).await.unwrap()
}

/// How a message stands: state, reason, why it is gone, bytes of what is sealed, whether there is a commitment.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    state: String,
    reason: Option<String>,
    gone: Option<String>,
    sealed: i64,
    slot: SlotId,
    contact: ContactId,
    committed: bool,
}

async fn row(house: &House, ctx: &Ctx, id: MessageId) -> Row {
    let of = sql!(
        "select state, reason, gone, slot, contact, cast(length(recipient) + coalesce(length(payload), 0) as bigint) as n, commitment
         from message where org = $1 and env = $2 and id = $3"
    );
    let found = house.test.store.read::<_, StoreError>(ctx, move |tx| {
        tx.optional(of, &[&id], |row| {
            Ok(Row {
                state: row.get("state")?,
                reason: row.get("reason")?,
                gone: row.get("gone")?,
                sealed: row.get("n")?,
                slot: row.get("slot")?,
                contact: row.get("contact")?,
                committed: row.get::<Option<Vec<u8>>>("commitment")?.is_some(),
            })
        })
    });
    found.await.unwrap().unwrap()
}

async fn count(house: &House, ctx: &Ctx, sql: sealpost_store::Sql) -> i64 {
    let n = house.test.store.read::<_, StoreError>(ctx, move |tx| tx.optional(sql, &[], |row| row.get("n"))).await;
    n.unwrap().unwrap()
}

async fn has_key(house: &House, ctx: &Ctx, slot: SlotId) -> bool {
    match house.test.store.keys().slot(ctx.org.id, slot).await {
        Ok(_) => true,
        Err(StoreError::KeyGone) => false,
        Err(error) => panic!("{error}"),
    }
}

async fn leaves(house: &House, ctx: &Ctx, action: &str) -> usize {
    let all = house.test.store.ledger_leaves(ctx, 0, 1000).await.unwrap();
    let names = |leaf: &[u8]| leaf.windows(action.len()).any(|window| window == action.as_bytes());
    all.iter().filter(|row| names(&row.leaf)).count()
}

async fn hold(house: &House, ctx: &Ctx, target: Target) -> sealpost_store::LegalHoldId {
    let keys = house.test.store.keys().organisation(ctx.org.id).await.unwrap();
    let placed = house.test.store.write::<_, Failure>(ctx, move |tx| holds::place(tx, &keys, &target, &reason())).await;
    placed.unwrap().id
}

async fn lift(house: &House, ctx: &Ctx, id: sealpost_store::LegalHoldId) -> Result<(), Failure> {
    house.test.store.write(ctx, move |tx| Ok::<_, Failure>(holds::lift(tx, id)?.map(drop))).await
}

fn refused(failure: Failure) -> &'static str {
    match failure {
        Failure::Refused(refusal) => refusal.code().code,
        Failure::Fault(_) => panic!("a fault"),
    }
}

both_engines! {
    async fn a_policy_is_in_force_for_the_next_message_and_its_change_is_on_record(test: TestStore) {
        let (house, ctx) = scene(test, Environment::Test).await;
        let policies = house.messaging.storage.policies.clone();
        assert_eq!(*policies.of(ctx.org.id).await.unwrap(), Policy::default());
        for wanted in [Mode::UntilDelivered, Mode::Never, Mode::Keep] {
            mode(&house, &ctx, Class::Otp, wanted).await;
            let policy = policies.of(ctx.org.id).await.unwrap();
            assert_eq!((policy.live.otp.mode, policy.test.otp.mode, policy.live.marketing.mode), (wanted, wanted, Mode::Keep));
        }
        assert_eq!(leaves(&house, &ctx, "storage.change").await, 3);
        let looser = PolicyChange { live: one(Class::Otp, None, Some(91)), test: ByClassChange::default() };
        assert_eq!(refused(decide(&house, &ctx, looser, false).await.unwrap_err()), "reason_required");
        let stricter = PolicyChange { live: one(Class::Otp, None, Some(30)), test: ByClassChange::default() };
        let standing = decide(&house, &ctx, stricter, false).await.unwrap();
        assert_eq!((standing.version, standing.policy.test.otp.days.count()), (4, 30), "test follows");
        let test = PolicyChange { live: ByClassChange::default(), test: one(Class::Otp, None, Some(31)) };
        assert_eq!(refused(decide(&house, &ctx, test, true).await.unwrap_err()), "storage_test_looser");
        house.test.break_ledger(true);
        assert!(decide(&house, &ctx, stricter, true).await.is_err());
        house.test.break_ledger(false);
        assert_eq!(house.messaging.storage.standing(&ctx).await.unwrap().version, 4);
    }

    async fn to_store_more_waits_for_others_and_every_policy_is_kept(test: TestStore) {
        let (house, ctx) = scene(test, Environment::Live).await;
        let keys = house.test.store.keys().organisation(ctx.org.id).await.unwrap();
        let mut people = Vec::new();
        for _ in 0..2 {
            let owner = RoleRef::Standard(Standard::Owner);
            let id = house.test.store.write(&ctx, move |tx| members::create(tx, owner)).await.unwrap();
            people.push(Ctx { actor: Actor { kind: ActorKind::Member, id: id.bytes() }, ..ctx.clone() });
        }
        let never = PolicyChange { live: one(Class::Otp, Some(Mode::Never), None), test: ByClassChange::default() };
        decide(&house, &people[0], never, false).await.unwrap();
        let rules = serde_json::json!({ "modules": { "storage": { "approvals": 1 } } });
        let switch = Switches::standard().iter().find(|one| one.name == "approvals").copied().unwrap();
        let Changes::By(turn, _) = switch.changes else { panic!("approvals are decided") };
        let again = keys.clone();
        let put = move |tx: &mut Tx<'_>| turn(tx, &again, rules, None);
        house.test.store.write::<_, Failure>(&people[0], put).await.unwrap();

        // Less, or the same for a shorter time, takes nobody else.
        let shorter = PolicyChange { live: one(Class::Marketing, None, Some(30)), test: ByClassChange::default() };
        assert_eq!(decide(&house, &people[0], shorter, false).await.unwrap().version, 2);
        for more in [one(Class::Otp, Some(Mode::Keep), None), one(Class::Marketing, None, Some(31))] {
            let change = PolicyChange { live: more, test: ByClassChange::default() };
            let (keys, why) = (keys.clone(), reason());
            let wants = move |tx: &mut Tx<'_>| service::change(tx, &keys, &change, None, Some(&why));
            let outcome = house.test.store.write::<_, Failure>(&people[0], wants).await.unwrap();
            assert!(matches!(outcome, Outcome::Waits(_)));
        }
        assert_eq!(house.messaging.storage.standing(&ctx).await.unwrap().version, 2);

        // As an approval puts it into force: the policy that was in its bytes, and a revision of it.
        let more = PolicyChange { live: one(Class::Otp, Some(Mode::Keep), None), test: ByClassChange::default() };
        let wanted = approval::whole(&rules::changed(&Policy { live: Policy::default().live, ..Policy::default() }, &more).unwrap());
        let (again, wanted) = (keys.clone(), wanted.unwrap());
        let Apply::Here(apply) = APPROVABLE.apply else { panic!("whoever asks doesn't do it") };
        let put = move |tx: &mut Tx<'_>| {
            apply(tx, &again, wanted, Some(&reason()))?;
            Ok(tx.record(Leaf::of("approval.apply"), ()))
        };
        house.test.store.write::<_, Failure>(&people[1], put).await.unwrap();
        let standing = house.messaging.storage.standing(&ctx).await.unwrap();
        assert_eq!((standing.version, standing.policy.live.otp.mode), (3, Mode::Keep));
        let all = RevisionId::from_bytes([0xff; 16]);
        let read = move |tx: &mut Tx<'_>| revisions::page(tx, &keys, Some("storage"), all, 50);
        let said = house.test.store.read::<_, StoreError>(&people[0], read).await.unwrap();
        assert_eq!(said.iter().map(|one| one.number).collect::<Vec<_>>(), [3, 2, 1, 0]);
        let lines = (REVISABLE.lines)(&said[2].says, &said[3].says).unwrap();
        let changed: Vec<_> = lines.into_iter().filter(|line| !line.is_same()).map(|line| line.what).collect();
        assert_eq!(changed, ["otp in live", "otp in test"]);
    }

    async fn what_is_kept_until_delivered_is_shredded_at_the_end_and_not_before(test: TestStore) {
        let (house, ctx) = scene(test, Environment::Test).await;
        mode(&house, &ctx, Class::Otp, Mode::UntilDelivered).await;
        let mut hands = house.messaging.dispatcher().by_hand();
        let (waits, kept) = (send(&house, "otp").await, send(&house, "transactional").await);
        let before = row(&house, &ctx, waits).await;
        assert!(before.sealed > 0 && before.gone.is_none() && has_key(&house, &ctx, before.slot).await);
        hands.turn().await.unwrap();
        let decided = row(&house, &ctx, waits).await;
        assert_eq!((&*decided.state, decided.gone.as_deref(), decided.committed), ("delivered", Some("until_delivered"), true));
        assert_eq!(house.messaging.storage.shred(&ctx).await.unwrap(), 1);
        let after = row(&house, &ctx, waits).await;
        assert_eq!((&*after.state, after.sealed, after.committed), ("delivered", 0, true));
        assert!(!has_key(&house, &ctx, after.slot).await);
        let kept = row(&house, &ctx, kept).await;
        assert!(kept.sealed > 0 && kept.gone.is_none() && has_key(&house, &ctx, kept.slot).await);
        assert_eq!((leaves(&house, &ctx, "storage.shred").await, house.messaging.storage.shred(&ctx).await.unwrap()), (1, 0));
        let message = house.messaging.messages.find(&ctx, waits).await.unwrap();
        let rule = message.gone.map(Gone::rule);
        assert_eq!(rule, Some("payload_storage.until_delivered"));
    }

    async fn a_retry_and_a_cancelled_message_find_their_payload_until_the_end(test: TestStore) {
        let (house, ctx) = scene(test, Environment::Live).await;
        mode(&house, &ctx, Class::Otp, Mode::UntilDelivered).await;
        let mut hands = house.messaging.dispatcher().by_hand();
        let id = send(&house, "otp").await;
        // There is no relay: the attempt fails, and another one waits.
        hands.turn().await.unwrap();
        let waits = row(&house, &ctx, id).await;
        assert_eq!((&*waits.state, waits.gone.as_deref()), ("queued", None));
        assert!(waits.sealed > 0 && has_key(&house, &ctx, waits.slot).await);
        assert_eq!(house.messaging.storage.shred(&ctx).await.unwrap(), 0);
        // A process that didn't accept it reads it back, and tries.
        house.test.clock.advance_ms(3_600_000);
        let other = messaging(&house.test.store);
        other.dispatcher().by_hand().turn().await.unwrap();
        assert_eq!(row(&house, &ctx, id).await.reason, waits.reason);
        // To its last try.
        for _ in 0..40 {
            house.test.clock.advance_ms(6 * 3_600_000);
            hands.turn().await.unwrap();
        }
        let failed = row(&house, &ctx, id).await;
        assert_eq!((&*failed.state, failed.gone.as_deref(), failed.committed), ("failed", Some("until_delivered"), true));
        assert_eq!(house.messaging.storage.shred(&ctx).await.unwrap(), 1);
        assert!(!has_key(&house, &ctx, failed.slot).await);
        let taken_back = send(&house, "otp").await;
        house.messaging.messages.withdraw_all(&ctx, failed.contact, |_| Ok(())).await.unwrap();
        let cancelled = row(&house, &ctx, taken_back).await;
        assert_eq!((&*cancelled.state, cancelled.gone.as_deref()), ("cancelled", Some("until_delivered")));
    }

    async fn what_may_never_be_written_is_sent_from_memory_and_nothing_of_it_is_stored(test: TestStore) {
        let (house, ctx) = scene(test, Environment::Test).await;
        mode(&house, &ctx, Class::Otp, Mode::Never).await;
        let id = send(&house, "otp").await;
        let waits = row(&house, &ctx, id).await;
        assert_eq!((&*waits.state, waits.sealed, waits.gone.as_deref()), ("queued", 0, Some("never")));
        assert!(!has_key(&house, &ctx, waits.slot).await, "its key is nowhere but in memory");
        assert_eq!(house.messaging.storage.vault.len(), 1);
        let mut hands = house.messaging.dispatcher().by_hand();
        house.test.clock.advance_ms(61_000);
        // Not pushed, but found by a sweep: its content is found in memory.
        hands.turn().await.unwrap();
        let sent = row(&house, &ctx, id).await;
        assert_eq!((&*sent.state, sent.sealed, sent.committed), ("delivered", 0, true));
        assert_eq!(count(&house, &ctx, sql!("select count(*) as n from volatile_message where org = $1 and env = $2")).await, 0);
        for _ in 0..200 {
            if house.messaging.storage.vault.is_empty() { break }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert!(house.messaging.storage.vault.is_empty(), "and is in memory no longer");
    }

    async fn what_was_only_in_the_memory_of_a_dead_process_is_said_to_be_lost(test: TestStore) {
        let (house, ctx) = scene(test, Environment::Live).await;
        mode(&house, &ctx, Class::Otp, Mode::Never).await;
        let id = send(&house, "otp").await;
        house.test.clock.advance_ms(61_000);
        let next = messaging(&house.test.store);
        next.dispatcher().by_hand().turn().await.unwrap();
        let lost = row(&house, &ctx, id).await;
        assert_eq!((&*lost.state, lost.reason.as_deref(), lost.sealed), ("failed", Some("payload_lost"), 0));
        assert!(lost.committed, "that it failed is proven, too");
        assert_eq!(leaves(&house, &ctx, "payload_lost").await, 1);
    }

    async fn retention_lets_go_what_is_old_and_not_held_and_goes_on_where_it_was(test: TestStore) {
        let (house, ctx) = scene(test, Environment::Test).await;
        let mut hands = house.messaging.dispatcher().by_hand();
        let (old, held) = (send(&house, "otp").await, send(&house, "otp").await);
        hands.turn().await.unwrap();
        let id = hold(&house, &ctx, Target::Messages(vec![held])).await;
        house.test.clock.advance_ms(60 * DAY_MS);
        let young = send(&house, "otp").await;
        hands.turn().await.unwrap();
        let storage = &house.messaging.storage;
        storage.look_after().await.unwrap();
        assert!(row(&house, &ctx, old).await.gone.is_none(), "not a day too early");
        house.test.clock.advance_ms(31 * DAY_MS);
        house.test.break_ledger(true);
        assert!(storage.look_after().await.is_err());
        house.test.break_ledger(false);
        assert!(row(&house, &ctx, old).await.gone.is_none(), "no leaf, nothing goes");
        storage.look_after().await.unwrap();
        let gone = row(&house, &ctx, old).await;
        assert_eq!((gone.gone.as_deref(), gone.sealed), (Some("retention"), 0));
        assert!(!has_key(&house, &ctx, gone.slot).await);
        for stays in [held, young] {
            let stays = row(&house, &ctx, stays).await;
            assert!(stays.gone.is_none() && stays.sealed > 0 && has_key(&house, &ctx, stays.slot).await);
        }
        assert_eq!((leaves(&house, &ctx, "storage.expire").await, leaves(&house, &ctx, "storage.shred").await), (1, 1));
        storage.look_after().await.unwrap();
        assert_eq!(leaves(&house, &ctx, "storage.expire").await, 1, "nothing goes twice");
        lift(&house, &ctx, id).await.unwrap();
        assert_eq!(refused(lift(&house, &ctx, id).await.unwrap_err()), "hold_lifted");
        storage.look_after().await.unwrap();
        assert_eq!(row(&house, &ctx, held).await.gone.as_deref(), Some("retention"));
    }

    async fn many_messages_go_in_batches_and_a_crash_between_decision_and_key_leaves_none(test: TestStore) {
        let (house, ctx) = scene(test, Environment::Test).await;
        let mut hands = house.messaging.dispatcher().by_hand();
        let mut all = Vec::new();
        for _ in 0..expiry::AT_ONCE + 3 {
            all.push(send(&house, "marketing").await);
        }
        hands.turn().await.unwrap();
        house.test.clock.advance_ms(91 * DAY_MS);
        let storage = &house.messaging.storage;
        storage.retain(&ctx).await.unwrap();
        // The process dies here; another one goes on.
        assert!(has_key(&house, &ctx, row(&house, &ctx, all[0]).await.slot).await);
        messaging(&house.test.store).storage.look_after().await.unwrap();
        for id in all {
            let row = row(&house, &ctx, id).await;
            assert_eq!((row.sealed, has_key(&house, &ctx, row.slot).await), (0, false));
        }
        assert_eq!((leaves(&house, &ctx, "storage.expire").await, leaves(&house, &ctx, "storage.shred").await), (2, 2));
    }

    async fn a_purge_takes_the_past_of_what_is_not_kept_any_more(test: TestStore) {
        let (house, ctx) = scene(test, Environment::Test).await;
        let mut hands = house.messaging.dispatcher().by_hand();
        let (past, other) = (send(&house, "otp").await, send(&house, "transactional").await);
        hands.turn().await.unwrap();
        let keys = house.test.store.keys().organisation(ctx.org.id).await.unwrap();
        let begin = |confirm: &'static str| {
            let keys = keys.clone();
            house.test.store.write(&ctx, move |tx| purges::begin(tx, &keys, Class::Otp, confirm, None))
        };
        assert_eq!(refused(begin("otp").await.unwrap_err()), "storage_kept");
        mode(&house, &ctx, Class::Otp, Mode::UntilDelivered).await;
        assert_eq!(refused(begin("marketing").await.unwrap_err()), "purge_unconfirmed");
        let storage = &house.messaging.storage;
        let counted = storage.horizon(&ctx, &ByClass::default()).await.unwrap();
        assert_eq!(counted.iter().map(|one| one.stored).collect::<Vec<_>>(), [1, 1, 0]);
        begin("otp").await.unwrap();
        assert!(row(&house, &ctx, past).await.sealed > 0, "switching off alone takes nothing");
        storage.look_after().await.unwrap();
        let gone = row(&house, &ctx, past).await;
        assert_eq!((gone.gone.as_deref(), gone.sealed, has_key(&house, &ctx, gone.slot).await), (Some("purged"), 0, false));
        assert!(row(&house, &ctx, other).await.sealed > 0);
        let purge = storage.purges(&ctx).await.unwrap()[0];
        assert!(purge.done_at.is_some() && purge.shredded == 1);
        assert_eq!(leaves(&house, &ctx, "storage.purge").await, 1);
    }

    async fn what_is_stored_is_told_by_what_was_counted_and_counted_on_from_there(test: TestStore) {
        let (house, ctx) = scene(test, Environment::Test).await;
        let storage = &house.messaging.storage;
        let told = |few| {
            let (storage, ctx) = (storage.clone(), ctx.clone());
            async move { storage.counts_beyond(&ctx, few).await.unwrap().iter().map(|day| day.messages).sum::<u64>() }
        };
        for _ in 0..3 {
            send(&house, "otp").await;
        }
        assert_eq!(told(0).await, 3, "what nobody has counted yet is counted");
        storage.count(&ctx).await.unwrap();
        send(&house, "marketing").await;
        assert_eq!((told(0).await, told(1_000).await), (3, 4), "many are not counted to be told of, few are");
        storage.count(&ctx).await.unwrap();
        assert_eq!(told(0).await, 4, "counted on, and nothing twice");
        house.test.clock.advance_ms(DAY_MS);
        send(&house, "otp").await;
        storage.count(&ctx).await.unwrap();
        let days = storage.counts_beyond(&ctx, 0).await.unwrap();
        assert_eq!(days.iter().map(|day| (day.class.as_str(), day.messages)).collect::<Vec<_>>(), [("marketing", 1), ("otp", 3), ("otp", 1)]);
        let nothing = sql!("delete from message where org = $1 and env = $2");
        house.test.store.maintain::<_, StoreError>(&ctx, move |tx| tx.put(nothing, &[])).await.unwrap();
        house.test.clock.advance_ms(3_600_000);
        storage.count(&ctx).await.unwrap();
        assert_eq!(told(0).await, 0, "after an hour all of it is counted again");
    }

    async fn whoever_is_held_is_not_erased_and_what_is_held_outlives_its_end(test: TestStore) {
        let (house, ctx) = scene(test, Environment::Test).await;
        mode(&house, &ctx, Class::Otp, Mode::UntilDelivered).await;
        let details = Details { email: Some(Email::parse(EMAIL).unwrap()), ..Details::default() };
        let contact = house.messaging.contacts.create(&ctx, &details).await.unwrap().id;
        let id = hold(&house, &ctx, Target::Contact(contact)).await;
        let message = send(&house, "otp").await;
        house.messaging.dispatcher().by_hand().turn().await.unwrap();
        house.test.clock.advance_ms(61_000);
        house.messaging.dispatcher().by_hand().turn().await.unwrap();
        house.messaging.storage.look_after().await.unwrap();
        let held = row(&house, &ctx, message).await;
        assert_eq!((&*held.state, held.gone.as_deref()), ("delivered", None));
        assert!(held.sealed > 0 && has_key(&house, &ctx, held.slot).await);
        let erased = house.messaging.erasures.erase(&ctx, contact, &Asked::default()).await;
        assert_eq!(refused(erased.unwrap_err()), "legal_hold");
        assert!(house.messaging.contacts.find(&ctx, contact).await.is_ok());
        lift(&house, &ctx, id).await.unwrap();
        house.messaging.storage.look_after().await.unwrap();
        let gone = row(&house, &ctx, message).await;
        assert_eq!((gone.gone.as_deref(), gone.sealed), (Some("until_delivered"), 0));
        house.messaging.erasures.erase(&ctx, contact, &Asked::default()).await.unwrap();
        let nobody = house.test.store.write::<_, Failure>(&ctx, {
            let keys = house.test.store.keys().organisation(ctx.org.id).await.unwrap();
            move |tx| holds::place(tx, &keys, &Target::Contact(contact), &reason())
        });
        assert_eq!(nobody.await.map(drop).map_err(refused), Err("hold_target_unknown"));
    }

    async fn whoever_wants_no_more_is_heard_when_the_address_is_gone(test: TestStore) {
        let (house, ctx) = scene(test, Environment::Test).await;
        mode(&house, &ctx, Class::Marketing, Mode::Never).await;
        let id = send(&house, "marketing").await;
        house.test.clock.advance_ms(61_000);
        house.messaging.dispatcher().by_hand().turn().await.unwrap();
        house.messaging.messages.unsubscribe(&ctx, id).await.unwrap();
        let keys = house.test.store.keys().organisation(ctx.org.id).await.unwrap();
        let channel = crate::channels::ChannelKind::Email;
        let value = suppressions::value_of(&keys, ctx.org.environment, channel, EMAIL);
        let suppressed = house.test.store.read::<_, StoreError>(&ctx, move |tx| suppressions::is_suppressed(tx, channel, value));
        assert!(suppressed.await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_hands_back_what_one_that_lives_has_in_memory() {
    let Some(test) = TestStore::postgres().await else { return };
    let (house, ctx) = scene(test, Environment::Test).await;
    let other = messaging(&house.test.another_node().await.unwrap());
    mode(&house, &ctx, Class::Otp, Mode::Never).await;
    let id = send(&house, "otp").await;
    house.test.clock.advance_ms(61_000);
    house.messaging.storage.look_after().await.unwrap();
    other.dispatcher().by_hand().turn().await.unwrap();
    assert_eq!(row(&house, &ctx, id).await.state, "queued", "the other one only hands it back");
    house.test.clock.advance_ms(1_100);
    house.messaging.dispatcher().by_hand().turn().await.unwrap();
    assert_eq!(row(&house, &ctx, id).await.state, "delivered");
    // The next one's holder falls silent.
    let id = send(&house, "otp").await;
    house.test.clock.advance_ms(61_000);
    other.dispatcher().by_hand().turn().await.unwrap();
    let lost = row(&house, &ctx, id).await;
    assert_eq!((&*lost.state, lost.reason.as_deref()), ("failed", Some("payload_lost")));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_what_was_let_go_or_never_written_is_in_any_file() {
    let (house, ctx) = scene(TestStore::sqlite().await, Environment::Test).await;
    mode(&house, &ctx, Class::Otp, Mode::UntilDelivered).await;
    mode(&house, &ctx, Class::Marketing, Mode::Never).await;
    let mut hands = house.messaging.dispatcher().by_hand();
    let kept = send(&house, "otp").await;
    let never = send(&house, "marketing").await;
    let in_memory = house.messaging.storage.vault.clone();
    let sealed = sealed_of(&house, &ctx, kept).await;
    let wrapped = wrapped_of(&house, &ctx, row(&house, &ctx, kept).await.slot);
    assert!(
        is_in_files(&house, tail(&sealed)) && is_in_files(&house, tail(&wrapped)),
        "what is looked for can be found"
    );
    assert_eq!(in_memory.len(), 1);
    assert_eq!(row(&house, &ctx, never).await.sealed, 0);
    hands.turn().await.unwrap();
    house.messaging.storage.look_after().await.unwrap();
    assert!(!is_in_files(&house, tail(&sealed)), "the payload is still somewhere");
    assert!(!is_in_files(&house, tail(&wrapped)), "its key is still somewhere");
    for marker in ["wombat", "dingo"] {
        assert!(!is_in_files(&house, marker.as_bytes()), "{marker}");
    }
}

async fn sealed_of(house: &House, ctx: &Ctx, id: MessageId) -> Vec<u8> {
    let of = sql!("select payload from message where org = $1 and env = $2 and id = $3");
    let found =
        house.test.store.read::<_, StoreError>(ctx, move |tx| tx.optional(of, &[&id], |row| row.get("payload")));
    found.await.unwrap().unwrap()
}

/// A key as the key store has it.
fn wrapped_of(house: &House, _: &Ctx, slot: SlotId) -> Vec<u8> {
    let files = std::fs::read_dir(house.test.folder.as_ref().unwrap().path()).unwrap();
    let id = slot.bytes();
    // The row begins with its id; what is sealed under the key begins with half of it.
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("keys.db"))
        .map(|path| std::fs::read(path).unwrap())
        .find_map(|all| {
            let at = all.windows(16).position(|window| window == id)?;
            all.get(at + 16..at + 16 + 100).map(<[u8]>::to_vec)
        })
        .expect("the key is in a file")
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
