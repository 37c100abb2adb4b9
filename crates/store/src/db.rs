//! A database: lanes that write, lanes that read, and connections to peek with.

use std::sync::Arc;

use crate::ctx::Ctx;
use crate::error::StoreError;
use crate::lane::Lane;
use crate::room::Room;
use crate::sqlite::Peeks;
use crate::trace::{Kind, Open};
use crate::tx::Tx;

/// One database, on either engine.
#[derive(Clone)]
pub(crate) struct Db {
    pub(crate) write: Lane,
    pub(crate) read: Lane,
    /// What the writers have met.
    pub(crate) room: Room,
    /// SQLite reads a few rows faster than a thread can be woken: connections for doing so in place.
    pub(crate) peeks: Option<Arc<Peeks>>,
}

impl Db {
    /// Runs `f` in a transaction and returns once it is durable.
    pub(crate) async fn write<T, E>(
        &self,
        ctx: Arc<Ctx>,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let commit = Open::inside("commit", Kind::Internal);
        commit.around(self.write.run(ctx, f)).await
    }

    /// Whether it can be written: runs `f` with what it must write, and leave no trace of.
    pub(crate) async fn has_room(
        &self,
        ctx: Arc<Ctx>,
        f: impl FnOnce(&mut Tx<'_>, &[u8]) -> Result<(), StoreError> + Send + 'static,
    ) -> bool {
        let probe = self.room.probe();
        let written = self.write(ctx, move |tx| f(tx, &probe)).await.is_ok();
        if written {
            self.room.found();
        }
        written
    }

    /// Runs `f` against one snapshot, on a thread of its own.
    pub(crate) async fn read<T, E>(
        &self,
        ctx: Arc<Ctx>,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.read.run(ctx, f).await
    }

    /// Leaves nothing of what was deleted in the database's files, as far as the engine can be told: SQLite overwrites deleted rows
    /// (`secure_delete`) and has them in its write-ahead log until that is emptied; PostgreSQL has its vacuum.
    pub(crate) async fn leave_nothing_deleted(&self) -> Result<(), StoreError> {
        let Some(peeks) = self.peeks.clone() else { return Ok(()) };
        tokio::task::spawn_blocking(move || peeks.empty_log()).await.map_err(|_| StoreError::Panicked)?
    }

    /// Runs `f`, a look at a few rows by key, in place where the engine allows.
    pub(crate) async fn peek<T, E>(
        &self,
        ctx: Arc<Ctx>,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &self.peeks {
            Some(peeks) => peeks.run(&ctx, f),
            None => self.read.run(ctx, f).await,
        }
    }
}
