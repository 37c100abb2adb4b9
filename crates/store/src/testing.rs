//! What tests of all crates need: temporary stores on both engines, a clock they move, faults they cause.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use sealpost_seal::key::{Custody, RootKey};
use sealpost_seal::rng::{Rng, SystemRng};

use crate::clock::{Clock, Time};
use crate::ctx::{Actor, ActorKind, Ctx, Org, World};
use crate::error::StoreError;
use crate::ids::{OrgId, RequestId};
use crate::outbox;
use crate::sql;
use crate::store::{Database, Store, StoreConfig};
use crate::{Environment, org_sql};

/// The environment variable that names a PostgreSQL server tests may make databases on, as a role that may.
pub const POSTGRES: &str = "SEALPOST_TEST_POSTGRES";

/// A clock that tests move.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// Starts at 2026-01-15T09:30:00Z.
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_768_469_400_000)))
    }

    /// Moves time forward.
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Time {
        Time::from_unix_ms(self.0.load(Ordering::SeqCst))
    }
}

/// A world whose clock stands still until moved, with real randomness.
pub fn world() -> (World, Arc<TestClock>) {
    let clock = TestClock::new();
    (World { clock: clock.clone(), rng: Arc::new(SystemRng) }, clock)
}

/// A store for one test, gone afterwards.
pub struct TestStore {
    /// The store.
    pub store: Store,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// Its data folder, on SQLite.
    pub folder: Option<tempfile::TempDir>,
    /// The URLs of its databases, data and keys, on PostgreSQL.
    pub urls: Option<[String; 2]>,
    root: RootKeyText,
}

struct RootKeyText(String, Custody);

impl RootKeyText {
    fn of(root: &RootKey) -> Self {
        Self(root.to_file_text().to_string(), root.custody())
    }

    fn key(&self) -> RootKey {
        RootKey::parse(&self.0).unwrap_or_else(|e| fail(&e)).kept_by(self.1)
    }
}

impl TestStore {
    /// A fresh store on SQLite.
    pub async fn sqlite() -> Self {
        Self::sqlite_with(Arc::new(SystemRng)).await
    }

