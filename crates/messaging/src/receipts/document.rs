//! What a receipt says.

use sealpost_govern::erasure::Proof;
use sealpost_ledger::{CheckpointError, VerifierKey, checkpoint};
use serde::{Deserialize, Serialize};

use crate::messages::Statement;

/// The first line of every receipt.
pub(super) const TITLE: &str = "sealpost receipt v1";

/// A receipt. Nothing in it tells who the person was or what they were told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Receipt {
    /// What it states.
    pub(super) statement: Statement,
    /// What opens the commitments, in base64; nothing once the person was erased.
    pub(super) opening: Option<String>,
    /// The commitment to the statement, in base64.
    pub(super) commitment: String,
    /// The leaf of the message's end in the ledger.
    pub(super) leaf: u64,
    /// That it is in the ledger; absent until a checkpoint covers it.
    pub(super) proof: Option<Proof>,
}

impl Receipt {
    /// The receipt as it is handed out, signed.
    pub(super) fn sign(
        &self,
        key: &VerifierKey,
        signer: &dyn Fn(&[u8]) -> [u8; 64],
    ) -> Result<String, CheckpointError> {
        checkpoint::sign_text(&self.text()?, key, signer)
    }

    /// What is signed.
    pub(super) fn text(&self) -> Result<String, CheckpointError> {
        let json = serde_json::to_string_pretty(self).map_err(|_| CheckpointError::Malformed)?;
        Ok(format!("{TITLE}\n{json}\n"))
    }
}
