//! A database that may not grow. A file of its own: what every connection is told holds for the whole process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use sealpost_store::testing::{TestStore, tell_every_connection};
use sealpost_store::{Ctx, Leaf, Store, StoreError};

async fn write(store: &Store, ctx: &Ctx) -> Result<(), StoreError> {
    let leaf = Leaf::of("event.create").on("event", [1; 16]);
    store.write(ctx, move |tx| Ok::<_, StoreError>(tx.record(leaf, ()))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_room_says_so_keeps_what_it_has_and_goes_on_when_there_is_room() {
    let house = TestStore::sqlite().await;
    let ctx = house.organisation().await;
    write(&house.store, &ctx).await.unwrap();
    // SQLite takes the size it has for the smallest limit there is.
    tell_every_connection("pragma max_page_count = 1");
    let house = house.reopened().await;
    let mut kept = 1;
    let refusal = loop {
        match write(&house.store, &ctx).await {
            Ok(()) => kept += 1,
            Err(refusal) => break refusal,
        }
        assert!(kept < 10_000, "it grows without end");
    };
    let honest = matches!(refusal, StoreError::Unwritable(_) | StoreError::Unrecorded | StoreError::RolledBack);
    assert!(honest, "{refusal:?}");
    assert_eq!(house.store.ledger_head(&ctx).await.unwrap().unwrap().0.frontier.size(), kept);
    tell_every_connection("");
    let house = house.reopened().await;
    write(&house.store, &ctx).await.unwrap();
    assert!(house.store.ready().await);
    assert_eq!(house.store.ledger_head(&ctx).await.unwrap().unwrap().0.frontier.size(), kept + 1);
}
