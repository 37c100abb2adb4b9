//! What a pack promises: it verifies, and with anything changed it doesn't.

use std::io::Cursor;
use std::path::Path;

use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Environment, Leaf, OrgId, StoreError, both_engines};

use super::verify::zipped;
use super::*;
use crate::evidence::{Evidence, Installation};

async fn scene(house: &TestStore) -> (Evidence, Ctx) {
    let mut ctx = house.organisation().await;
    ctx.org.environment = Environment::Live;
    for _ in 0..3 {
        let leaf = Leaf::of("test.act").on(OrgId::PREFIX, ctx.org.id.bytes());
        house.store.write::<_, StoreError>(&ctx, move |tx| Ok(tx.record(leaf, ()))).await.unwrap();
    }
    let installation = Installation { version: "1.2.3", sources: std::sync::Arc::new([]) };
    (Evidence::new(house.store.clone(), installation), ctx)
}

async fn pack(evidence: &Evidence, ctx: &Ctx) -> (Vec<u8>, Packed) {
    let mut bytes = Vec::new();
    let packed = write_zip(evidence, ctx, &mut bytes).await.unwrap();
    (bytes, packed)
}

both_engines! {
    async fn a_pack_verifies_and_holds_the_ledger_with_its_own_leaf(house: TestStore) {
        let (evidence, ctx) = scene(&house).await;
        let (bytes, packed) = pack(&evidence, &ctx).await;
        let key = house.store.verifier_key().unwrap();
        let verified = zipped(Cursor::new(&bytes), &key).unwrap();
        assert_eq!(verified.manifest, packed.manifest);
        let names: Vec<_> = packed.manifest.files.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["record.json", "record.html", "controls.json", "configuration.json", "software.json", "ledger.jsonl"]);
        assert_eq!((verified.ledger.unsealed, verified.ledger.leaves), (0, packed.manifest.leaves));
        let rows = house.store.ledger_leaves(&ctx, 0, 100).await.unwrap();
        let own = rows.iter().filter(|row| row.leaf.windows(15).any(|window| window == b"evidence.export")).count();
        assert_eq!(own, 1);
        assert_eq!(rows.len() as u64, packed.manifest.leaves, "the pack's own leaf is in it");
    }

    async fn no_leaf_no_pack(house: TestStore) {
        let (evidence, ctx) = scene(&house).await;
        house.break_ledger(true);
        let mut bytes = Vec::new();
        assert!(write_zip(&evidence, &ctx, &mut bytes).await.is_err());
        assert!(bytes.is_empty());
    }
}

/// Whether `unzip -t` or whoever else reads zip files finds this one good isn't asked here; that nothing in it can be changed is.
#[tokio::test(flavor = "multi_thread")]
async fn a_pack_verifies_and_none_with_a_changed_byte_does() {
    let house = TestStore::sqlite().await;
    let (evidence, ctx) = scene(&house).await;
    let (bytes, _) = pack(&evidence, &ctx).await;
    let key = house.store.verifier_key().unwrap();
    assert!(zipped(Cursor::new(&bytes), &key).is_ok());
    let halves = [0..bytes.len() / 2, bytes.len() / 2..bytes.len()];
    let found: Vec<usize> = std::thread::scope(|scope| {
        let look = |range: std::ops::Range<usize>| {
            let (mut copy, key) = (bytes.clone(), key.clone());
            move || {
                let mut held = Vec::new();
                for at in range {
                    copy[at] ^= 1 << (at % 8);
                    if zipped(Cursor::new(&copy), &key).is_ok() {
                        held.push(at);
                    }
                    copy[at] ^= 1 << (at % 8);
                }
                held
            }
        };
        let all: Vec<_> = halves.into_iter().map(|range| scope.spawn(look(range))).collect();
        all.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(found, Vec::<usize>::new(), "bytes that can be changed");
    for cut in [0, 1, 21, 22, bytes.len() / 2, bytes.len() - 1] {
        assert!(zipped(Cursor::new(&bytes[..cut]), &key).is_err(), "cut off at {cut}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(zipped(Cursor::new(&longer), &key).is_err());
    let other = TestStore::sqlite().await.store.verifier_key().unwrap();
    assert!(zipped(Cursor::new(&bytes), &other).is_err(), "another installation's key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_verifies_and_none_with_a_file_changed_missing_added_or_exchanged_does() {
    let house = TestStore::sqlite().await;
    let (evidence, ctx) = scene(&house).await;
    let key = house.store.verifier_key().unwrap();
    let made = tempfile::tempdir().unwrap();
    let before = tempfile::tempdir().unwrap();
    let packed = write_folder(&evidence, &ctx, before.path()).await.unwrap();
    write_folder(&evidence, &ctx, made.path()).await.unwrap();
    assert!(verify(made.path(), &key).is_ok() && verify(before.path(), &key).is_ok());
    let refused = |why: &str| assert!(verify(made.path(), &key).is_err(), "{why}");
    let names = packed.manifest.files.iter().map(|entry| entry.name.as_str()).chain(["manifest.note"]);
    for name in names {
        let file = made.path().join(name);
        let whole = std::fs::read(&file).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            std::fs::write(&file, &changed).unwrap();
            refused(name);
        }
        std::fs::remove_file(&file).unwrap();
        refused("a file is missing");
        std::fs::write(&file, b"").unwrap();
        refused("a file is empty");
        // The same file of an older pack is signed, too, but for another list.
        let older = std::fs::read(before.path().join(name)).unwrap();
        if older != whole {
            std::fs::write(&file, older).unwrap();
            refused("a file of another pack");
        }
        std::fs::write(&file, &whole).unwrap();
        assert!(verify(made.path(), &key).is_ok(), "{name}");
    }
    std::fs::write(made.path().join("more.txt"), b"more").unwrap();
    refused("one file too many");
    assert!(verify(Path::new("/nowhere"), &key).is_err());
    assert!(write_folder(&evidence, &ctx, made.path()).await.is_err(), "nothing is written over");
}
