//! What is promised about looks, on both engines.

use sealpost_access::masking::{self, DailyReveals, Policy};
use sealpost_ledger::{Leaf, LeafResult};
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Environment, Org, RequestId, StoreError, both_engines};

use super::past::{Wanted, looks};
use super::rules::{BURST, WINDOW_MS};
use super::{Look, LookRefused, look};
use crate::Reason;

const DAY_MS: i64 = 86_400_000;

async fn allow(house: &TestStore, ctx: &Ctx, looks: u32) {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let policy = Policy { reveals: DailyReveals::new(looks).unwrap(), ..Policy::default() };
    let put = house.store.maintain::<_, StoreError>(ctx, move |tx| masking::put_into_force(tx, &keys, 1, &policy));
    assert!(put.await.unwrap());
}

async fn one(house: &TestStore, ctx: &Ctx) -> Result<(), LookRefused> {
    let ctx = Ctx { request: RequestId::new(house.store.world()), ..ctx.clone() };
    let wanted = Look { action: "message.reveal", kind: "msg", id: [5; 16], details: Default::default() };
    let viewer = look(&house.store, &ctx, wanted, &Reason::parse("ticket 7".into()).unwrap()).await?;
    assert_eq!(viewer.grant().unwrap().leaf(), ctx.request.bytes());
    Ok(())
}

/// The actions in the ledger, and whether they were done.
async fn acts(house: &TestStore, ctx: &Ctx) -> Vec<(String, bool)> {
    let leaves = house.store.ledger_leaves(ctx, 0, 1000).await.unwrap();
    let act = |leaf: Leaf| (leaf.action.to_string(), leaf.result == LeafResult::Ok);
    leaves.iter().map(|row| act(Leaf::decode(&row.leaf).unwrap())).collect()
}

both_engines! {
    async fn nobody_looks_more_often_in_a_day_than_the_policy_says_and_the_refusal_is_on_record(house: TestStore) {
        let ctx = house.organisation().await;
        allow(&house, &ctx, 2).await;
        one(&house, &ctx).await.unwrap();
        one(&house, &ctx).await.unwrap();
        let refused = one(&house, &ctx).await.unwrap_err();
        assert!(matches!(refused, LookRefused::Exhausted { budget, wait: 1..=86_400 } if budget.count() == 2));
        let look = |done| ("message.reveal".to_owned(), done);
        assert_eq!(acts(&house, &ctx).await, [look(true), look(true), look(false)]);
        let mut other = ctx.clone();
        other.actor.id = [8; 16];
        one(&house, &other).await.unwrap();
        house.clock.advance_ms(DAY_MS);
        one(&house, &ctx).await.unwrap();
        house.clock.advance_ms(-DAY_MS);
        one(&house, &ctx).await.unwrap();
        assert!(one(&house, &ctx).await.is_err(), "a clock that goes back gives nobody a day more");
    }

    async fn a_budget_of_none_lets_nobody_look(house: TestStore) {
        let ctx = house.organisation().await;
        allow(&house, &ctx, 0).await;
        assert!(matches!(one(&house, &ctx).await, Err(LookRefused::Exhausted { .. })));
    }

    async fn looks_at_the_same_moment_share_one_budget(house: TestStore) {
        let ctx = house.organisation().await;
        allow(&house, &ctx, 3).await;
        let (one, two, three, four, five, six) = tokio::join!(
            one(&house, &ctx), one(&house, &ctx), one(&house, &ctx), one(&house, &ctx), one(&house, &ctx), one(&house, &ctx)
        );
        let granted = [one, two, three, four, five, six].into_iter().filter(Result::is_ok).count();
        assert_eq!(granted, 3);
    }

    async fn many_looks_in_a_short_time_are_told_once(house: TestStore) {
        let ctx = house.organisation().await;
        let bursts = async || acts(&house, &ctx).await.iter().filter(|(action, _)| action == "reveal.burst").count();
        for _ in 0..BURST {
            one(&house, &ctx).await.unwrap();
        }
        assert_eq!((bursts().await, house.jobs_waiting(&ctx).await), (0, 0));
        for _ in 0..5 {
            one(&house, &ctx).await.unwrap();
        }
        assert_eq!((bursts().await, house.jobs_waiting(&ctx).await), (1, 1), "endpoints hear of it");
        house.clock.advance_ms(WINDOW_MS);
        for _ in 0..BURST + 1 {
            one(&house, &ctx).await.unwrap();
        }
        assert_eq!(bursts().await, 2);
    }

    async fn a_look_that_can_not_be_recorded_is_not_counted_and_shows_nothing(house: TestStore) {
        let ctx = house.organisation().await;
        allow(&house, &ctx, 1).await;
        house.break_ledger(true);
        assert!(matches!(one(&house, &ctx).await, Err(LookRefused::Store(StoreError::Unrecorded))));
        house.break_ledger(false);
        one(&house, &ctx).await.unwrap();
    }

    async fn looks_are_listed_newest_first_with_why_and_bursts(house: TestStore) {
        let ctx = house.organisation().await;
        for _ in 0..BURST + 1 {
            one(&house, &ctx).await.unwrap();
        }
        house.clock.advance_ms(DAY_MS);
        one(&house, &ctx).await.unwrap();
        let all = looks(&house.store, &ctx, Wanted::default(), None, 100).await.unwrap();
        assert_eq!((all.looks.len(), all.looked_down_to), (BURST + 2, 0));
        assert!(all.looks.iter().all(|look| look.why.as_deref() == Some("ticket 7") && look.action == "message.reveal"));
        let bursts: Vec<_> = all.looks.iter().enumerate().filter(|(_, look)| look.burst).map(|(at, _)| at).collect();
        assert_eq!(bursts, [1], "the one that was one too many");
        let day = ctx.now().plus_ms(-DAY_MS).to_string();
        let of_day = Wanted { day: day.split('T').next().unwrap().parse().ok(), ..Wanted::default() };
        assert_eq!(looks(&house.store, &ctx, of_day, None, 100).await.unwrap().looks.len(), BURST + 1);
        let two = looks(&house.store, &ctx, Wanted::default(), None, 2).await.unwrap();
        let rest = looks(&house.store, &ctx, Wanted::default(), Some(two.looked_down_to), 100).await.unwrap();
        assert_eq!(two.looks.len() + rest.looks.len(), BURST + 2);
        let live = Ctx { org: Org { environment: Environment::Live, ..ctx.org }, ..ctx.clone() };
        one(&house, &live).await.unwrap();
        assert_eq!(looks(&house.store, &ctx, Wanted::default(), None, 100).await.unwrap().looks.len(), BURST + 2);
    }
}
