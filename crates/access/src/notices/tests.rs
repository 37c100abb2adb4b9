//! What notices promise.

use sealpost_store::{ApiKeyId, Claim, Leaf, StoreError, Time, both_engines, outbox};
use serde_json::json;

use super::*;

const KIND: NoticeKind = NoticeKind::new("api_key.tested");

fn notice() -> Notice {
    Notice::of(KIND)
        .with("key_id", ApiKeyId::from_bytes([0; 16]))
        .with("at", Time::from_unix_ms(0))
        .with("days", 3_u32)
        .with("reason", "because")
}

both_engines! {
    async fn a_notice_is_raised_with_what_it_tells_of_and_promised_to_be_told(house: TestStore) {
        let ctx = house.organisation().await;
        let mut pushed = house.store.bus().subscribe(outbox::PUSHED);
        let id = house
            .store
            .write(&ctx, |tx| { let id = raise(tx, notice())?; Ok::<_, StoreError>(tx.record(Leaf::of("test.act"), id)) })
            .await
            .unwrap();
        let claim = pushed.recv().await.unwrap().hint.unwrap().downcast::<Claim>().unwrap();
        assert_eq!((claim.kind.as_str(), claim.target), (JOB, id.bytes()));
        let found = house.store.read(&ctx, move |tx| find(tx, id)).await.unwrap().unwrap();
        assert_eq!(Some(&found), claim.hint.as_ref().unwrap().downcast_ref::<Raised>());
        assert_eq!((found.kind.as_str(), found.at), (KIND.name(), ctx.now()));
        let zeroes = ApiKeyId::from_bytes([0; 16]).to_string();
        assert_eq!(found.data, json!({ "key_id": zeroes, "at": "1970-01-01T00:00:00.000Z", "days": 3, "reason": "because" }));
        house.store.maintain::<_, StoreError>(&ctx, move |tx| remove(tx, id)).await.unwrap();
        assert!(house.store.read(&ctx, move |tx| find(tx, id)).await.unwrap().is_none());
    }

    async fn what_did_not_happen_is_not_told(house: TestStore) {
        let ctx = house.organisation().await;
        house.break_ledger(true);
        let raised = house
            .store
            .write(&ctx, |tx| { let id = raise(tx, notice())?; Ok::<_, StoreError>(tx.record(Leaf::of("test.act"), id)) })
            .await;
        house.break_ledger(false);
        assert!(raised.is_err());
        assert_eq!(house.jobs_waiting(&ctx).await, 0);
    }

    async fn another_organisation_does_not_find_it(house: TestStore) {
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        let id = house.store.maintain::<_, StoreError>(&ours, |tx| raise(tx, notice())).await.unwrap();
        assert!(house.store.read(&theirs, move |tx| find(tx, id)).await.unwrap().is_none());
        assert!(house.store.read(&ours, move |tx| find(tx, id)).await.unwrap().is_some());
    }
}
