//! What visits promise, on both engines.

use std::collections::BTreeSet;

use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Environment, MemberId, OrgId, both_engines};
use sealpost_web::{Authenticator, Presented, Via};

use super::{look_after, session_of, store};
use crate::members::{self, Members};
use crate::sessions::SessionAuthenticator;

const OURS: [u8; 16] = [1; 16];

async fn looked_after(house: &TestStore, visited: &mut Option<BTreeSet<OrgId>>) {
    look_after(&house.store, OURS, visited).await.unwrap_or_else(|failure| panic!("{failure:?}"));
}

async fn is_believed(house: &TestStore, token: &str) -> bool {
    let presented = Presented { via: Via::Session, text: token, environment: Environment::Test };
    let asked = SessionAuthenticator::new(house.store.clone());
    asked.authenticate(presented, "192.0.2.10".parse().unwrap(), true).await.is_ok()
}

async fn here(house: &TestStore, ctx: &Ctx) -> Vec<MemberId> {
    let all = house.store.read(ctx, store::visitors).await.unwrap();
    all.into_iter().map(|(member, _)| member).collect()
}

async fn times(house: &TestStore, ctx: &Ctx, action: &str) -> usize {
    let leaves = house.store.ledger_leaves(ctx, 0, 1000).await.unwrap();
    let names = |leaf: &[u8]| leaf.windows(action.len()).any(|window| window == action.as_bytes());
    leaves.iter().filter(|row| names(&row.leaf)).count()
}

both_engines! {
    async fn a_visitor_comes_when_asked_for_and_goes_when_that_is_over(house: TestStore) {
        let (ctx, other) = (house.organisation().await, house.organisation().await);
        let mut visited = None;
        looked_after(&house, &mut visited).await;
        let key = house.store.keys().ask_for_visit(ctx.org.id).await.unwrap();
        let token = session_of(&key);
        assert!(!is_believed(&house, token.expose()).await, "nobody has let them in yet");
        for _ in 0..2 {
            looked_after(&house, &mut visited).await;
            assert!(is_believed(&house, token.expose()).await);
            assert_eq!((here(&house, &ctx).await.len(), here(&house, &other).await.len()), (1, 0));
        }
        let visitor = Members::new(house.store.clone()).find(&ctx, here(&house, &ctx).await[0]).await.unwrap();
        assert!(visitor.is_some());
        house.store.keys().end_visit(ctx.org.id).await.unwrap();
        for _ in 0..2 {
            looked_after(&house, &mut visited).await;
            assert!(!is_believed(&house, token.expose()).await);
        }
        for (action, count) in [("member.create", 1), ("session.create", 1), ("member.remove", 1)] {
            assert_eq!(times(&house, &ctx, action).await, count, "{action}");
        }
    }

    async fn whoever_asked_and_died_leaves_nobody_behind(house: TestStore) {
        let ctx = house.organisation().await;
        let key = house.store.keys().ask_for_visit(ctx.org.id).await.unwrap();
        looked_after(&house, &mut None).await;
        assert!(is_believed(&house, session_of(&key).expose()).await);
        // The command dies, and so does the server.
        let house = house.reopened().await;
        house.clock.advance_ms(16 * 60_000);
        looked_after(&house, &mut None).await;
        assert!(here(&house, &ctx).await.is_empty() && !is_believed(&house, session_of(&key).expose()).await);
        assert!(house.store.keys().visits().await.unwrap().is_empty());
    }

    async fn one_who_was_shown_out_stays_out_and_the_next_visit_is_another(house: TestStore) {
        let (ctx, mut visited) = (house.organisation().await, None);
        let key = house.store.keys().ask_for_visit(ctx.org.id).await.unwrap();
        looked_after(&house, &mut visited).await;
        let (visitor, keys) = (here(&house, &ctx).await[0], house.store.keys().clone());
        let mut operator = ctx.clone();
        operator.actor = sealpost_store::Actor::OPERATOR;
        let removed = house.store.write(&operator, move |tx| members::remove(tx, &keys, visitor)).await;
        removed.unwrap_or_else(|failure| panic!("{failure:?}"));
        looked_after(&house, &mut visited).await;
        assert!(here(&house, &ctx).await.is_empty() && !is_believed(&house, session_of(&key).expose()).await);
        let next = house.store.keys().ask_for_visit(ctx.org.id).await.unwrap();
        looked_after(&house, &mut visited).await;
        assert!(is_believed(&house, session_of(&next).expose()).await);
        let last = house.store.keys().ask_for_visit(ctx.org.id).await.unwrap();
        looked_after(&house, &mut visited).await;
        assert!(!is_believed(&house, session_of(&next).expose()).await, "one at a time");
        assert!(is_believed(&house, session_of(&last).expose()).await);
    }
}
