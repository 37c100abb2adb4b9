//! Places at which a crash test lets the process die, as by a power switch: no destructor runs, nothing is flushed.
//!
//! Without the feature `failpoints`, which only the crash test's dependencies ask for, passing one does nothing and nothing of
//! this is compiled in.

/// A place at which a crash would show what is promised too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A migration has run and is not committed.
    Migration,
    /// The jobs of a transaction have run, their leaves are written, and nothing is committed.
    BeforeCommit,
    /// A transaction is durable and nobody has been told.
    AfterCommit,
    /// A provider or receiver has answered, and that is not on record.
    AfterProvider,
    /// A checkpoint of the ledger is signed and not kept.
    Checkpoint,
    /// A person's key is destroyed, and what was sealed under it still stands.
    Shredded,
    /// A new version of an organisation's key is durable, and nothing is under it.
    KeyTurned,
    /// Some slots are wrapped under the new version, and others are not.
    SlotsRewrapped,
    /// The versions before are destroyed, and that is not on record.
    OldKeyGone,
    /// Some keys are wrapped under the next root key, and others are not.
    RootRewrapped,
    /// An export is on record, and nothing of it was opened.
    Exporting,
    /// A look is on record, and nothing was opened for it.
    Looking,
}

/// Goes on, unless this is the pass of this point at which the process is to die.
#[cfg(feature = "failpoints")]
pub fn pass(point: Point) {
    armed::pass(point);
}

/// Goes on.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn pass(_: Point) {}

/// Whether this commit is to be undone and told as done: how the crash test sees itself fail.
#[cfg(feature = "failpoints")]
pub(crate) fn forgets() -> bool {
    armed::forgets()
}

/// Never.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub(crate) fn forgets() -> bool {
    false
}

#[cfg(feature = "failpoints")]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Point;

    /// Where to die: `before_commit:17` for the 17th pass.
    const VARIABLE: &str = "SEALPOST_CRASH_AT";

    /// Which commits to forget: `10` for every tenth.
    const FORGETS: &str = "SEALPOST_CRASH_FORGETS";

    static FUSE: OnceLock<Option<Fuse>> = OnceLock::new();
    static EVERY: OnceLock<Option<u64>> = OnceLock::new();
    static COMMITS: AtomicU64 = AtomicU64::new(0);

    struct Fuse {
        point: String,
        passes_left: AtomicU64,
    }

    pub(super) fn pass(point: Point) {
        let Some(fuse) = FUSE.get_or_init(lit) else { return };
        if fuse.point == name(point) && fuse.passes_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::process::abort();
        }
    }

    pub(super) fn forgets() -> bool {
        let Some(every) = EVERY.get_or_init(|| told(FORGETS)?.parse().ok()) else { return false };
        COMMITS.fetch_add(1, Ordering::SeqCst) % every == every - 1
    }

    #[expect(clippy::disallowed_methods, reason = "a test build, told by the test that starts the process")]
    fn told(variable: &str) -> Option<String> {
        std::env::var(variable).ok()
    }

    fn lit() -> Option<Fuse> {
        let text = told(VARIABLE)?;
        let (point, passes) = text.split_once(':')?;
        Some(Fuse { point: point.to_owned(), passes_left: AtomicU64::new(passes.parse().ok()?) })
    }

    fn name(point: Point) -> &'static str {
        match point {
            Point::Migration => "migration",
            Point::BeforeCommit => "before_commit",
            Point::AfterCommit => "after_commit",
            Point::AfterProvider => "after_provider",
            Point::Checkpoint => "checkpoint",
            Point::Shredded => "shredded",
            Point::KeyTurned => "key_turned",
            Point::SlotsRewrapped => "slots_rewrapped",
            Point::OldKeyGone => "old_key_gone",
            Point::RootRewrapped => "root_rewrapped",
            Point::Exporting => "exporting",
            Point::Looking => "looking",
        }
    }
}