    /// A fresh store on SQLite with this randomness.
    pub async fn sqlite_with(rng: Arc<dyn Rng>) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|e| fail(&e));
        let root = RootKeyText::of(&RootKey::generate(&SystemRng));
        let clock = TestClock::new();
        let world = World { clock: clock.clone(), rng };
        let store = open(Database::Sqlite { folder: folder.path().to_owned() }, &root, world).await;
        Self { store, clock, folder: Some(folder), urls: None, root }
    }

    /// A fresh store on PostgreSQL, or nothing (said loudly) where no server is named; in CI that fails.
    pub async fn postgres() -> Option<Self> {
        let [data, keys] = postgres_databases().await?;
        let urls = Some([data.clone(), keys.clone()]);
        let root = RootKeyText::of(&RootKey::generate(&SystemRng));
        let (world, clock) = world();
        let store = open(on_server([data, keys]), &root, world).await;
        Some(Self { store, clock, folder: None, urls, root })
    }

    /// The same databases opened again, after the store was dropped: what is left of it after a restart.
    pub async fn reopened(self) -> Self {
        let Self { store, clock, folder, urls, root } = self;
        drop(store);
        let path = folder.as_ref().map(|f| f.path().to_owned()).unwrap_or_default();
        // The threads of the dropped store release the folder as they end.
        for _ in 0..200 {
            let world = World { clock: clock.clone(), rng: Arc::new(SystemRng) };
            let database = match urls.clone() {
                None => Database::Sqlite { folder: path.clone() },
                Some(urls) => on_server(urls),
            };
            match try_open(database, &root, world).await {
                Ok(store) => {
                    return Self { store, clock, folder, urls, root };
                }
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        }
        fail(&"the data folder stays locked")
    }

    /// The key store doesn't know any more that this person was erased: as one that was restored from a copy.
    pub async fn unerase(&self, ctx: &Ctx, contact: crate::ContactId) {
        let forgotten = self.store.keys().unerase(ctx.org, contact).await;
        forgotten.unwrap_or_else(|e| fail(&e));
    }

    /// The root key that it was opened with.
    pub fn root_key(&self) -> RootKey {
        self.root.key()
    }

    /// The same, with this root key from the next time on that it is opened.
    pub fn with_root_key(mut self, root: &RootKey) -> Self {
        self.root = RootKeyText::of(root);
        self
    }

    /// Where its databases are.
    pub fn database(&self) -> Database {
        match (&self.urls, &self.folder) {
            (Some(urls), _) => on_server(urls.clone()),
            (None, Some(folder)) => Database::Sqlite { folder: folder.path().to_owned() },
            (None, None) => fail(&"a store without a place"),
        }
    }

    /// Another process on the same databases, with the same clock; only PostgreSQL allows it.
    pub async fn another_node(&self) -> Option<Store> {
        let urls = self.urls.clone()?;
        let world = World { clock: self.clock.clone(), rng: Arc::new(SystemRng) };
        Some(open(on_server(urls), &self.root, world).await)
    }

    /// An organisation with nothing in it, and a context in its test environment.
    pub async fn organisation(&self) -> Ctx {
        let org = Org { id: OrgId::new(self.store.world()), environment: Environment::Test };
        let ctx = self.ctx(org);
        let made = self
            .store
            .maintain::<_, StoreError>(&ctx, |tx| {
                tx.put(
                    org_sql!("insert into organisation (org, name, created_at) values ($1, $2, $3)"),
                    &[&"Test", &tx.ctx().now()],
                )
            })
            .await;
        made.unwrap_or_else(|e| fail(&e));
        ctx
    }

    /// A context in `org`, acting as some key.
    pub fn ctx(&self, org: Org) -> Ctx {
        Ctx {
            org,
            actor: Actor { kind: ActorKind::Key, id: [7; 16] },
            viewer: sealpost_seal::viewer::Viewer::masked(),
            request: RequestId::new(self.store.world()),
            world: self.store.world().clone(),
        }
    }

    /// What a start does on a database with one node: whoever held a lease is dead.
    pub async fn end_leases(&self) {
        let ctx = Ctx::system(
            Org { id: OrgId::from_bytes([0; 16]), environment: Environment::Live },
            self.store.world().clone(),
        );
        self.store.maintain(&ctx, outbox::end_leases).await.unwrap_or_else(|e| fail(&e));
    }

    /// From now on no ledger leaf can be written, or it can again.
    pub fn break_ledger(&self, broken: bool) {
        self.store.break_ledger(broken);
    }

    /// How many outbox jobs this organisation has waiting.
    pub async fn jobs_waiting(&self, ctx: &Ctx) -> i64 {
        let count = self
            .store
            .read::<_, StoreError>(ctx, |tx| {
                tx.optional(sql!("select count(*) as n from outbox where org = $1 and env = $2"), &[], |row| {
                    row.get::<i64>("n")
                })
            })
            .await;
        count.unwrap_or_else(|e| fail(&e)).unwrap_or(0)
    }
}

/// An empty folder, gone afterwards.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap_or_else(|e| fail(&e))
}

/// The databases of data and keys on a PostgreSQL server.
fn on_server([data, keys]: [String; 2]) -> Database {
    Database::Postgres { data, keys, writers: 2, roots: Arc::new(rustls::RootCertStore::empty()) }
}

async fn open(database: Database, root: &RootKeyText, world: World) -> Store {
    try_open(database, root, world).await.unwrap_or_else(|e| fail(&e))
}

async fn try_open(database: Database, root: &RootKeyText, world: World) -> Result<Store, StoreError> {
    Store::open(StoreConfig { database, root: root.key(), world, origin: "sealpost.test/ledger".into() }).await
}

/// Fresh databases for data and keys, or nothing (said loudly) where no server is named; in CI that fails.
#[expect(clippy::disallowed_methods, reason = "where the server is, is the tests' own configuration")]
pub async fn postgres_databases() -> Option<[String; 2]> {
    let Some(server) = std::env::var(POSTGRES).ok() else {
        assert!(std::env::var("CI").is_err(), "{POSTGRES} is not set: the PostgreSQL half of this suite can't run");
        #[expect(clippy::print_stderr, reason = "a suite that can't run says so loudly")]
        {
            eprintln!("SKIPPED, LOUDLY: {POSTGRES} is not set, the PostgreSQL half of this test did not run");
        }
        return None;
    };
    Some([fresh_database(&server, "").await, fresh_database(&server, "").await])
}

