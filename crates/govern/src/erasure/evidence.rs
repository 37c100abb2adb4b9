//! What the ledger knows about an erasure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealpost_ledger::{Hash, Leaf, LeafResult};
use sealpost_store::{ContactId, Ctx, Store, StoreError, Time};

use super::certificate::{Proof, by};
use crate::audit;

/// The action of the leaf that an erasure begins with.
pub const ACTION: &str = "contact.erase";

/// Leaves looked at in one step.
const LEAVES: u32 = 256;

/// What the leaf of an erasure says.
pub struct Evidence {
    /// Whoever did it.
    pub by: String,
    /// When.
    pub at: Time,
    /// That the leaf is under a checkpoint, once it is.
    pub proof: Option<Proof>,
}

/// Where the leaf stands that says that this contact was erased, not before `from`.
pub async fn leaf(house: &Store, ctx: &Ctx, contact: ContactId, mut from: u64) -> Result<Option<u64>, StoreError> {
    loop {
        let rows = house.ledger_leaves(ctx, from, LEAVES).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        from = last.seq.saturating_add(1);
        if let Some(row) = rows.iter().find(|row| Leaf::decode(&row.leaf).is_ok_and(|leaf| is_of(&leaf, contact))) {
            return Ok(Some(row.seq));
        }
    }
}

fn is_of(leaf: &Leaf, contact: ContactId) -> bool {
    let on = leaf.target.as_ref().is_some_and(|target| target.id == contact.bytes());
    on && leaf.action.as_str() == ACTION && leaf.result == LeafResult::Ok
}

/// What the leaf at this position says, with the proof under the first checkpoint that covers it.
pub async fn evidence(house: &Store, ctx: &Ctx, seq: u64) -> Result<Evidence, StoreError> {
    let row = house.ledger_leaves(ctx, seq, 1).await?.into_iter().find(|row| row.seq == seq);
    let row = row.ok_or(StoreError::Missing("ledger_leaf"))?;
    let leaf = Leaf::decode(&row.leaf).map_err(|_| StoreError::Column("leaf".into()))?;
    let covering = house.ledger_checkpoints(ctx, seq.saturating_add(1), 1).await?.into_iter().next();
    let proof = match covering {
        None => None,
        Some(checkpoint) => audit::inclusion(house, ctx, seq, checkpoint.size).await?.map(|found| Proof {
            leaf: STANDARD.encode(&row.leaf),
            siblings: found.proof.iter().map(Hash::to_base64).collect(),
            checkpoint: checkpoint.note.trim_end_matches('\n').split('\n').map(str::to_owned).collect(),
        }),
    };
    Ok(Evidence { by: by(&leaf), at: Time::from_unix_ms(leaf.at_ms), proof })
}

/// Signs a certificate under the key of this installation's checkpoints.
pub fn signed(house: &Store, certificate: &super::Certificate) -> Result<String, StoreError> {
    let signing = house.keys().signing();
    let note = certificate.sign(&house.verifier_key()?, &|text| signing.sign(text));
    note.map_err(|_| StoreError::Unsuitable("the certificate can't be written as a signed note".into()))
}
