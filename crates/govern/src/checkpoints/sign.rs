//! Signing heads and handing them out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sealpost_store::{CheckpointRow, Ctx, Environment, Org, OrgId, Store, StoreError};

use super::witness::WitnessFolder;

/// Signs checkpoints of all organisations and gives them to the witness.
pub struct Signer {
    house: Store,
    witness: Option<Arc<WitnessFolder>>,
    /// Signed and not witnessed yet, the newest of each: it vouches for the older ones.
    unwitnessed: Mutex<HashMap<OrgId, CheckpointRow>>,
}

impl Signer {
    /// Signs for this store. What an earlier process signed and no witness has seen is handed out in the first round.
    pub async fn new(house: Store, witness: Option<WitnessFolder>) -> Result<Self, StoreError> {
        let mut unwitnessed = HashMap::new();
        for id in if witness.is_some() { house.organisations().await? } else { Vec::new() } {
            let ctx = Ctx::system(Org { id, environment: Environment::Live }, house.world().clone());
            unwitnessed.extend(house.ledger_checkpoint(&ctx).await?.map(|row| (id, row)));
        }
        Ok(Self { house, witness: witness.map(Arc::new), unwitnessed: Mutex::new(unwitnessed) })
    }

    /// Signs a checkpoint for every organisation with news and hands out whatever the witness has not got. Answers how many
    /// were signed. A witness that fails gets them in the next round.
    pub async fn round(&self) -> Result<usize, StoreError> {
        let signed = self.house.checkpoint().await?;
        let count = signed.len();
        if let Some(witness) = &self.witness {
            self.lock().extend(signed);
            self.hand_out(witness).await;
        }
        Ok(count)
    }

    async fn hand_out(&self, witness: &Arc<WitnessFolder>) {
        let pending: Vec<_> = self.lock().iter().map(|(org, row)| (*org, row.clone())).collect();
        for (org, row) in pending {
            let (keeper, size, note) = (witness.clone(), row.size, row.note);
            let kept = tokio::task::spawn_blocking(move || keeper.keep(org, size, &note)).await;
            match kept {
                Ok(Ok(())) => self.witnessed(org, size),
                Ok(Err(error)) => tracing::error!(org = %org, error = %error, "checkpoint.not_witnessed"),
                Err(error) => tracing::error!(org = %org, error = %error, "checkpoint.not_witnessed"),
            }
        }
    }

    fn witnessed(&self, org: OrgId, size: u64) {
        let mut unwitnessed = self.lock();
        if unwitnessed.get(&org).is_some_and(|row| row.size == size) {
            unwitnessed.remove(&org);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrgId, CheckpointRow>> {
        self.unwitnessed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Signs at this interval (a second or less), for as long as it is polled. To stop, drop it and do one more [`Signer::round`].
pub async fn sign_forever(signer: Arc<Signer>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        if let Err(error) = signer.round().await {
            tracing::error!(error = %error, "checkpoint.sign_failed");
        }
    }
}
