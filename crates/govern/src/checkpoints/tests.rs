//! What checkpoints and witnesses promise.

use std::io::Write;

use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Leaf, StoreError, both_engines};

use super::*;
use crate::audit::{VerifyError, export, verify, verify_file, witnessed_in};

async fn act(test: &TestStore, ctx: &Ctx) {
    let done = test.store.write(ctx, |tx| Ok::<_, StoreError>(tx.record(Leaf::of("message.accept"), ())));
    done.await.unwrap();
}

both_engines! {
    async fn heads_are_signed_while_there_is_news_and_every_one_reaches_the_witness(test: TestStore) {
        let (one, other) = (test.organisation().await, test.organisation().await);
        let folder = tempfile::tempdir().unwrap();
        let witness = WitnessFolder::open(folder.path()).unwrap();
        let files = [witness.path(one.org.id), witness.path(other.org.id)];
        let signer = Signer::new(test.store.clone(), Some(witness)).await.unwrap();
        assert_eq!(signer.round().await.unwrap(), 0);
        act(&test, &one).await;
        assert_eq!(signer.round().await.unwrap(), 1);
        assert_eq!(signer.round().await.unwrap(), 0, "no news, nothing to sign");
        act(&test, &one).await;
        act(&test, &other).await;
        assert_eq!(signer.round().await.unwrap(), 2);

        let trusted = test.store.verifier_key().unwrap();
        let sizes = files.map(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            witnessed_in(&text, &trusted).unwrap().iter().map(sealpost_ledger::Checkpoint::size).collect::<Vec<_>>()
        });
        assert_eq!(sizes, [vec![1, 2], vec![1]]);
    }

    async fn what_was_signed_before_a_stop_is_witnessed_after_it(test: TestStore) {
        let ctx = test.organisation().await;
        act(&test, &ctx).await;
        test.store.checkpoint().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = WitnessFolder::open(folder.path()).unwrap().path(ctx.org.id);
        for _ in 0..2 {
            let witness = WitnessFolder::open(folder.path()).unwrap();
            let signer = Signer::new(test.store.clone(), Some(witness)).await.unwrap();
            signer.round().await.unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 1, "once, however often we start");
        }
    }

    async fn a_witness_that_fails_gets_its_checkpoints_later(test: TestStore) {
        let ctx = test.organisation().await;
        act(&test, &ctx).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("witness");
        let witness = WitnessFolder::open(&path).unwrap();
        let file = witness.path(ctx.org.id);
        std::fs::remove_dir(&path).unwrap();
        let signer = Signer::new(test.store.clone(), Some(witness)).await.unwrap();
        assert_eq!(signer.round().await.unwrap(), 1);
        assert!(!file.exists());
        std::fs::create_dir(&path).unwrap();
        assert_eq!(signer.round().await.unwrap(), 0);
        assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 1);
    }

    async fn a_torn_line_of_a_witness_is_neither_believed_nor_in_the_way(test: TestStore) {
        let ctx = test.organisation().await;
        act(&test, &ctx).await;
        let folder = tempfile::tempdir().unwrap();
        let witness = WitnessFolder::open(folder.path()).unwrap();
        let file = witness.path(ctx.org.id);
        Signer::new(test.store.clone(), Some(witness)).await.unwrap().round().await.unwrap();
        std::fs::OpenOptions::new().append(true).open(&file).unwrap().write_all(b"{\"checkpoint\":\"seal").unwrap();
        let trusted = test.store.verifier_key().unwrap();
        let read = || witnessed_in(&std::fs::read_to_string(&file).unwrap(), &trusted).unwrap().len();
        assert_eq!(read(), 1);
        act(&test, &ctx).await;
        let witness = WitnessFolder::open(folder.path()).unwrap();
        Signer::new(test.store.clone(), Some(witness)).await.unwrap().round().await.unwrap();
        assert_eq!(read(), 2);
    }

    async fn a_witness_shows_that_the_end_was_cut_off(test: TestStore) {
        let ctx = test.organisation().await;
        let folder = tempfile::tempdir().unwrap();
        let witness = WitnessFolder::open(folder.path()).unwrap();
        let file = witness.path(ctx.org.id);
        let signer = Signer::new(test.store.clone(), Some(witness)).await.unwrap();
        act(&test, &ctx).await;
        signer.round().await.unwrap();
        let copy = folder.path().join("export.jsonl");
        let mut out = std::fs::File::create(&copy).unwrap();
        export(&test.store, &ctx, &mut out).await.unwrap();
        let trusted = test.store.verifier_key().unwrap();
        verify_file(&copy, &trusted, std::slice::from_ref(&file)).unwrap();
        act(&test, &ctx).await;
        signer.round().await.unwrap();
        let late = verify_file(&copy, &trusted, std::slice::from_ref(&file));
        assert!(matches!(late, Err(VerifyError::Finding(_))));
    }
}

#[tokio::test]
async fn a_witness_file_with_anything_else_in_it_is_refused_with_the_line() {
    let test = TestStore::sqlite().await;
    let trusted = test.store.verifier_key().unwrap();
    let refused = witnessed_in("{\"checkpoint\":\"nonsense\"}\n", &trusted);
    assert!(matches!(refused, Err(VerifyError::Witness { line: 1, .. })));
    assert!(witnessed_in("nonsense", &trusted).is_err());
    assert!(witnessed_in("", &trusted).is_err());
    assert!(verify(&b"nonsense\n"[..], &trusted, &[]).is_err());
}
