//! What a turn of the organisation's key promises, on both engines.

use sealpost_seal::SecretText;
use sealpost_seal::key::Custody;
use sealpost_seal::place::Place;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Environment, Leaf, SecretId, Slot, StoreError, both_engines, sql};

use super::{TurnState, begin, look_after, next_version, note_opening, standing};
use crate::masking::{self, DailyReveals, Masking, Policy, Rules};
use crate::secrets::{self, NewSecret, Origin, Purpose};

const SIGNING: Purpose = Purpose::new("endpoint.signing");
const OURS: [u8; 16] = [1; 16];
const THEIRS: [u8; 16] = [2; 16];
/// Every node has learnt of a new version by then.
const LEARNT_MS: i64 = 6_000;
const GRACE_MS: i64 = 31_000;
const DAY_MS: i64 = 86_400_000;

async fn turn(house: &TestStore, ctx: &Ctx) -> u32 {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let version = next_version(&house.store, ctx).await.unwrap();
    let begun = house.store.write(ctx, move |tx| begin(tx, &keys, version)).await;
    begun.unwrap_or_else(|failure| panic!("{failure:?}"));
    version
}

async fn secret(house: &TestStore, ctx: &Ctx, value: &'static str) -> SecretId {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let new = NewSecret::new(SecretText::new(value.to_owned()), KeyEncoding::Text, Origin::Generated).unwrap();
    let write = house.store.write(ctx, move |tx| {
        let id = secrets::create(tx, &keys, SIGNING, new)?;
        Ok::<_, StoreError>(tx.record(Leaf::of("endpoint.create"), id))
    });
    write.await.unwrap()
}

async fn value(house: &TestStore, ctx: &Ctx, id: SecretId) -> String {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let found = house.store.read(ctx, move |tx| secrets::usable(tx, &keys, id, SIGNING)).await.unwrap();
    found[0].value.expose().to_owned()
}

/// An answer that is kept for a request made twice.
async fn answer(house: &TestStore, ctx: &Ctx) {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let (mac, org) = ([5_u8; 32], ctx.org.id.bytes());
    let environment = Some(ctx.org.environment);
    let place = Place { org, environment, table: "idempotency", column: "body", row: &mac, owner: None };
    let sealed = keys.seal("idempotency", &place, b"answer", ctx.rng());
    let keep = sql!(
        "insert into idempotency (org, env, mac, fingerprint, status, body, expires_at) values ($1, $2, $3, $3, 200, $4, $5)"
    );
    let until = ctx.now().plus_ms(3 * DAY_MS);
    house.store.maintain::<_, StoreError>(ctx, move |tx| tx.put(keep, &[&mac, &sealed, &until])).await.unwrap();
}

async fn policy(house: &TestStore, ctx: &Ctx) -> Policy {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    house.store.read(ctx, move |tx| masking::standing(tx, &keys)).await.unwrap().policy
}

async fn times(house: &TestStore, ctx: &Ctx, action: &str) -> usize {
    let leaves = house.store.ledger_leaves(ctx, 0, 1000).await.unwrap();
    let names = |leaf: &[u8]| leaf.windows(action.len()).any(|window| window == action.as_bytes());
    leaves.iter().filter(|row| names(&row.leaf)).count()
}

async fn state(house: &TestStore, ctx: &Ctx) -> TurnState {
    standing(&house.store, ctx).await.unwrap().turn.unwrap().state()
}

