//! What a certificate says.

use sealpost_ledger::{CheckpointError, Leaf, VerifierKey, checkpoint};
use sealpost_store::{ContactId, ErasureId, OrgId, Time};
use serde::{Deserialize, Serialize};

use crate::audit::{ActorWord, actor};

/// The first line of every certificate.
pub(super) const TITLE: &str = "sealpost certificate of erasure v1";

/// A certificate of erasure. Ids, counts and times: nothing in it tells who the person was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The erasure.
    pub erasure: ErasureId,
    /// Whose person it was.
    pub organisation: OrgId,
    /// `test` or `live`.
    pub environment: String,
    /// What the person was called.
    pub contact: ContactId,
    /// By whom: an id, or what kind of party.
    pub by: String,
    /// Since when nothing can be opened any more, but what was under way.
    pub begun_at: Time,
    /// When all was removed.
    pub done_at: Time,
    /// Whether it was done again, on data restored from before.
    pub reapplied: bool,
    /// On what ground, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When no copy of the key store that was made before opens anything of the person any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_at: Option<Time>,
    /// What was destroyed where.
    pub destroyed: Vec<Destroyed>,
    /// Messages that were taken back before they left.
    pub cancelled_messages: u64,
    /// What is left, and why.
    pub remains: Vec<Remains>,
    /// The erasure's leaf in the ledger.
    pub leaf: u64,
    /// That it is in the ledger; absent until a checkpoint covers it.
    pub proof: Option<Proof>,
}

/// Something that was destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destroyed {
    /// Where it was: a database and its table.
    pub place: String,
    /// What it was.
    pub what: String,
    /// How many.
    pub count: u64,
}

/// Something that remains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remains {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
    /// Until when, if it ends by itself.
    pub until: Option<Time>,
}

/// That a leaf is in a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The leaf's canonical bytes in base64.
    pub leaf: String,
    /// The siblings from the leaf up, in base64.
    pub siblings: Vec<String>,
    /// The signed checkpoint, line by line.
    pub checkpoint: Vec<String>,
}

/// Whoever did what this leaf says: an id, or what kind of party.
pub fn by(leaf: &Leaf) -> String {
    actor(leaf).map_or_else(|| ActorWord::of(leaf.actor.kind).word().to_owned(), |id| id.to_string())
}

impl Certificate {
    /// The certificate as it is handed out, signed.
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`] if it can't be written.
    pub fn sign(&self, key: &VerifierKey, signer: &dyn Fn(&[u8]) -> [u8; 64]) -> Result<String, CheckpointError> {
        checkpoint::sign_text(&self.text()?, key, signer)
    }

    /// What is signed.
    pub(super) fn text(&self) -> Result<String, CheckpointError> {
        let json = serde_json::to_string_pretty(self).map_err(|_| CheckpointError::Malformed)?;
        Ok(format!("{TITLE}\n{json}\n"))
    }
}
