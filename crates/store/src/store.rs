//! The store: data, keys and the bus, opened together.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

use sealpost_ledger::{Checkpoint, Hash, NodeSource, VerifierKey};
use sealpost_seal::key::RootKey;
use sealpost_seal::rng;

use crate::bus::Bus;
use crate::census::{self, Census};
use crate::clock::Time;
use crate::ctx::{Ctx, Org, World};
use crate::db::Db;
use crate::directory::{self, Credential, CredentialKind};
use crate::error::StoreError;
use crate::failpoint::{self, Point};
use crate::ids::OrgId;
use crate::keys::Keys;
use crate::ledger::{self, Appender, CheckpointRow, LeafRow, LedgerHead};
use crate::outbox::{self, Claim};
use crate::stream::{self, Unstreamed};
use crate::tx::{Recorded, Tx};
use crate::{Environment, migrate, postgres, prune, sqlite};

/// Where the data and the keys are.
#[derive(Clone)]
pub enum Database {
    /// `data.db` and `keys.db` in this folder, which one process at a time may use.
    Sqlite {
        /// The data folder.
        folder: PathBuf,
    },
    /// Two PostgreSQL databases: the data's backups must not contain the keys.
    Postgres {
        /// `postgres://` URL of the data.
        data: String,
        /// `postgres://` URL of the keys.
        keys: String,
        /// Connections that write; each is a thread.
        writers: usize,
        /// PEM certificates trusted besides the public roots.
        roots: Arc<rustls::RootCertStore>,
    },
}

/// What is where a store would be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing.
    Empty,
    /// The data or the keys of a Sealpost.
    Sealpost,
    /// Something else.
    Foreign,
}

impl Database {
    /// What is there already. Looks, and makes nothing; what [`Store::open`] would refuse is an error here, too.
    pub async fn standing(&self) -> Result<Standing, StoreError> {
        match self {
            Self::Sqlite { folder } => {
                let there = ["data.db", "keys.db"].iter().any(|name| folder.join(name).exists());
                Ok(if there { Standing::Sealpost } else { Standing::Empty })
            }
            Self::Postgres { data, keys, roots, .. } => {
                postgres::standing(&postgres::Server::new(data, roots)?, &postgres::Server::new(keys, roots)?).await
            }
        }
    }
}

/// What a store is opened with.
pub struct StoreConfig {
    /// Where the data and the keys are.
    pub database: Database,
    /// The key that opens all others.
    pub root: RootKey,
    /// Time and chance.
    pub world: World,
    /// What checkpoints call this installation's logs, e.g. `sealpost.example/ledger`.
    pub origin: String,
}

/// The door to storage; cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    data: Db,
    keys: Keys,
    bus: Bus,
    world: World,
    origin: String,
    #[cfg(feature = "testing")]
    broken_ledger: Arc<std::sync::atomic::AtomicBool>,
    /// Whether no other process can use the same data.
    alone: bool,
    /// Held as long as the store: only one process may use a data folder.
    _folder: Option<std::fs::File>,
}

/// Where what belongs to no organisation is done.
const INSTALLATION_SCOPE: Org = Org { id: crate::keys::INSTALLATION, environment: Environment::Live };

