//! What revisions promise, on both engines.

use sealpost_store::testing::TestStore;
use sealpost_store::{Leaf, RevisionId, StoreError, Tx, both_engines};
use sealpost_web::Failure;
use serde_json::{Value, json};

use super::{Change, Revision, Setting, Subject, before, find, keep, newest, page, reseal};

const HERE: Subject = Subject::only(Setting::new("here"));

async fn kept(house: &TestStore, ctx: &sealpost_store::Ctx, number: Option<u32>, says: Value) -> Result<(), Failure> {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let put = move |tx: &mut Tx<'_>| {
        let change = Change { of: HERE, number, before: Some(json!("as it was")), after: says, why: Some("because") };
        keep(tx, &keys, change)?;
        Ok(tx.record(Leaf::of("masking.change"), ()))
    };
    house.store.write::<_, Failure>(ctx, put).await
}

async fn all(house: &TestStore, ctx: &sealpost_store::Ctx, setting: Option<&'static str>) -> Vec<Revision> {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let read = move |tx: &mut Tx<'_>| page(tx, &keys, setting, RevisionId::from_bytes([0xff; 16]), 50);
    house.store.read::<_, StoreError>(ctx, read).await.unwrap()
}

both_engines! {
    async fn what_stood_there_before_comes_along_and_numbers_go_on(house: TestStore) {
        let ctx = house.organisation().await;
        kept(&house, &ctx, Some(4), json!("one")).await.unwrap();
        house.clock.advance_ms(1);
        kept(&house, &ctx, Some(5), json!("two")).await.unwrap();
        assert!(kept(&house, &ctx, Some(5), json!("again")).await.is_err(), "a number is there once");
        let found = all(&house, &ctx, Some("here")).await;
        let said: Vec<_> = found.iter().map(|one| (one.number, one.says.clone(), one.is_in_force())).collect();
        assert_eq!(said, [(5, json!("two"), true), (4, json!("one"), false), (3, json!("as it was"), false)]);
        assert_eq!((found[2].why.as_deref(), found[0].why.as_deref()), (None, Some("because")));
        assert_eq!((found[2].actor, found[0].actor), (sealpost_store::Actor::SYSTEM, ctx.actor));
        assert!(all(&house, &ctx, Some("elsewhere")).await.is_empty());
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let read = move |tx: &mut Tx<'_>| {
            let one = find(tx, &keys, found[1].id)?.unwrap();
            Ok((before(tx, &keys, &one)?, newest(tx, &keys, &one)?))
        };
        let (previous, last) = house.store.read::<_, StoreError>(&ctx, read).await.unwrap();
        assert_eq!((previous.unwrap().number, last.unwrap().number), (3, 5));
    }

    async fn sealed_anew_it_says_what_it_said_and_its_digest_is_the_same(house: TestStore) {
        let ctx = house.organisation().await;
        kept(&house, &ctx, None, json!("one")).await.unwrap();
        let were = all(&house, &ctx, None).await;
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        reseal(&house.store, &ctx, &keys).await.unwrap();
        assert_eq!(all(&house, &ctx, None).await, were);
        let theirs = house.organisation().await;
        assert!(all(&house, &theirs, None).await.is_empty());
    }

    async fn what_is_not_what_its_digest_is_of_is_not_believed(house: TestStore) {
        let ctx = house.organisation().await;
        kept(&house, &ctx, None, json!("one")).await.unwrap();
        let change = |tx: &mut Tx<'_>| {
            tx.put(sealpost_store::org_sql!("update revision set number = number + 7 where org = $1 and number = $2"), &[&2_u32])
        };
        house.store.maintain::<_, StoreError>(&ctx, change).await.unwrap();
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let read = move |tx: &mut Tx<'_>| page(tx, &keys, None, RevisionId::from_bytes([0xff; 16]), 50);
        assert!(matches!(house.store.read::<_, StoreError>(&ctx, read).await, Err(StoreError::Unopenable)));
    }
}
