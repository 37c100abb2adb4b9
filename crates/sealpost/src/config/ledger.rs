//! `[ledger]`

use figment::value::magic::RelativePathBuf;
use serde::{Deserialize, Serialize};

/// The audit ledger.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LedgerConfig {
    /// What checkpoints call this installation's logs: a URL without scheme. `<host of public_url>/ledger` unless said otherwise.
    /// Once checkpoints have been handed out, changing it makes them another log's.
    pub(crate) origin: Option<String>,
    /// Milliseconds between looks whether a checkpoint is due.
    pub(crate) checkpoint_ms: u64,
    /// A folder that keeps every checkpoint signed: one on another machine, or on a medium that only appends.
    pub(crate) witness: Option<RelativePathBuf>,
    /// Days until the details of an entry are deleted; its hash stays, and so does the proof. 0 keeps them for ever.
    pub(crate) details_days: u32,
}

impl Default for LedgerConfig {
    fn default() -> Self {
        Self { origin: None, checkpoint_ms: 1000, witness: None, details_days: 90 }
    }
}