impl Store {
    /// Opens the databases, migrating them first.
    pub async fn open(config: StoreConfig) -> Result<Self, StoreError> {
        let bus = Bus::default();
        #[cfg(feature = "testing")]
        let broken_ledger = Arc::<std::sync::atomic::AtomicBool>::default();
        let appender = |exclusive: bool| {
            let appender = if exclusive { Appender::exclusive() } else { Appender::shared() };
            #[cfg(feature = "testing")]
            let appender = appender.breakable(broken_ledger.clone());
            appender
        };
        let (data, keys, folder, alone) = match config.database {
            Database::Sqlite { folder } => {
                let lock = lock_folder(&folder)?;
                let data = sqlite::open(&folder.join("data.db"), appender(true), bus.clone(), migrate::DATA)?;
                let keys = sqlite::open(&folder.join("keys.db"), Appender::none(), Bus::default(), migrate::KEYS)?;
                (data, keys, Some(lock), true)
            }
            Database::Postgres { data, keys, writers, roots } => {
                let node = rng::array::<8>(&*config.world.rng);
                let server = postgres::Server::new(&data, &roots)?;
                let data =
                    postgres::open(server.clone(), writers, || appender(false), bus.clone(), node, migrate::DATA)
                        .await?;
                postgres::listen(server, node, bus.clone());
                let keys = postgres::open(
                    postgres::Server::new(&keys, &roots)?,
                    1,
                    Appender::none,
                    Bus::default(),
                    node,
                    migrate::KEYS,
                )
                .await?;
                (data, keys, None, false)
            }
        };
        let ctx = Arc::new(Ctx::system(INSTALLATION_SCOPE, config.world.clone()));
        let inhabited = !data.read(ctx, directory::organisations).await?.is_empty();
        let keys = Keys::open(keys, config.root, config.world.clone(), inhabited).await?;
        keys.listen(&bus);
        let store = Self(Arc::new(Inner {
            data,
            keys,
            bus,
            world: config.world,
            origin: config.origin,
            #[cfg(feature = "testing")]
            broken_ledger,
            alone,
            _folder: folder,
        }));
        if alone {
            store.0.data.write(store.installation(), outbox::end_leases).await?;
            store.0.data.write(store.installation(), stream::end_leases).await?;
        }
        Ok(store)
    }

    /// Time and chance.
    pub fn world(&self) -> &World {
        &self.0.world
    }

    /// Whether no other process can use the same data: whatever an earlier one had in memory is gone.
    pub fn is_alone(&self) -> bool {
        self.0.alone
    }

    /// The key store.
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// Where changes are told after their commit.
    pub fn bus(&self) -> &Bus {
        &self.0.bus
    }

    /// What checkpoints call the log of this organisation.
    pub fn ledger_origin(&self, org: OrgId) -> String {
        format!("{}/{org}", self.0.origin)
    }

    /// The key that checkpoints verify under, as an auditor has to get it by another way than the export.
    pub fn verifier_key(&self) -> Result<VerifierKey, StoreError> {
        VerifierKey::new(self.0.origin.clone(), self.0.keys.signing().public()).map_err(|_| {
            StoreError::Unsuitable("the ledger's origin has a character that checkpoints can't carry".into())
        })
    }

    /// Changes something: runs `f` in a transaction and returns once it, and the ledger leaf it recorded, are durable.
    pub async fn write<T, E>(
        &self,
        ctx: &Ctx,
        f: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<T>, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.0.data.write(Arc::new(ctx.clone()), |tx| f(tx).map(|recorded| recorded.0)).await
    }

    /// Changes what isn't anybody's act: leases, counters, expiry. Everything else goes through [`Store::write`].
    pub async fn maintain<T, E>(
        &self,
        ctx: &Ctx,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.0.data.write(Arc::new(ctx.clone()), f).await
    }

    /// Runs `f` against one snapshot.
    pub async fn read<T, E>(
        &self,
        ctx: &Ctx,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.0.data.read(Arc::new(ctx.clone()), f).await
    }

    /// Looks at a few rows by key, in place where the engine allows; anything longer is a [`Store::read`].
    pub async fn peek<T, E>(
        &self,
        ctx: &Ctx,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.0.data.peek(Arc::new(ctx.clone()), f).await
    }

    /// Whose credential this is, by the keyed hash of its token.
    pub async fn credential(&self, kind: CredentialKind, mac: [u8; 32]) -> Result<Option<Credential>, StoreError> {
        self.0.data.peek(self.installation(), move |tx| directory::find(tx, kind, &mac)).await
    }

    /// Every organisation there is.
    pub async fn organisations(&self) -> Result<Vec<OrgId>, StoreError> {
        self.0.data.read(self.installation(), directory::organisations).await
    }

    /// Claims outbox jobs whose lease has run out: those for now that a crash left, those for later that are due.
    pub async fn sweep(&self, limit: u32) -> Result<Vec<Claim>, StoreError> {
        self.0.data.write(self.installation(), move |tx| outbox::claim_lapsed(tx, limit)).await
    }

