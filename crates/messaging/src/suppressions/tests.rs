//! What suppressions promise, on both engines.

use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Environment, StoreError, both_engines};

use super::*;
use crate::channels::ChannelKind;

const ADDRESS: &str = "marker.zebra@example.com";

async fn value(house: &TestStore, ctx: &Ctx, channel: ChannelKind) -> [u8; 16] {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    value_of(&keys, ctx.org.environment, channel, ADDRESS)
}

async fn is(house: &TestStore, ctx: &Ctx, channel: ChannelKind) -> bool {
    let value = value(house, ctx, channel).await;
    house.store.peek(ctx, move |tx| is_suppressed(tx, channel, value)).await.unwrap()
}

async fn add(house: &TestStore, ctx: &Ctx, reason: Reason) -> Result<Suppression, StoreError> {
    let value = value(house, ctx, ChannelKind::Email).await;
    house.store.write(ctx, move |tx| suppress(tx, ChannelKind::Email, value, reason)).await
}

both_engines! {
    async fn a_suppressed_address_is_left_alone_on_its_channel_here_and_nowhere_else(house: TestStore) {
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        let mut live = ours.clone();
        live.org.environment = Environment::Live;
        add(&house, &ours, Reason::Unsubscribed).await.unwrap();
        assert!(is(&house, &ours, ChannelKind::Email).await);
        assert!(!is(&house, &ours, ChannelKind::Sms).await);
        assert!(!is(&house, &theirs, ChannelKind::Email).await);
        assert!(!is(&house, &live, ChannelKind::Email).await);
        assert_ne!(value(&house, &ours, ChannelKind::Email).await, value(&house, &ours, ChannelKind::Sms).await);
        assert_ne!(value(&house, &ours, ChannelKind::Email).await, value(&house, &theirs, ChannelKind::Email).await);
        assert_ne!(value(&house, &ours, ChannelKind::Email).await, value(&house, &live, ChannelKind::Email).await);
    }

    async fn the_first_suppression_stands_and_each_wish_has_its_leaf(house: TestStore) {
        let ctx = house.organisation().await;
        let first = add(&house, &ctx, Reason::Unsubscribed).await.unwrap();
        let again = add(&house, &ctx, Reason::Manual).await.unwrap();
        assert_eq!((again.id, again.reason), (first.id, Reason::Unsubscribed));
        let (head, _) = house.store.ledger_head(&ctx).await.unwrap().unwrap();
        assert_eq!(head.frontier.size(), 2);
        assert_eq!(house.store.read(&ctx, |tx| list(tx, None, 10)).await.unwrap().len(), 1);
    }

    async fn a_lifted_suppression_is_gone_and_a_foreign_one_can_not_be_lifted(house: TestStore) {
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        let id = add(&house, &ours, Reason::Manual).await.unwrap().id;
        let foreign = house.store.write(&theirs, move |tx| Lift(id).apply(tx)).await;
        assert!(matches!(foreign, Err(SuppressionRefusal::NotFound)));
        house.store.write(&ours, move |tx| Lift(id).apply(tx)).await.unwrap();
        assert!(!is(&house, &ours, ChannelKind::Email).await);
        let twice = house.store.write(&ours, move |tx| Lift(id).apply(tx)).await;
        assert!(matches!(twice, Err(SuppressionRefusal::NotFound)));
    }

    async fn no_leaf_no_suppression(house: TestStore) {
        let ctx = house.organisation().await;
        house.break_ledger(true);
        assert!(matches!(add(&house, &ctx, Reason::Manual).await, Err(StoreError::Unrecorded)));
        house.break_ledger(false);
        assert!(!is(&house, &ctx, ChannelKind::Email).await);
    }
}
