//! What is promised about the turn of keys, and about copies of the key store, on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use sealpost_seal::key::{Key, RootKey};
use sealpost_seal::place::Place;
use sealpost_seal::rng::SystemRng;
use sealpost_store::testing::{TestStore, world};
use sealpost_store::{Database, Keys, OrgId, Slot, SlotId, StoreError, both_engines};

/// Nobody uses a new version before every node knows it.
const LEARNT_MS: i64 = 6_000;
/// Older versions are kept so long at least.
const GRACE_MS: i64 = 31_000;
const DAY_MS: i64 = 86_400_000;

/// What a key does, to tell whether it is the same.
fn mark(key: &Key) -> [u8; 32] {
    key.mac(&[b"mark"])
}

async fn minted(house: &TestStore, org: OrgId, count: usize) -> Vec<Slot> {
    let mut slots = Vec::new();
    for _ in 0..count {
        slots.push(house.store.keys().mint(org).await.unwrap());
    }
    slots
}

/// Opens every slot behind every cache, as a process does that has just started.
async fn all_open(keys: &Keys, org: OrgId, slots: &[Slot]) {
    for slot in slots {
        assert_eq!(mark(&keys.slot(org, slot.id).await.unwrap()), mark(&slot.key));
    }
}

async fn fresh(house: &TestStore) -> Keys {
    let world = house.store.world().clone();
    Keys::open_alone(house.database(), house.root_key(), world).await.unwrap()
}

/// Turns the organisation's key as far as it goes at once.
async fn turned(house: &TestStore, org: OrgId, version: u32) {
    house.store.keys().turn(org, version).await.unwrap();
    house.clock.advance_ms(LEARNT_MS);
    while house.store.keys().rewrap_some(org, version, 256).await.unwrap() {}
    house.store.keys().rewrap_indexes(org).await.unwrap();
}

fn places<'a>(org: OrgId, row: &'a [u8; 1]) -> Place<'a> {
    Place { org: org.bytes(), environment: None, table: "t", column: "c", row, owner: None }
}

