//! What is promised about counts, on both engines.

use sealpost_store::testing::TestStore;
use sealpost_store::{Actor, Ctx, Environment, Leaf, MessageId, StoreError, both_engines};

use super::model::{SLOT_MS, Span};
use super::{ages, count, tally};
use crate::audit::{ActorWord, ResultWord};

async fn record(house: &TestStore, ctx: &Ctx, leaf: Leaf) {
    house.store.write(ctx, move |tx| Ok::<_, StoreError>(tx.record(leaf, ()))).await.unwrap();
}

fn on(id: MessageId, action: &'static str) -> Leaf {
    Leaf::of(action).on(MessageId::PREFIX, id.bytes())
}

/// Every count of a span: step, action, how it ended, how often.
async fn seen(house: &TestStore, ctx: &Ctx, span: Span, prefix: &'static str) -> Vec<(usize, String, ResultWord, u64)> {
    let counts = tally(&house.store, ctx, span, prefix).await.unwrap();
    counts.into_iter().map(|one| (one.step, one.action, one.result, one.count)).collect()
}

both_engines! {
    async fn every_act_is_counted_once_in_its_quarter_hour_and_environment(house: TestStore) {
        let ctx = house.organisation().await;
        let live = Ctx { org: sealpost_store::Org { environment: Environment::Live, ..ctx.org }, ..ctx.clone() };
        for _ in 0..3 {
            record(&house, &ctx, on(MessageId::new(house.store.world()), "message.accept")).await;
        }
        record(&house, &ctx, Leaf::of("access.deny").denied("permission_missing")).await;
        count(&house.store).await.unwrap();
        house.clock.advance_ms(SLOT_MS);
        record(&house, &ctx, on(MessageId::new(house.store.world()), "message.accept")).await;
        record(&house, &live, on(MessageId::new(house.store.world()), "message.accept")).await;
        count(&house.store).await.unwrap();
        count(&house.store).await.unwrap();
        let span = Span::until(ctx.now(), 2, 1);
        let accepted = |step, count| (step, "message.accept".to_owned(), ResultWord::Ok, count);
        assert_eq!(seen(&house, &ctx, span, "message.").await, [accepted(0, 3), accepted(1, 1)]);
        assert_eq!(seen(&house, &live, span, "message.").await, [accepted(1, 1)]);
        let all = seen(&house, &ctx, span, "").await;
        assert!(all.contains(&(0, "access.deny".into(), ResultWord::Denied, 1)), "{all:?}");
        assert_eq!(seen(&house, &ctx, Span::until(ctx.now(), 1, 4), "message.").await, [accepted(0, 4)], "steps are summed");
    }

    async fn another_organisation_counts_for_itself(house: TestStore) {
        let (ctx, other) = (house.organisation().await, house.organisation().await);
        record(&house, &ctx, Leaf::of("key.create")).await;
        count(&house.store).await.unwrap();
        let span = Span::until(ctx.now(), 1, 1);
        assert_eq!(seen(&house, &ctx, span, "key.").await.len(), 1);
        assert_eq!(seen(&house, &other, span, "").await, []);
    }

    async fn the_kind_of_party_is_told_apart(house: TestStore) {
        let ctx = house.organisation().await;
        record(&house, &ctx, Leaf::of("key.create")).await;
        record(&house, &Ctx { actor: Actor::OPERATOR, ..ctx.clone() }, Leaf::of("key.create")).await;
        count(&house.store).await.unwrap();
        let counts = tally(&house.store, &ctx, Span::until(ctx.now(), 1, 1), "key.").await.unwrap();
        let actors: Vec<ActorWord> = counts.iter().map(|one| one.actor).collect();
        assert_eq!(actors, [ActorWord::Key, ActorWord::Operator]);
    }

    async fn an_id_tells_how_long_its_message_took(house: TestStore) {
        let ctx = house.organisation().await;
        for ms in [100, 100, 100, 20_000] {
            let id = MessageId::new(house.store.world());
            house.clock.advance_ms(ms);
            record(&house, &ctx, on(id, "message.deliver")).await;
        }
        count(&house.store).await.unwrap();
        let steps = ages(&house.store, &ctx, Span::until(ctx.now(), 1, 4), "message.deliver").await.unwrap();
        assert_eq!((steps.len(), steps[0].count()), (1, 4));
        assert!((90.0..110.0).contains(&steps[0].within(0.5).unwrap()), "{steps:?}");
        assert!((18_000.0..22_000.0).contains(&steps[0].within(0.95).unwrap()), "{steps:?}");
    }

    async fn of_two_nodes_that_count_at_once_one_counts(house: TestStore) {
        let ctx = house.organisation().await;
        for _ in 0..50 {
            record(&house, &ctx, Leaf::of("key.create")).await;
        }
        let (one, other) = tokio::join!(count(&house.store), count(&house.store));
        one.and(other).unwrap();
        let counts = seen(&house, &ctx, Span::until(ctx.now(), 1, 1), "key.").await;
        assert_eq!(counts, [(0, "key.create".into(), ResultWord::Ok, 50)]);
    }

    async fn old_counts_are_forgotten(house: TestStore) {
        let ctx = house.organisation().await;
        record(&house, &ctx, Leaf::of("key.create")).await;
        count(&house.store).await.unwrap();
        let span = Span::until(ctx.now(), 1, 1);
        house.store.maintain(&ctx, move |tx| crate::activity::store::forget(tx, span.from)).await.unwrap();
        assert_eq!(seen(&house, &ctx, span, "").await.len(), 1, "not too early");
        house.store.maintain(&ctx, move |tx| crate::activity::store::forget(tx, span.to)).await.unwrap();
        assert_eq!(seen(&house, &ctx, span, "").await, []);
    }
}

#[test]
fn a_span_ends_with_now_and_begins_on_the_clock() {
    let now: sealpost_store::Time = "2026-01-15T09:38:00Z".parse().unwrap();
    let span = Span::until(now, 24, 4);
    assert_eq!(span.steps(), 24);
    assert_eq!(span.begin(0).to_string(), "2026-01-14T10:00:00.000Z");
    assert_eq!(span.to.begin().to_string(), "2026-01-15T10:00:00.000Z");
    let days = Span::until(now, 14, 96);
    assert_eq!(days.begin(13).to_string(), "2026-01-15T00:00:00.000Z");
}
