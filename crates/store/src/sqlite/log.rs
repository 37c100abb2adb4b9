//! The write-ahead log is copied into the database beside the writer, not by it.
//!
//! Left to itself SQLite has the writer copy the whole log at the end of some commit: tens of milliseconds in which nobody is
//! answered. Here a thread with a connection of its own copies what is there while the writer goes on. The log can begin anew only
//! once all of it is copied, and a busy writer always adds to it meanwhile, so the writer copies the last few pages itself, after
//! it has answered everybody.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::Connection;
use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;

use crate::error::StoreError;

/// The most pages that the writer copies itself: 1 MiB, a few milliseconds.
const SHORT: c_int = 128;
/// How often in a row the thread copies what came meanwhile, each time less, before it waits to be woken again.
const ROUNDS: usize = 4;

/// The log of one writer.
pub(super) struct Log {
    shared: Arc<Shared>,
    wake: Sender<()>,
    /// From how many pages on it is copied.
    full: c_int,
}

/// What writer and thread know of each other.
#[derive(Default)]
struct Shared {
    /// Pages in the log, as of the writer's last commit.
    pages: AtomicI32,
    /// How many of them, from the beginning, are copied.
    copied: AtomicI32,
    /// The thread is copying.
    busy: AtomicBool,
}

impl Log {
    /// From now on the log of `writer` is copied by a thread on `copier`, once it has as many pages as the writer's
    /// `pragma wal_autocheckpoint` says.
    pub(super) fn new(writer: &mut Connection, copier: Connection) -> Result<Self, StoreError> {
        let full = writer.query_row("pragma wal_autocheckpoint", [], |row| row.get(0))?;
        let (wake, woken) = bounded(1);
        let shared = Arc::<Shared>::default();
        let seen = shared.clone();
        // Takes the place of SQLite's own.
        writer.wal_hook(Some(move |_: &mut Wal, pages: c_int| {
            seen.pages.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        let theirs = shared.clone();
        super::spawn("sqlite-log", move || copy(&copier, &woken, &theirs))?;
        Ok(Self { shared, wake, full })
    }

    /// Called by the writer between two transactions.
    pub(super) fn tend(&self, writer: &Connection) {
        let shared = &*self.shared;
        let pages = shared.pages.load(Ordering::Relaxed);
        if pages < self.full || shared.busy.load(Ordering::Acquire) {
            return;
        }
        if pages - shared.copied.load(Ordering::Relaxed) <= SHORT.min(self.full) {
            // The next transaction begins the log anew, unless somebody still reads from it.
            shared.copied.store(passive(writer), Ordering::Relaxed);
        } else {
            shared.busy.store(true, Ordering::Release);
            let _ = self.wake.try_send(());
        }
    }
}

/// Copies whenever it is woken, until the writer is gone.
fn copy(connection: &Connection, woken: &Receiver<()>, shared: &Shared) {
    while let Ok(()) = woken.recv() {
        for _ in 0..ROUNDS {
            let copied = passive(connection);
            shared.copied.store(copied, Ordering::Relaxed);
            if shared.pages.load(Ordering::Relaxed) - copied <= SHORT {
                break;
            }
        }
        shared.busy.store(false, Ordering::Release);
    }
}

/// Copies what can be copied without waiting for anybody; answers how many pages of the log are copied by now.
fn passive(connection: &Connection) -> c_int {
    match connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE) {
        Ok((_, copied)) => copied.max(0),
        Err(error) => {
            // What is in the log is durable: it stays there until it can be copied.
            tracing::warn!(error = %error, "sqlite.log_not_copied");
            0
        }
    }
}