both_engines! {
    async fn after_a_turn_everything_opens_and_nothing_is_under_the_version_before(house: TestStore) {
        let (ctx, other) = (house.organisation().await, house.organisation().await);
        let (org, keys) = (ctx.org.id, house.store.keys());
        let (slots, theirs) = (minted(&house, org, 300).await, minted(&house, other.org.id, 3).await);
        let before = keys.organisation(org).await.unwrap();
        let hash = before.purpose("suppression").mac(&[b"somebody"]);
        let sealed = before.seal("settings", &places(org, b"1"), b"old", &SystemRng);
        let told = before.seal_audit(&ctx, b"details");
        let index = keys.epochs(org, ctx.now()).await.unwrap().current.index(ctx.org.environment, "phone").of("x");
        keys.turn(org, 2).await.unwrap();
        assert!(!keys.rewrap_some(org, 2, 256).await.unwrap(), "it is too early: another node may not know it");
        assert_eq!(keys.organisation(org).await.unwrap().version(), 1);
        turned(&house, org, 2).await;
        let after = keys.organisation(org).await.unwrap();
        assert_eq!((after.version(), after.versions()), (2, vec![2, 1]));
        assert!(after.is_outdated(&sealed));
        assert_eq!(&after.open("settings", &places(org, b"1"), &sealed).unwrap()[..], b"old");
        assert!(!keys.destroy_before(org, 2).await.unwrap(), "whoever began under it may not have finished");
        house.clock.advance_ms(GRACE_MS);
        assert!(keys.destroy_before(org, 2).await.unwrap());
        let after = keys.organisation(org).await.unwrap();
        assert_eq!(after.versions(), [2]);
        assert!(after.open("settings", &places(org, b"1"), &sealed).is_err(), "the version before opens nothing");
        assert_eq!(after.purpose("suppression").mac(&[b"somebody"]), hash, "hashes stay what they are");
        assert_eq!(&after.open_audit(ctx.now(), ctx.request.bytes(), &told).unwrap()[..], b"details");
        let alone = fresh(&house).await;
        all_open(&alone, org, &slots).await;
        all_open(&alone, other.org.id, &theirs).await;
        assert_eq!(alone.organisation(other.org.id).await.unwrap().version(), 1);
        let same = alone.epochs(org, ctx.now()).await.unwrap().current.index(ctx.org.environment, "phone").of("x");
        assert_eq!(same, index);
    }

    async fn a_turn_that_dies_anywhere_goes_on_where_it_was(house: TestStore) {
        let ctx = house.organisation().await;
        let org = ctx.org.id;
        let slots = minted(&house, org, 700).await;
        house.store.keys().turn(org, 2).await.unwrap();
        let house = house.reopened().await;
        house.store.keys().turn(org, 2).await.unwrap();
        house.clock.advance_ms(LEARNT_MS);
        assert!(house.store.keys().rewrap_some(org, 2, 256).await.unwrap());
        let first = house.store.keys().turn_standing(org, 2).await.unwrap().unwrap();
        assert!(first.slots > 0 && first.slots < first.total, "{first:?}");
        let house = house.reopened().await;
        assert_eq!(house.store.keys().turn_standing(org, 2).await.unwrap(), Some(first), "it doesn't begin anew");
        all_open(house.store.keys(), org, &slots).await;
        while house.store.keys().rewrap_some(org, 2, 256).await.unwrap() {}
        let house = house.reopened().await;
        house.store.keys().rewrap_indexes(org).await.unwrap();
        house.clock.advance_ms(GRACE_MS);
        assert!(house.store.keys().destroy_before(org, 2).await.unwrap());
        assert!(house.store.keys().destroy_before(org, 2).await.unwrap(), "done again it changes nothing");
        let house = house.reopened().await;
        all_open(house.store.keys(), org, &slots).await;
        assert_eq!(house.store.keys().organisation(org).await.unwrap().versions(), [2]);
    }

    async fn what_is_minted_or_shredded_during_a_turn_is_there_or_gone_after_it(house: TestStore) {
        let ctx = house.organisation().await;
        let (org, keys) = (ctx.org.id, house.store.keys());
        let slots = minted(&house, org, 20).await;
        keys.turn(org, 2).await.unwrap();
        let during = minted(&house, org, 40).await;
        house.clock.advance_ms(LEARNT_MS);
        keys.shred(org, vec![slots[0].id, during[0].id]).await.unwrap();
        while keys.rewrap_some(org, 2, 256).await.unwrap() {}
        keys.rewrap_indexes(org).await.unwrap();
        house.clock.advance_ms(GRACE_MS);
        assert!(keys.destroy_before(org, 2).await.unwrap());
        let alone = fresh(&house).await;
        for gone in [slots[0].id, during[0].id] {
            assert!(matches!(alone.slot(org, gone).await, Err(StoreError::KeyGone)));
        }
        all_open(&alone, org, &slots[1..]).await;
        all_open(&alone, org, &during[1..]).await;
    }

    async fn a_slot_left_behind_keeps_the_version_it_is_under(house: TestStore) {
        let ctx = house.organisation().await;
        let (org, keys) = (ctx.org.id, house.store.keys());
        let slots = minted(&house, org, 5).await;
        keys.turn(org, 2).await.unwrap();
        house.clock.advance_ms(LEARNT_MS + GRACE_MS);
        assert!(!keys.destroy_before(org, 2).await.unwrap(), "nothing was wrapped anew yet");
        while keys.rewrap_some(org, 2, 256).await.unwrap() {}
        assert!(keys.destroy_before(org, 2).await.unwrap());
        all_open(&fresh(&house).await, org, &slots).await;
    }

    async fn the_root_key_turns_beside_a_server_that_runs(house: TestStore) {
        let (ctx, later) = (house.organisation().await, house.organisation().await);
        let org = ctx.org.id;
        let slots = minted(&house, org, 3).await;
        let (old, new) = (house.root_key(), RootKey::generate(&SystemRng));
        let beside = fresh(&house).await;
        assert!(beside.turn_root(&new).await.unwrap() >= 4);
        assert_eq!(beside.turn_root(&new).await.unwrap(), 0, "done again it changes nothing");
        // The server knows of nothing, and makes keys for somebody new, and opens what it has forgotten.
        house.clock.advance_ms(3_000);
        let made = minted(&house, later.org.id, 2).await;
        all_open(house.store.keys(), org, &slots).await;
        let standing = house.store.keys().root().await.unwrap();
        assert!(standing.turning && standing.newest == new.id());
        assert!(matches!(beside.finish_root().await, Err(StoreError::Unsuitable(_))), "by the key before it isn't finished");
        let world = house.store.world().clone();
        let ours = Keys::open_alone(house.database(), RootKey::parse(&new.to_file_text()).unwrap(), world).await.unwrap();
        assert!(matches!(ours.finish_root().await, Err(StoreError::Unsuitable(_))), "servers still learn of it");
        house.clock.advance_ms(61_000);
        ours.finish_root().await.unwrap();
        all_open(house.store.keys(), later.org.id, &made).await;
        house.clock.advance_ms(3_000);
        all_open(house.store.keys(), org, &slots).await;
        assert!(!ours.root().await.unwrap().turning);
        let world = house.store.world().clone();
        let refused = Keys::open_alone(house.database(), old, world).await.err();
        assert!(matches!(refused, Some(StoreError::WrongRoot)), "the key before opens nothing: {refused:?}");
        let house = house.with_root_key(&new).reopened().await;
        all_open(house.store.keys(), org, &slots).await;
        all_open(house.store.keys(), later.org.id, &made).await;
    }

    async fn between_two_root_keys_either_opens_everything(house: TestStore) {
        let ctx = house.organisation().await;
        let slots = minted(&house, ctx.org.id, 3).await;
        let new = RootKey::generate(&SystemRng);
        fresh(&house).await.turn_root(&new).await.unwrap();
        let house = house.reopened().await;
        all_open(house.store.keys(), ctx.org.id, &slots).await;
        let other = RootKey::generate(&SystemRng);
        assert!(house.store.keys().turn_root(&other).await.is_err(), "one at a time");
        let house = house.with_root_key(&new).reopened().await;
        all_open(house.store.keys(), ctx.org.id, &slots).await;
    }

    async fn index_keys_turn_when_somebody_says_so(house: TestStore) {
        let ctx = house.organisation().await;
        let (org, keys) = (ctx.org.id, house.store.keys());
        let of = |epochs: &sealpost_store::Epochs| epochs.current.index(ctx.org.environment, "phone").of("x");
        let before = keys.epochs(org, ctx.now()).await.unwrap();
        let from = keys.turn_indexes(org).await.unwrap();
        assert_eq!(keys.epochs(org, ctx.now()).await.unwrap().current.epoch, before.current.epoch, "every node learns first");
        house.clock.advance_ms(from.since(ctx.now()));
        let after = keys.epochs(org, ctx.now()).await.unwrap();
        assert_eq!(after.current.epoch, before.current.epoch.next());
        assert_eq!(after.before[0].epoch, before.current.epoch, "what stands under the one before is still found");
        assert_ne!(of(&after), of(&before));
        house.clock.advance_ms(31 * DAY_MS);
        let later = keys.epochs(org, ctx.now()).await.unwrap();
        assert_eq!(later.current.epoch, after.current.epoch.next(), "the calendar goes on from there");
    }

    async fn a_copy_is_restored_where_there_are_no_keys_and_opens_the_same(house: TestStore) {
        let (ctx, other) = (house.organisation().await, house.organisation().await);
        let slots = minted(&house, ctx.org.id, 2500).await;
        let theirs = minted(&house, other.org.id, 2).await;
        turned(&house, other.org.id, 2).await;
        let (to, copy_keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let older = house.store.keys().copy(to.path(), copy_keys.path()).await.unwrap();
        house.clock.advance_ms(1);
        let copy = house.store.keys().copy(to.path(), copy_keys.path()).await.unwrap();
        assert!(copy.rows > 2500 && !older.file.exists(), "only the latest state is kept");
        let restored = tempfile::tempdir().unwrap();
        let elsewhere = || Database::Sqlite { folder: restored.path().to_owned() };
        let clock = || house.store.world().clone();
        let restore = || Keys::restore(elsewhere(), house.root_key(), clock(), &copy.file, copy_keys.path());
        assert_eq!(restore().await.unwrap(), copy.rows);
        assert!(matches!(restore().await, Err(StoreError::Unsuitable(_))), "not over keys that are there");
        let keys = Keys::open_alone(elsewhere(), house.root_key(), clock()).await.unwrap();
        all_open(&keys, ctx.org.id, &slots).await;
        all_open(&keys, other.org.id, &theirs).await;
    }

    async fn after_seven_days_nobody_opens_a_copy(house: TestStore) {
        let ctx = house.organisation().await;
        minted(&house, ctx.org.id, 3).await;
        let (to, copy_keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let copy = house.store.keys().copy(to.path(), copy_keys.path()).await.unwrap();
        assert!(copy.ends_at.since(ctx.now()) <= 7 * DAY_MS);
        let never = sealpost_store::Time::from_unix_ms(i64::MIN);
        assert_eq!(house.store.keys().end_copies(never).await.unwrap(), 0);
        house.clock.advance_ms(7 * DAY_MS);
        assert_eq!(house.store.keys().end_copies(never).await.unwrap(), 1);
        let key_files = std::fs::read_dir(copy_keys.path()).unwrap().filter(|entry| {
            entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "key")
        });
        assert_eq!(key_files.count(), 0);
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = Database::Sqlite { folder: folder.path().to_owned() };
        let restored = Keys::restore(elsewhere, house.root_key(), world().0, &copy.file, copy_keys.path()).await;
        assert!(matches!(restored, Err(StoreError::Unsuitable(_))));
    }

    async fn keys_of_copies_whose_folder_is_not_there_are_not_taken_for_destroyed(house: TestStore) {
        house.organisation().await;
        let (to, copy_keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        house.store.keys().copy(to.path(), copy_keys.path()).await.unwrap();
        let now = house.store.world().clock.now();
        let away = copy_keys.path().join("sealpost-copy-keys");
        let content = std::fs::read(&away).unwrap();
        std::fs::remove_file(&away).unwrap();
        assert!(house.store.keys().end_copies(now).await.is_err());
        std::fs::write(&away, content).unwrap();
        assert_eq!(house.store.keys().end_copies(now).await.unwrap(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_cut_off_or_changed_is_no_copy() {
    let house = TestStore::sqlite().await;
    let ctx = house.organisation().await;
    minted(&house, ctx.org.id, 2000).await;
    let (to, copy_keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let copy = house.store.keys().copy(to.path(), copy_keys.path()).await.unwrap();
    let bytes = std::fs::read(&copy.file).unwrap();
    let wrong = to.path().join("wrong");
    let lengths = [0, 10, 24, 30, bytes.len() / 2, bytes.len() - 1];
    let flips = [0, 16, 23, 26, 40, bytes.len() / 2, bytes.len() - 1];
    let cut = lengths.map(|length| bytes[..length].to_vec()).into_iter();
    let changed = flips.map(|at| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        bytes
    });
    for bytes in cut.chain(changed) {
        std::fs::write(&wrong, bytes).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = Database::Sqlite { folder: folder.path().to_owned() };
        let restored = Keys::restore(elsewhere, house.root_key(), world().0, &wrong, copy_keys.path()).await;
        assert!(restored.is_err());
    }
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = Database::Sqlite { folder: folder.path().to_owned() };
    let other = RootKey::generate(&SystemRng);
    let restored = Keys::restore(elsewhere, other, world().0, &copy.file, copy_keys.path()).await;
    assert!(matches!(restored, Err(StoreError::WrongRoot)), "the day's key takes the root key, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_from_before_keeps_its_hashes_when_its_key_turns() {
    let house = TestStore::sqlite().await;
    let ctx = house.organisation().await;
    let org = ctx.org.id;
    house.store.keys().organisation(org).await.unwrap();
    let [_, keys] = support::sqlite(&house);
    keys.execute("delete from named_key where org = ?1 and name = 'lasting'", [org.bytes()]).unwrap();
    drop(keys);
    let house = house.reopened().await;
    let before = house.store.keys().organisation(org).await.unwrap();
    let hash = before.purpose("suppression").mac(&[b"somebody"]);
    let told = before.seal_audit(&ctx, b"details");
    turned(&house, org, 2).await;
    house.clock.advance_ms(GRACE_MS);
    assert!(house.store.keys().destroy_before(org, 2).await.unwrap());
    let house = house.reopened().await;
    let after = house.store.keys().organisation(org).await.unwrap();
    assert_eq!(after.versions(), [2]);
    assert_eq!(after.purpose("suppression").mac(&[b"somebody"]), hash);
    assert_eq!(&after.open_audit(house.store.world().clock.now(), ctx.request.bytes(), &told).unwrap()[..], b"details");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_before_is_in_no_file_after_a_turn() {
    let house = TestStore::sqlite().await;
    let ctx = house.organisation().await;
    let org = ctx.org.id;
    let slot: SlotId = minted(&house, org, 5).await[0].id;
    let [_, keys] = support::sqlite(&house);
    let key: Vec<u8> = keys
        .query_row("select wrapped from named_key where org = ?1 and name = 'organisation'", [org.bytes()], |row| {
            row.get(0)
        })
        .unwrap();
    let wrapped: Vec<u8> =
        keys.query_row("select wrapped from slot where id = ?1", [slot.bytes()], |row| row.get(0)).unwrap();
    drop(keys);
    let is_there = |bytes: &[u8]| {
        std::fs::read_dir(house.folder.as_ref().unwrap().path()).unwrap().any(|entry| {
            let file = std::fs::read(entry.unwrap().path()).unwrap();
            file.windows(bytes.len()).any(|window| window == bytes)
        })
    };
    assert!(is_there(&key) && is_there(&wrapped));
    turned(&house, org, 2).await;
    house.clock.advance_ms(GRACE_MS);
    assert!(house.store.keys().destroy_before(org, 2).await.unwrap());
    assert!(!is_there(&key), "the version before");
    assert!(!is_there(&wrapped), "what it wrapped");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_at_a_turn_at_once_do_it_once() {
    let Some(house) = TestStore::postgres().await else { return };
    let ctx = house.organisation().await;
    let org = ctx.org.id;
    let slots = minted(&house, org, 900).await;
    let other = house.another_node().await.unwrap();
    let (ours, theirs) = (house.store.keys().clone(), other.keys().clone());
    let (one, two) = tokio::join!(ours.turn(org, 2), theirs.turn(org, 2));
    one.and(two).unwrap();
    house.clock.advance_ms(LEARNT_MS);
    let run = |keys: Keys| async move { while keys.rewrap_some(org, 2, 256).await.unwrap() {} };
    tokio::join!(run(ours.clone()), run(theirs.clone()));
    let standing = ours.turn_standing(org, 2).await.unwrap().unwrap();
    assert!(standing.slots >= 900 && standing.slots < 2 * standing.total, "twice: {standing:?}");
    let (one, two) = tokio::join!(ours.rewrap_indexes(org), theirs.rewrap_indexes(org));
    one.and(two).unwrap();
    house.clock.advance_ms(GRACE_MS);
    let (one, two) = tokio::join!(ours.destroy_before(org, 2), theirs.destroy_before(org, 2));
    assert!(one.unwrap() || two.unwrap());
    all_open(&ours, org, &slots).await;
    all_open(&theirs, org, &slots).await;
    all_open(&fresh(&house).await, org, &slots).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hears_nothing_opens_nothing_of_an_erased_person_after_five_seconds() {
    let Some(house) = TestStore::postgres().await else { return };
    let ctx = house.organisation().await;
    let org = ctx.org.id;
    let slot = minted(&house, org, 1).await.remove(0);
    let other = house.another_node().await.unwrap();
    assert!(other.keys().slot(org, slot.id).await.is_ok());
    // Nobody is told: as on a node whose connection to the bus broke.
    house.store.keys().shred(org, vec![slot.id]).await.unwrap();
    let forgotten = async {
        while other.keys().slot(org, slot.id).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let in_time = tokio::time::timeout(std::time::Duration::from_secs(5), forgotten).await;
    assert!(in_time.is_ok(), "it is still opened");
    assert!(matches!(other.keys().slot(org, slot.id).await, Err(StoreError::KeyGone)));
}
