//! What an erasure is.

use sealpost_store::{ContactId, ErasureId, SlotId, Time};

use super::ground::Ground;

/// How long copies of the key store can be opened: as long somebody's key is in a copy from before.
pub(super) const COPIES_MS: i64 = 7 * 86_400_000;

/// An erasure as it is stored: ids, times and counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Its id.
    pub id: ErasureId,
    /// Who is erased.
    pub contact: ContactId,
    /// Where their key was.
    pub slot: SlotId,
    /// When it began.
    pub begun_at: Time,
    /// When nothing was left to do.
    pub done_at: Option<Time>,
    /// How long the ledger was before it.
    pub leaf_from: u64,
    /// Where it stands in the ledger.
    pub leaf: Option<u64>,
    /// Values removed from the contact's row.
    pub fields: u64,
    /// Rows removed by which the contact was found.
    pub indexes: u64,
    /// Contacts that had been merged into them.
    pub merged: u64,
    /// Messages taken back.
    pub cancelled: u64,
    /// Messages whose sealed content was removed, with their keys.
    pub messages: u64,
    /// Messages removed from the sandbox outbox.
    pub sandboxed: u64,
    /// Suppressions that were given an end.
    pub suppressions: u64,
    /// When they end.
    pub kept_until: Option<Time>,
    /// Whether it was done anew, on data restored from before.
    pub reapplied: bool,
    /// On what ground, if that was said.
    pub ground: Option<Ground>,
    /// When no copy of the key store has their key any more.
    pub final_at: Option<Time>,
}

impl Erasure {
    /// Whether it is to be final at once.
    pub(super) fn is_immediate(&self) -> bool {
        self.final_at.is_some_and(|at| at <= self.begun_at)
    }
}
