//! Whether there is room to write. A page of a table may take one small row more when the disk has no page left, so that a probe
//! succeeds where a message fails: what a write has met is remembered, and asked about with a row that needs pages of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sealpost_seal::rng::{Rng as _, SystemRng};

use crate::error::StoreError;

/// What is written to find out: more than what is left in the pages that there are, as a rule.
const PROBE_BYTES: usize = 256 * 1024;

/// What writers of one database have met.
#[derive(Clone, Default)]
pub(crate) struct Room {
    ran_out: Arc<AtomicBool>,
}

impl Room {
    /// A write failed for this reason.
    pub(crate) fn met(&self, error: &StoreError) {
        if matches!(error, StoreError::Unwritable(_)) {
            self.ran_out.store(true, Ordering::Relaxed);
        }
    }

    /// What a probe must write: nearly nothing, unless a write has failed since [`found`](Self::found).
    pub(crate) fn probe(&self) -> Vec<u8> {
        let len = if self.ran_out.load(Ordering::Relaxed) { PROBE_BYTES } else { 32 };
        // Bytes that repeat would be compressed to nothing before they are stored (PostgreSQL's TOAST).
        let mut probe = vec![0; len];
        SystemRng.fill(&mut probe);
        probe
    }

    /// A probe was written.
    pub(crate) fn found(&self) {
        self.ran_out.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_as_large_as_what_failed_until_one_is_written() {
        let room = Room::default();
        room.met(&StoreError::Overloaded);
        assert_eq!(room.probe().len(), 32);
        room.met(&StoreError::Unwritable("no room".into()));
        assert_eq!(room.clone().probe().len(), PROBE_BYTES);
        room.found();
        assert_eq!(room.probe().len(), 32);
    }
}
