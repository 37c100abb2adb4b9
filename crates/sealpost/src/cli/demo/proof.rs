//! That the message is in the ledger, proven as an auditor would.

use std::time::Duration;

use anyhow::Context;
use sealpost_ledger::{Checkpoint, Hash, verify_inclusion};
use sealpost_store::Store;
use serde_json::Value;

use crate::api::{Api, ApiError};
use crate::cli::{Outcome, Stop};

/// Between two looks; a checkpoint is signed within a second.
const LOOK: Duration = Duration::from_millis(100);

/// What was proven.
pub(super) struct Proof {
    /// The leaf of `message.accept`.
    pub(super) seq: u64,
    /// Leaves under the signed checkpoint.
    pub(super) size: u64,
    /// Hashes on the way from the leaf to the root.
    pub(super) hashes: usize,
    pub(super) root: String,
    pub(super) origin: String,
    pub(super) verifier_key: String,
}

/// Fetches leaf, checkpoint and proof of a message through the API and checks them against the installation's key.
pub(super) async fn of_message(api: &Api, store: &Store, message: &str) -> Outcome<Proof> {
    let entries = api.get(&format!("/v1/ledger/entries?target={message}&action=message.accept")).await?;
    let seq = entries["data"][0]["seq"].as_u64().context("the message has no leaf in the ledger")?;
    let proof = covered(api, seq).await?;
    // Taken from the installation itself: a key that came with the proof would prove nothing.
    let key = store.verifier_key().map_err(anyhow::Error::from)?;
    let note = proof["checkpoint"].as_str().context("the proof has no checkpoint")?;
    let checkpoint =
        Checkpoint::parse_and_verify(note, &key).map_err(|_| Stop::refused("the checkpoint does not verify"))?;
    let leaf = hash(&proof["leaf_hash"])?;
    let hashes = proof["proof"].as_array().context("the proof has no hashes")?;
    let hashes = hashes.iter().map(hash).collect::<Outcome<Vec<_>>>()?;
    verify_inclusion(&leaf, seq, checkpoint.size(), &hashes, &checkpoint.root())
        .map_err(|_| Stop::refused("the proof does not hold"))?;
    Ok(Proof {
        seq,
        size: checkpoint.size(),
        hashes: hashes.len(),
        root: checkpoint.root().to_string(),
        origin: checkpoint.origin().to_owned(),
        verifier_key: key.to_string(),
    })
}

/// The proof, once a checkpoint covers the leaf.
async fn covered(api: &Api, seq: u64) -> Outcome<Value> {
    for _ in 0..50 {
        match api.get(&format!("/v1/ledger/proof?seq={seq}")).await {
            Ok(proof) if proof["checkpoint"].is_string() => return Ok(proof),
            Ok(_) | Err(ApiError::Refused { .. }) => tokio::time::sleep(LOOK).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(Stop::failed("no checkpoint covered the message within 5 seconds"))
}

fn hash(text: &Value) -> Outcome<Hash> {
    let digits = text.as_str().unwrap_or_default().as_bytes();
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    bytes.and_then(|bytes| Hash::from_slice(&bytes)).ok_or_else(|| Stop::failed("a hash of the proof can't be read"))
}