    /// Removes idempotent answers that have expired; answers how many.
    pub async fn forget_expired_answers(&self, limit: u32) -> Result<u64, StoreError> {
        self.0.data.write(self.installation(), move |tx| crate::directory::forget_expired_answers(tx, limit)).await
    }

    /// Leaves nothing of what was deleted in the files of either database, as far as the engine can be told.
    pub async fn leave_nothing_deleted(&self) -> Result<(), StoreError> {
        self.0.data.leave_nothing_deleted().await?;
        self.0.keys.leave_nothing_deleted().await
    }

    /// What there is, counted over all organisations.
    pub async fn census(&self) -> Result<Census, StoreError> {
        self.0.data.read(self.installation(), census::take).await
    }

    /// Whether both databases can be written: a full disk is still read.
    pub async fn ready(&self) -> bool {
        self.data_can_be_written().await && self.0.keys.can_be_written().await
    }

    /// Whether the database of the data can be written.
    pub async fn data_can_be_written(&self) -> bool {
        self.0.data.has_room(self.installation(), directory::leave_no_trace).await
    }

    /// Where the organisation's log ends, and how many leaves are under a checkpoint.
    pub async fn ledger_head(&self, ctx: &Ctx) -> Result<Option<(LedgerHead, u64)>, StoreError> {
        self.read(ctx, ledger::standing).await
    }

    /// Leaves from `from` on, in order.
    pub async fn ledger_leaves(&self, ctx: &Ctx, from: u64, limit: u32) -> Result<Vec<LeafRow>, StoreError> {
        self.read(ctx, move |tx| ledger::leaves(tx, from, limit)).await
    }

    /// Checkpoints that cover at least `from` leaves, smallest first.
    pub async fn ledger_checkpoints(&self, ctx: &Ctx, from: u64, limit: u32) -> Result<Vec<CheckpointRow>, StoreError> {
        self.read(ctx, move |tx| ledger::checkpoints(tx, from, limit)).await
    }

    /// The newest checkpoint.
    pub async fn ledger_checkpoint(&self, ctx: &Ctx) -> Result<Option<CheckpointRow>, StoreError> {
        self.read(ctx, ledger::latest_checkpoint).await
    }

    /// Deletes the details of up to `most` leaves of the organisation that are under a checkpoint signed before `cutoff`; answers
    /// how many leaves it has passed.
    pub async fn prune_ledger(&self, ctx: &Ctx, cutoff: Time, most: u64) -> Result<u64, StoreError> {
        self.maintain(ctx, move |tx| prune::pass(tx, cutoff, most)).await
    }

