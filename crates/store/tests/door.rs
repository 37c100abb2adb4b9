//! What the door to storage promises, on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use sealpost_ledger::{NodeSource, verify_inclusion};
use sealpost_seal::RootKey;
use sealpost_seal::rng::SystemRng;
use sealpost_store::testing::TestStore;
use sealpost_store::{Change, Database, Leaf, Store, StoreConfig, StoreError, Tx, World, both_engines, org_sql, sql};

fn insert(tx: &mut Tx<'_>, name: &str) -> Result<(), StoreError> {
    let id = sealpost_store::EventId::new(&tx.ctx().world);
    tx.put(
        sql!("insert into event (org, env, id, name, version, created_at) values ($1, $2, $3, $4, 1, $5)"),
        &[&id, &name, &tx.ctx().now()],
    )
}

fn names(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    tx.all(sql!("select name from event where org = $1 and env = $2 order by name"), &[], |row| row.get("name"))
}

both_engines! {
    async fn a_failed_job_does_not_spoil_its_neighbours(house: TestStore) {
        let ctx = house.organisation().await;
        let jobs = (0..40).map(|n| {
            let (store, ctx) = (house.store.clone(), ctx.clone());
            tokio::spawn(async move {
                store.write(&ctx, move |tx| {
                    insert(tx, &format!("event-{}", n / 2))?;
                    Ok::<_, StoreError>(tx.record(Leaf::of("event.create"), ()))
                }).await
            })
        });
        let mut kept = 0;
        for job in jobs.collect::<Vec<_>>() {
            match job.await.unwrap() {
                Ok(()) => kept += 1,
                Err(StoreError::Conflict) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(kept, 20);
        assert_eq!(house.store.read(&ctx, names).await.unwrap().len(), 20);
        let (head, _) = house.store.ledger_head(&ctx).await.unwrap().unwrap();
        assert_eq!(head.frontier.size(), 20, "a leaf for each change that happened, none for the others");
    }

    async fn a_panic_undoes_its_own_job_and_nothing_else(house: TestStore) {
        let ctx = house.organisation().await;
        let bad = house.store.write::<(), StoreError>(&ctx, |tx| {
            insert(tx, "bad")?;
            panic!("a bug");
        });
        let good = house.store.write(&ctx, |tx| {
            insert(tx, "good")?;
            Ok::<_, StoreError>(tx.record(Leaf::of("event.create"), ()))
        });
        let (bad, good) = tokio::join!(bad, good);
        assert!(matches!(bad, Err(StoreError::Panicked)));
        good.unwrap();
        assert_eq!(house.store.read(&ctx, names).await.unwrap(), ["good"]);
    }

    async fn another_organisation_and_the_other_environment_see_nothing(house: TestStore) {
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        house.store.maintain(&ours, |tx| insert(tx, "ours")).await.unwrap();
        assert_eq!(house.store.read(&ours, names).await.unwrap(), ["ours"]);
        assert!(house.store.read(&theirs, names).await.unwrap().is_empty());
        let mut live = ours.clone();
        live.org.environment = sealpost_store::Environment::Live;
        assert!(house.store.read(&live, names).await.unwrap().is_empty());
    }

    async fn no_leaf_no_change(house: TestStore) {
        let ctx = house.organisation().await;
        house.break_ledger(true);
        let refused = house.store.write(&ctx, |tx| {
            insert(tx, "unrecorded")?;
            Ok::<_, StoreError>(tx.record(Leaf::of("event.create"), ()))
        }).await;
        assert!(matches!(refused, Err(StoreError::Unrecorded)));
        house.break_ledger(false);
        assert!(house.store.read(&ctx, names).await.unwrap().is_empty());
        house.store.write(&ctx, |tx| {
            insert(tx, "recorded")?;
            Ok::<_, StoreError>(tx.record(Leaf::of("event.create"), ()))
        }).await.unwrap();
    }

    async fn every_leaf_has_a_proof_against_the_signed_checkpoint(house: TestStore) {
        let ctx = house.organisation().await;
        for round in 0..3 {
            let jobs: Vec<_> = (0..100).map(|n| {
                let (store, ctx) = (house.store.clone(), ctx.clone());
                tokio::spawn(async move {
                    store.write(&ctx, move |tx| Ok::<_, StoreError>(tx.record(Leaf::of("event.create").on("event", [n; 16]), ()))).await
                })
            }).collect();
            for job in jobs { job.await.unwrap().unwrap(); }
            let signed = house.store.checkpoint().await.unwrap();
            assert_eq!(signed.len(), 1, "round {round}");
        }
        let last = house.store.ledger_checkpoint(&ctx).await.unwrap().unwrap();
        let key = house.store.verifier_key().unwrap();
        let checkpoint = sealpost_ledger::Checkpoint::parse_and_verify(&last.note, &key).unwrap();
        assert_eq!(checkpoint.size(), 300);
        for seq in [0, 1, 255, 256, 299] {
            let (leaf, proof) = house.store.ledger_tree::<_, StoreError>(&ctx, move |tree| {
                let leaf = tree.leaf_hashes(seq, seq + 1)?.remove(0);
                let proof = sealpost_ledger::inclusion(300, seq, tree).map_err(|_| StoreError::Missing("proof"))?;
                Ok((leaf, proof))
            }).await.unwrap();
            verify_inclusion(&leaf, seq, 300, &proof, &checkpoint.root()).unwrap();
        }
    }

    async fn a_change_is_told_after_its_commit_and_not_when_undone(house: TestStore) {
        let ctx = house.organisation().await;
        let mut heard = house.store.bus().subscribe("thing.changed");
        let org = ctx.org;
        let undone = house.store.maintain::<(), StoreError>(&ctx, move |tx| {
            tx.publish(Change::new("thing.changed", org, [1; 16]));
            Err(StoreError::Missing("nothing"))
        }).await;
        assert!(undone.is_err());
        house.store.maintain::<(), StoreError>(&ctx, move |tx| {
            tx.publish(Change::new("thing.changed", org, [2; 16]));
            Ok(())
        }).await.unwrap();
        assert_eq!(heard.recv().await.unwrap().id, [2; 16]);
    }

    async fn a_shredded_slot_is_gone_and_a_minted_one_survives_a_cold_cache(house: TestStore) {
        let ctx = house.organisation().await;
        let keys = house.store.keys();
        let (kept, shredded) = (keys.mint(ctx.org.id).await.unwrap(), keys.mint(ctx.org.id).await.unwrap());
        let again = keys.slot(ctx.org.id, kept.id).await.unwrap();
        assert_eq!(again.mac(&[b"x"]), kept.key.mac(&[b"x"]));
        keys.slot(ctx.org.id, shredded.id).await.unwrap();
        keys.shred(ctx.org.id, vec![shredded.id]).await.unwrap();
        assert!(matches!(keys.slot(ctx.org.id, shredded.id).await, Err(StoreError::KeyGone)));
        let other = house.organisation().await;
        assert!(matches!(keys.slot(other.org.id, kept.id).await, Err(StoreError::KeyGone)));
    }

    async fn a_lapsed_job_is_claimed_once_and_a_slow_holder_can_not_finish_it(house: TestStore) {
        let ctx = house.organisation().await;
        let mut pushed = house.store.bus().subscribe(sealpost_store::outbox::PUSHED);
        house.store.maintain(&ctx, |tx| tx.enqueue(sealpost_store::NewJob::now("test.job", [1; 16])).map(drop)).await.unwrap();
        let told = pushed.recv().await.unwrap();
        let held = told.hint.unwrap().downcast::<sealpost_store::Claim>().unwrap();
        assert!(house.store.sweep(10).await.unwrap().is_empty(), "the lease holds");
        house.clock.advance_ms(61_000);
        let claims = house.store.sweep(10).await.unwrap();
        assert_eq!(claims.len(), 1);
        assert!(claims[0].fence > held.fence && claims[0].claims == 1);
        assert!(house.store.sweep(10).await.unwrap().is_empty());
        let slow = (*held).clone();
        let late = house.store.maintain(&ctx, move |tx| sealpost_store::outbox::finish(tx, &slow)).await;
        assert!(matches!(late, Err(StoreError::Superseded)));
        let holder = claims[0].clone();
        house.store.maintain(&ctx, move |tx| sealpost_store::outbox::finish(tx, &holder)).await.unwrap();
        assert_eq!(house.jobs_waiting(&ctx).await, 0);
    }

    async fn a_job_that_is_held_is_not_taken_over_and_one_that_was_can_not_be_held(house: TestStore) {
        let ctx = house.organisation().await;
        house.store.maintain(&ctx, |tx| tx.enqueue(sealpost_store::NewJob::now("test.job", [1; 16])).map(drop)).await.unwrap();
        house.clock.advance_ms(61_000);
        let first = house.store.sweep(10).await.unwrap().remove(0);
        let held = first.clone();
        house.store.maintain(&ctx, move |tx| sealpost_store::outbox::hold(tx, &held, 600_000)).await.unwrap();
        house.clock.advance_ms(599_000);
        assert!(house.store.sweep(10).await.unwrap().is_empty());
        house.clock.advance_ms(2_000);
        assert_eq!(house.store.sweep(10).await.unwrap().len(), 1);
        let late = house.store.maintain(&ctx, move |tx| sealpost_store::outbox::hold(tx, &first, 1)).await;
        assert!(matches!(late, Err(StoreError::Superseded)));
    }

    async fn a_job_for_later_is_claimed_when_it_is_due(house: TestStore) {
        let ctx = house.organisation().await;
        let due = ctx.now().plus_ms(5_000);
        house.store.maintain(&ctx, move |tx| tx.enqueue(sealpost_store::NewJob { due: Some(due), ..sealpost_store::NewJob::now("test.job", [1; 16]) }).map(drop)).await.unwrap();
        assert!(house.store.sweep(10).await.unwrap().is_empty());
        house.clock.advance_ms(5_000);
        assert_eq!(house.store.sweep(10).await.unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_serves_one_process_and_opens_again_after_it() {
    let house = TestStore::sqlite().await;
    let ctx = house.organisation().await;
    let slot = house.store.keys().mint(ctx.org.id).await.unwrap();
    let mac = slot.key.mac(&[b"x"]);
    let house = house.reopened().await;
    assert_eq!(house.store.keys().slot(ctx.org.id, slot.id).await.unwrap().mac(&[b"x"]), mac);
    assert_eq!(house.store.organisations().await.unwrap(), [ctx.org.id]);
    let names: Option<String> = house
        .store
        .read::<_, StoreError>(&ctx, |tx| {
            tx.optional(org_sql!("select name from organisation where org = $1"), &[], |row| row.get("name"))
        })
        .await
        .unwrap();
    assert_eq!(names.as_deref(), Some("Test"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_ends_every_connection_is_out_of_reach_and_found_again() {
    let Some(house) = TestStore::postgres().await else { return };
    let ctx = house.organisation().await;
    let [data, _] = house.urls.clone().unwrap();
    let (client, connection) = tokio_postgres::connect(&data, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    for _ in 0..5 {
        let others = "select pg_terminate_backend(pid) from pg_stat_activity
                      where datname = current_database() and pid <> pg_backend_pid()";
        client.batch_execute(others).await.unwrap();
        while let Err(error) = house.store.read(&ctx, names).await {
            let is_outage = matches!(error, StoreError::Unreachable(_) | StoreError::Stopped | StoreError::RolledBack);
            assert!(is_outage, "{error:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_without_its_keys_and_keys_under_another_root_are_refused_and_left_alone() {
    let house = TestStore::sqlite().await;
    house.organisation().await;
    let (folder, store) = (house.folder.unwrap(), house.store);
    let path = folder.path().to_owned();
    drop(store);
    let open = async || loop {
        let config = StoreConfig {
            database: Database::Sqlite { folder: path.clone() },
            root: RootKey::generate(&SystemRng),
            world: World::real(),
            origin: "sealpost.test/ledger".into(),
        };
        match Store::open(config).await {
            // The threads of the dropped store release the folder as they end.
            Err(StoreError::InUse) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            other => return other.map(drop),
        }
    };
    assert!(matches!(open().await, Err(StoreError::WrongRoot)));
    for name in ["keys.db", "keys.db-wal", "keys.db-shm"] {
        let _ = std::fs::remove_file(path.join(name));
    }
    assert!(matches!(open().await, Err(StoreError::KeysLost)));
    assert!(matches!(open().await, Err(StoreError::KeysLost)), "and still: nothing was made in their place");
}
