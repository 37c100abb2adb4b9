//! How a stream is doing, for whoever watches the server.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How a stream is doing on this node.
#[derive(Debug, Default)]
pub struct Health {
    streaming: AtomicBool,
    failing: AtomicBool,
    delivered: AtomicU64,
    failures: AtomicU64,
    backlog: AtomicU64,
}

impl Health {
    /// Whether this node is the one that streams.
    pub fn is_streaming(&self) -> bool {
        self.streaming.load(Ordering::Relaxed)
    }

    /// Whether the last try to reach the sink failed.
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Leaves this node delivered, each as often as it was.
    pub fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Tries that failed.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Leaves that wait, as of the last look.
    pub fn backlog(&self) -> u64 {
        self.backlog.load(Ordering::Relaxed)
    }

    pub(super) fn streams(&self, streaming: bool) {
        self.streaming.store(streaming, Ordering::Relaxed);
    }

    pub(super) fn took(&self, leaves: u64) {
        self.failing.store(false, Ordering::Relaxed);
        self.delivered.fetch_add(leaves, Ordering::Relaxed);
    }

    /// True if it had been well before.
    pub(super) fn failed(&self) -> bool {
        self.failures.fetch_add(1, Ordering::Relaxed);
        !self.failing.swap(true, Ordering::Relaxed)
    }

    pub(super) fn waits(&self, leaves: u64) {
        self.backlog.store(leaves, Ordering::Relaxed);
    }
}