both_engines! {
    async fn a_turn_ends_once_nothing_is_under_the_version_before(house: TestStore) {
        let ctx = house.organisation().await;
        let mut live = ctx.clone();
        live.org.environment = Environment::Live;
        let kept = [secret(&house, &ctx, "first").await, secret(&house, &live, "second").await];
        let rules: Rules = serde_json::from_value(serde_json::json!([
            { "name": "ticket", "pattern": "T-[0-9]{4}" }
        ])).unwrap();
        let rules = Masking::Patterns(rules.into());
        let before = Policy { masking: rules.clone(), test: Some(rules), reveals: DailyReveals::default() };
        let (keys, put) = (house.store.keys().organisation(ctx.org.id).await.unwrap(), before.clone());
        house.store.maintain::<_, StoreError>(&ctx, move |tx| masking::put_into_force(tx, &keys, 1, &put)).await.unwrap();
        let slot: Slot = house.store.keys().mint(ctx.org.id).await.unwrap();
        answer(&house, &ctx).await;
        assert_eq!(turn(&house, &ctx).await, 2);
        look_after(&house.store, OURS, &[]).await.unwrap();
        assert_eq!(state(&house, &ctx).await, TurnState::Turning, "every node learns first");
        house.clock.advance_ms(LEARNT_MS);
        look_after(&house.store, OURS, &[]).await.unwrap();
        assert_eq!(state(&house, &ctx).await, TurnState::Waiting);
        house.clock.advance_ms(GRACE_MS);
        look_after(&house.store, OURS, &[]).await.unwrap();
        let waiting = standing(&house.store, &ctx).await.unwrap();
        assert_eq!((waiting.version, waiting.versions), (2, vec![2, 1]), "an answer is still under it");
        house.clock.advance_ms(3 * DAY_MS);
        house.store.forget_expired_answers(100).await.unwrap();
        look_after(&house.store, OURS, &[]).await.unwrap();
        let done = standing(&house.store, &ctx).await.unwrap();
        assert_eq!((done.versions, done.turn.unwrap().state()), (vec![2], TurnState::Done));
        look_after(&house.store, OURS, &[]).await.unwrap();
        assert_eq!((times(&house, &ctx, "encryption.rotate").await, times(&house, &ctx, "encryption.complete").await), (1, 1));
        let house = house.reopened().await;
        assert_eq!([value(&house, &ctx, kept[0]).await, value(&house, &live, kept[1]).await], ["first", "second"]);
        assert_eq!(policy(&house, &ctx).await, before);
        let again = house.store.keys().slot(ctx.org.id, slot.id).await.unwrap();
        assert_eq!(again.mac(&[b"x"]), slot.key.mac(&[b"x"]));
    }

    async fn a_turn_that_dies_at_any_step_is_gone_on_with(house: TestStore) {
        let ctx = house.organisation().await;
        let kept = secret(&house, &ctx, "first").await;
        let version = turn(&house, &ctx).await;
        // The process dies after its commit; the next one when the version is made.
        let house = house.reopened().await;
        house.store.keys().turn(ctx.org.id, version).await.unwrap();
        let house = house.reopened().await;
        house.clock.advance_ms(LEARNT_MS);
        house.store.keys().rewrap_some(ctx.org.id, version, 256).await.unwrap();
        let house = house.reopened().await;
        look_after(&house.store, OURS, &[]).await.unwrap();
        assert_eq!(value(&house, &ctx, kept).await, "first");
        house.clock.advance_ms(GRACE_MS);
        // When the older version is destroyed, and that is not on record.
        assert!(house.store.keys().destroy_before(ctx.org.id, version).await.unwrap());
        let house = house.reopened().await;
        assert_eq!(times(&house, &ctx, "encryption.complete").await, 0);
        look_after(&house.store, OURS, &[]).await.unwrap();
        assert_eq!((state(&house, &ctx).await, times(&house, &ctx, "encryption.complete").await), (TurnState::Done, 1));
        assert_eq!(value(&house, &ctx, kept).await, "first");
    }

    async fn one_node_turns_while_the_others_wait(house: TestStore) {
        let ctx = house.organisation().await;
        turn(&house, &ctx).await;
        look_after(&house.store, OURS, &[]).await.unwrap();
        house.clock.advance_ms(LEARNT_MS);
        look_after(&house.store, THEIRS, &[]).await.unwrap();
        assert_eq!(state(&house, &ctx).await, TurnState::Turning);
        look_after(&house.store, OURS, &[]).await.unwrap();
        assert_eq!(state(&house, &ctx).await, TurnState::Waiting);
        house.clock.advance_ms(GRACE_MS);
        look_after(&house.store, THEIRS, &[]).await.unwrap();
        assert_eq!(state(&house, &ctx).await, TurnState::Done, "who fell silent is stood in for");
        assert_eq!(times(&house, &ctx, "encryption.complete").await, 1);
    }

    async fn a_turn_asked_for_during_another_ends_both(house: TestStore) {
        let ctx = house.organisation().await;
        let kept = secret(&house, &ctx, "first").await;
        turn(&house, &ctx).await;
        look_after(&house.store, OURS, &[]).await.unwrap();
        house.clock.advance_ms(LEARNT_MS);
        look_after(&house.store, OURS, &[]).await.unwrap();
        assert_eq!(turn(&house, &ctx).await, 3);
        for _ in 0..2 {
            look_after(&house.store, OURS, &[]).await.unwrap();
            house.clock.advance_ms(LEARNT_MS);
        }
        house.clock.advance_ms(GRACE_MS);
        look_after(&house.store, OURS, &[]).await.unwrap();
        let done = standing(&house.store, &ctx).await.unwrap();
        assert_eq!((done.version, done.versions), (3, vec![3]));
        assert_eq!(value(&house, &ctx, kept).await, "first");
        let open = house.store.read(&ctx, crate::encryption::store::open).await.unwrap();
        assert!(open.is_empty(), "{open:?}");
    }

    async fn without_its_leaf_nothing_turns(house: TestStore) {
        let ctx = house.organisation().await;
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        house.break_ledger(true);
        assert!(house.store.write(&ctx, move |tx| begin(tx, &keys, 2)).await.is_err());
        house.break_ledger(false);
        look_after(&house.store, OURS, &[]).await.unwrap();
        assert_eq!(standing(&house.store, &ctx).await.unwrap().versions, [1]);
    }

    async fn another_root_key_is_in_every_ledger_once(house: TestStore) {
        let (one, two) = (house.organisation().await, house.organisation().await);
        look_after(&house.store, OURS, &[]).await.unwrap();
        assert_eq!(times(&house, &one, "root_key.rotate").await, 0, "the first is no change");
        let next = sealpost_seal::RootKey::generate(&sealpost_seal::SystemRng);
        house.store.keys().turn_root(&next).await.unwrap();
        for _ in 0..2 {
            look_after(&house.store, OURS, &[]).await.unwrap();
        }
        for ctx in [&one, &two] {
            assert_eq!(times(&house, ctx, "root_key.rotate").await, 1);
        }
    }

    async fn a_root_key_that_a_service_keeps_is_in_every_ledger_at_each_start(house: TestStore) {
        let (one, two) = (house.organisation().await, house.organisation().await);
        note_opening(&house.store).await.unwrap();
        assert_eq!(times(&house, &one, "root_key.open").await, 0, "in clear as ever is no event");
        let kept = house.root_key().kept_by(Custody::AwsKms);
        let mut house = house.with_root_key(&kept).reopened().await;
        for opened in 1..=2 {
            note_opening(&house.store).await.unwrap();
            // What is looked after meanwhile says nothing of it.
            look_after(&house.store, OURS, &[]).await.unwrap();
            for ctx in [&one, &two] {
                assert_eq!(times(&house, ctx, "root_key.open").await, opened);
                assert_eq!(times(&house, ctx, "root_key.rotate").await, 0);
            }
        }
        assert_eq!(standing(&house.store, &one).await.unwrap().custody, Custody::AwsKms);
        let clear = house.root_key().kept_by(Custody::Clear);
        house = house.with_root_key(&clear).reopened().await;
        for _ in 0..2 {
            note_opening(&house.store).await.unwrap();
            assert_eq!(times(&house, &one, "root_key.open").await, 3, "that it is in clear again is an event, once");
        }
    }
}