    /// Runs `f` against one snapshot of the organisation's tree.
    pub async fn ledger_tree<T, E>(
        &self,
        ctx: &Ctx,
        f: impl FnOnce(&Tree<'_, '_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.read(ctx, |tx| f(&Tree(RefCell::new(tx)))).await
    }

    /// Takes the lease of a stream of the ledger, or keeps it, for `ms` milliseconds; false while another holder has it.
    pub async fn hold_stream(&self, stream: &'static str, holder: [u8; 16], ms: i64) -> Result<bool, StoreError> {
        self.0.data.write(self.installation(), move |tx| stream::hold(tx, stream, holder, ms)).await
    }

    /// Up to `limit` organisations after `after` with leaves that the stream has not delivered, in order of their ids.
    pub async fn unstreamed(
        &self,
        stream: &'static str,
        after: OrgId,
        limit: u32,
    ) -> Result<Vec<Unstreamed>, StoreError> {
        self.0.data.read(self.installation(), move |tx| stream::behind(tx, stream, after, limit)).await
    }

    /// How many leaves of all organisations the stream has not delivered.
    pub async fn stream_backlog(&self, stream: &'static str) -> Result<u64, StoreError> {
        self.0.data.read(self.installation(), move |tx| stream::backlog(tx, stream)).await
    }

    /// Records that of each organisation named everything before the number beside it is delivered, and keeps the lease for
    /// `ms` more milliseconds. False, and nothing recorded, if another holder has it by now.
    pub async fn streamed(
        &self,
        stream: &'static str,
        holder: [u8; 16],
        ms: i64,
        delivered: Vec<(OrgId, u64)>,
    ) -> Result<bool, StoreError> {
        self.0
            .data
            .write(self.installation(), move |tx| {
                let held = stream::hold(tx, stream, holder, ms)?;
                if held {
                    stream::advance(tx, stream, &delivered)?;
                }
                Ok(held)
            })
            .await
    }

    /// Signs a checkpoint for every organisation whose log has grown since its last; answers the notes.
    pub async fn checkpoint(&self) -> Result<Vec<(OrgId, CheckpointRow)>, StoreError> {
        let mut signed = Vec::new();
        for org in self.0.data.read(self.installation(), |tx| ledger::unsigned(tx, 256)).await? {
            let ctx = Ctx::system(org, self.0.world.clone());
            if let Some(row) = self.checkpoint_for(&ctx).await? {
                signed.push((org.id, row));
            }
        }
        Ok(signed)
    }

    async fn checkpoint_for(&self, ctx: &Ctx) -> Result<Option<CheckpointRow>, StoreError> {
        let Some((head, covered)) = self.read(ctx, ledger::standing).await? else {
            return Ok(None);
        };
        let size = head.frontier.size();
        if size <= covered {
            return Ok(None);
        }
        let checkpoint = Checkpoint::new(self.ledger_origin(ctx.org.id), size, head.frontier.root())
            .map_err(|_| StoreError::Unrecorded)?;
        let signing = self.0.keys.signing();
        let note = checkpoint.sign(&self.verifier_key()?, &|text| signing.sign(text));
        let row = CheckpointRow { size, at: ctx.now(), note };
        let kept = row.clone();
        failpoint::pass(Point::Checkpoint);
        self.maintain(ctx, move |tx| ledger::keep_checkpoint(tx, &kept)).await?;
        Ok(Some(row))
    }

    /// A context for what belongs to no organisation.
    fn installation(&self) -> Arc<Ctx> {
        Arc::new(Ctx::system(INSTALLATION_SCOPE, self.0.world.clone()))
    }

    #[cfg(feature = "testing")]
    pub(crate) fn break_ledger(&self, broken: bool) {
        self.0.broken_ledger.store(broken, std::sync::atomic::Ordering::Relaxed);
    }
}

/// One organisation's Merkle tree, as it stands in a snapshot.
pub struct Tree<'t, 'e>(RefCell<&'t mut Tx<'e>>);

impl Tree<'_, '_> {
    /// Where the log ends.
    pub fn head(&self) -> Result<Option<LedgerHead>, StoreError> {
        Ok(ledger::standing(&mut self.0.borrow_mut())?.map(|(head, _)| head))
    }

    /// The leaf at this position.
    pub fn leaf(&self, seq: u64) -> Result<Option<LeafRow>, StoreError> {
        Ok(ledger::leaves(&mut self.0.borrow_mut(), seq, 1)?.into_iter().find(|row| row.seq == seq))
    }
}

impl NodeSource for Tree<'_, '_> {
    type Error = StoreError;

    fn leaf_hashes(&self, from: u64, to: u64) -> Result<Vec<Hash>, StoreError> {
        let limit = u32::try_from(to.saturating_sub(from)).unwrap_or(u32::MAX);
        Ok(ledger::leaves(&mut self.0.borrow_mut(), from, limit)?.iter().map(|row| row.hash).collect())
    }

    fn node(&self, level: u8, index: u64) -> Result<Hash, StoreError> {
        ledger::node(&mut self.0.borrow_mut(), level, index)?.ok_or(StoreError::Missing("ledger_node"))
    }
}

/// Makes sure that no other process uses the folder, for as long as the file is open.
fn lock_folder(folder: &std::path::Path) -> Result<std::fs::File, StoreError> {
    std::fs::create_dir_all(folder)?;
    let file = std::fs::File::options().create(true).truncate(false).write(true).open(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
    }
}
