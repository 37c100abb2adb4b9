//! What an erasure is.

use sealpost_store::{ContactId, ErasureId, SlotId, Time};

/// For how long the keyed hash of an erased person's suppressed address is kept: so long an import can't make anybody write to them.
pub(super) const KEPT_MS: i64 = KEPT_DAYS as i64 * 86_400_000;
/// The same in days.
pub(crate) const KEPT_DAYS: u32 = 730;

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
}
