//! The signed list of what is in a pack.

use sealpost_ledger::{CheckpointError, VerifierKey, checkpoint};
use sealpost_store::{OrgId, Time};
use serde::{Deserialize, Serialize};

/// The first line of every list: no checkpoint begins so, and no certificate.
pub(super) const TITLE: &str = "sealpost evidence pack v1";
/// Its file.
pub(super) const FILE: &str = "manifest.note";
/// The ledger's file.
pub(super) const LEDGER: &str = "ledger.jsonl";

/// What is in a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Whose evidence it is.
    pub organisation: OrgId,
    /// `test` or `live`.
    pub environment: String,
    /// By whom it was made: an id, or what kind of party.
    pub by: String,
    /// When the evidence was read: the end of what it covers. It begins with the ledger.
    pub at: Time,
    /// The product's version.
    pub version: String,
    /// How many leaves of the ledger it has, all of them under a signed checkpoint.
    pub leaves: u64,
    /// Its files but this, in their order.
    pub files: Vec<Entry>,
}

/// A file of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What it is called.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
    /// The SHA-256 of it, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// What is signed.
    pub(super) fn text(&self) -> Result<String, CheckpointError> {
        let json = serde_json::to_string_pretty(self).map_err(|_| CheckpointError::Malformed)?;
        Ok(format!("{TITLE}\n{json}\n"))
    }

    pub(super) fn sign(
        &self,
        key: &VerifierKey,
        signer: &dyn Fn(&[u8]) -> [u8; 64],
    ) -> Result<String, CheckpointError> {
        checkpoint::sign_text(&self.text()?, key, signer)
    }

    /// The list in a signed note, if it is one.
    pub(super) fn open(note: &str, key: &VerifierKey) -> Result<Self, CheckpointError> {
        let text = checkpoint::open_text(note, key)?;
        let json = text.strip_prefix(TITLE).and_then(|rest| rest.strip_prefix('\n'));
        let json = json.ok_or(CheckpointError::Malformed)?;
        let manifest: Self = serde_json::from_str(json).map_err(|_| CheckpointError::Malformed)?;
        if manifest.text()? == text { Ok(manifest) } else { Err(CheckpointError::Malformed) }
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