/// The tablespace that `cargo xtask test` puts on a disk of its own, small enough to be filled up.
const CRAMPED: &str = "cramped";

/// Fresh databases on a small disk, and a folder on it where a test may leave what fills it up. Nothing (said loudly) where the
/// server has no such disk: mounting one takes root.
#[expect(clippy::disallowed_methods, reason = "where the server is, is the tests' own configuration")]
pub async fn cramped_databases() -> Option<([String; 2], std::path::PathBuf)> {
    let server = std::env::var(POSTGRES).ok()?;
    let client = connect(&server).await;
    let place = "select pg_tablespace_location(oid) from pg_tablespace where spcname = $1";
    let place = client.query_opt(place, &[&CRAMPED]).await.unwrap_or_else(|e| fail(&e));
    let Some(place) = place.map(|row| std::path::PathBuf::from(row.get::<_, String>(0))) else {
        #[expect(clippy::print_stderr, reason = "what can't run says so loudly")]
        {
            eprintln!(
                "SKIPPED, LOUDLY: the PostgreSQL server has no tablespace {CRAMPED}: `cargo xtask test` as root makes one"
            );
        }
        return None;
    };
    let left =
        "select datname::text from pg_database d join pg_tablespace t on t.oid = d.dattablespace where spcname = $1";
    for row in client.query(left, &[&CRAMPED]).await.unwrap_or_else(|e| fail(&e)) {
        let drop = format!("drop database {} with (force)", row.get::<_, String>(0));
        client.batch_execute(&drop).await.unwrap_or_else(|e| fail(&e));
    }
    let (place, on_it) = (place.parent().unwrap_or(&place).to_owned(), format!("tablespace {CRAMPED}"));
    Some(([fresh_database(&server, &on_it).await, fresh_database(&server, &on_it).await], place))
}

async fn connect(server: &str) -> tokio_postgres::Client {
    let (client, connection) =
        tokio_postgres::connect(server, tokio_postgres::NoTls).await.unwrap_or_else(|e| fail(&e));
    tokio::spawn(connection);
    client
}

static DATABASES: AtomicU64 = AtomicU64::new(0);

async fn fresh_database(server: &str, place: &str) -> String {
    let name = format!("t{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
    let client = connect(server).await;
    let (drop, create) = (format!("drop database if exists {name}"), format!("create database {name}"));
    for statement in [format!("{drop} with (force)"), format!("{create} {place}")] {
        client.batch_execute(&statement).await.unwrap_or_else(|e| fail(&e));
    }
    let (base, query) = server.split_once('?').unwrap_or((server, ""));
    let base = base.rsplit_once('/').map_or(base, |(base, _)| base);
    format!("{base}/{name}?{query}")
}

#[expect(clippy::panic, reason = "a test that can't be set up must stop")]
fn fail(why: &dyn std::fmt::Display) -> ! {
    panic!("{why}")
}

static PRAGMAS: std::sync::Mutex<&str> = std::sync::Mutex::new("");

/// What every SQLite connection opened from now on in this process is told after the store's own settings: how a harness
/// makes checkpoints frequent, or spoils durability to see itself fail.
pub fn tell_every_connection(pragmas: &'static str) {
    *PRAGMAS.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = pragmas;
}

pub(crate) fn pragmas() -> &'static str {
    *PRAGMAS.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A generator that repeats itself, for tests that need the same bytes twice.
#[derive(Debug)]
pub struct SeededRng(AtomicU64);

impl SeededRng {
    /// The generator that starts from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Rng for SeededRng {
    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let bytes = (z ^ (z >> 31)).to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

/// Runs one test on both engines: `both_engines! { async fn name(store: TestStore) { … } }` makes `name::on_sqlite` and
/// `name::on_postgres`.
#[macro_export]
macro_rules! both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($house:ident: TestStore) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn run($house: $crate::testing::TestStore) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                run($crate::testing::TestStore::sqlite().await).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                if let Some(store) = $crate::testing::TestStore::postgres().await {
                    run(store).await;
                }
            }
        }
    )+};
}
