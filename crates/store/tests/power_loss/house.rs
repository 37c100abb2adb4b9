//! The store under load, and what its callers were told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use sealpost_ledger::Checkpoint;
use sealpost_seal::key::RootKey;
use sealpost_seal::rng::SystemRng;
use sealpost_store::testing::TestClock;
use sealpost_store::{
    Ctx, Database, Environment, EventId, Leaf, NewJob, Org, OrgId, Store, StoreConfig, StoreError, Tx, World, org_sql,
    sql,
};

use crate::chance::Chance;
use crate::disk::Disk;

const TASKS: u64 = 6;
const JOBS: u64 = 8;
/// The longest content: several pages, so that a commit is many writes.
const LONGEST: u64 = 40_000;

/// An installation that outlives power cuts, and what it has promised so far.
pub(crate) struct House {
    root: String,
    pub(crate) world: World,
    pub(crate) org: Org,
    pub(crate) promises: Arc<Mutex<Promises>>,
}

/// What was answered with success; all of it must be there after every cut.
#[derive(Clone, Default)]
pub(crate) struct Promises {
    pub(crate) organisation: bool,
    /// Objects and the lengths of their contents.
    pub(crate) objects: BTreeMap<EventId, u64>,
    /// Objects whose job ended in an error of its own; none of them may ever be there.
    pub(crate) refused: BTreeSet<EventId>,
    /// Signed checkpoints, as a witness elsewhere would keep them.
    pub(crate) checkpoints: Vec<Checkpoint>,
}

impl House {
    pub(crate) fn new() -> Self {
        let world = World { clock: TestClock::new(), rng: Arc::new(SystemRng) };
        let org = Org { id: OrgId::new(&world), environment: Environment::Test };
        let root = RootKey::generate(&SystemRng).to_file_text().to_string();
        Self { root, world, org, promises: Arc::default() }
    }

    pub(crate) async fn open(&self, folder: &Path) -> Result<Store, StoreError> {
        Store::open(StoreConfig {
            database: Database::Sqlite { folder: folder.to_owned() },
            root: RootKey::parse(&self.root).unwrap(),
            world: self.world.clone(),
            origin: "sealpost.test/ledger".into(),
        })
        .await
    }

    pub(crate) fn ctx(&self) -> Ctx {
        Ctx::system(self.org, self.world.clone())
    }

    /// Opens the store on `disk` and lets several callers change things until they are through or the power is off.
    pub(crate) async fn live(&self, disk: &Disk, chance: &Chance) {
        let store = match self.open(disk.folder()).await {
            Ok(store) => store,
            Err(error) => return expect_darkness(disk, &error),
        };
        let known = self.promises.lock().unwrap().organisation;
        if !known && let Err(error) = store.maintain(&self.ctx(), found_organisation).await {
            return expect_darkness(disk, &error);
        }
        self.promises.lock().unwrap().organisation = true;
        let callers: Vec<_> = (0..TASKS)
            .map(|_| {
                let caller = Caller {
                    store: store.clone(),
                    ctx: self.ctx(),
                    promises: self.promises.clone(),
                    chance: Chance::new(chance.number()),
                };
                tokio::spawn(async move { caller.work().await })
            })
            .collect();
        for caller in callers {
            if let Err(error) = caller.await.unwrap() {
                expect_darkness(disk, &error);
            }
        }
    }
}

/// A fault is right only while the power is off.
fn expect_darkness(disk: &Disk, error: &StoreError) {
    assert!(disk.power_is_off(), "a fault under power: {error:?}");
}

fn found_organisation(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let now = tx.ctx().now();
    tx.put(
        org_sql!("insert into organisation (org, name, created_at) values ($1, $2, $3) on conflict do nothing"),
        &[&"Test", &now],
    )
}

struct Caller {
    store: Store,
    ctx: Ctx,
    promises: Arc<Mutex<Promises>>,
    chance: Chance,
}

impl Caller {
    async fn work(self) -> Result<(), StoreError> {
        for _ in 0..JOBS {
            match self.chance.below(10) {
                0 => self.refuse().await?,
                1 => self.checkpoint().await?,
                _ => self.make().await?,
            }
        }
        Ok(())
    }

    /// An object: rows in two tables, an outbox job and a ledger leaf in one transaction, under a key of the key store.
    async fn make(&self) -> Result<(), StoreError> {
        let slot = self.store.keys().mint(self.ctx.org.id).await?;
        let (id, length) = (EventId::new(&self.ctx.world), self.chance.below(LONGEST));
        self.store.write::<_, StoreError>(&self.ctx, move |tx| insert(tx, id, &slot.id.to_string(), length)).await?;
        self.promises.lock().unwrap().objects.insert(id, length);
        Ok(())
    }

    /// A job that does its work and then ends in an error.
    async fn refuse(&self) -> Result<(), StoreError> {
        let (id, length) = (EventId::new(&self.ctx.world), self.chance.below(LONGEST));
        self.promises.lock().unwrap().refused.insert(id);
        let refused = self.store.write::<(), StoreError>(&self.ctx, move |tx| {
            let _ = insert(tx, id, &id.to_string(), length)?;
            Err(StoreError::Missing("what this job wants"))
        });
        match refused.await {
            Err(StoreError::Missing(_)) => Ok(()),
            Err(fault) => Err(fault),
            Ok(()) => panic!("a refused job was kept"),
        }
    }

    async fn checkpoint(&self) -> Result<(), StoreError> {
        let key = self.store.verifier_key()?;
        for (_, row) in self.store.checkpoint().await? {
            let checkpoint = Checkpoint::parse_and_verify(&row.note, &key).unwrap();
            self.promises.lock().unwrap().checkpoints.push(checkpoint);
        }
        Ok(())
    }
}

fn insert(tx: &mut Tx<'_>, id: EventId, name: &str, length: u64) -> Result<sealpost_store::Recorded<()>, StoreError> {
    let now = tx.ctx().now();
    tx.put(
        sql!("insert into event (org, env, id, name, version, created_at) values ($1, $2, $3, $4, $5, $6)"),
        &[&id, &name, &length, &now],
    )?;
    tx.put(
        sql!(
            "insert into template_version (org, env, template, version, content, created_at)
             values ($1, $2, $3, 1, $4, $5)"
        ),
        &[&id, &content(id, length), &now],
    )?;
    tx.enqueue(NewJob::now("power.test", id.bytes()))?;
    Ok(tx.record(Leaf::of("event.create").on("event", id.bytes()), ()))
}

/// What an object holds: known from its id and length.
pub(crate) fn content(id: EventId, length: u64) -> String {
    id.to_string().chars().cycle().take(length as usize).collect()
}
