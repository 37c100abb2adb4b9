//! What goes on beside requests: what was let go is destroyed at once, what is too old is let go, this process says that it lives.

use std::collections::HashSet;
use std::time::Duration;

use sealpost_store::{Ctx, Environment, Org, StoreError};

use super::GOING;
use super::service::Storage;

/// How often this process says that it lives.
const LIVE: Duration = Duration::from_secs(5);
/// Rounds of that between two looks for what a crash left, for purges and for lifted holds.
const SWEEP: u64 = 3;
/// Rounds of that between two looks for what is too old. The first round after a start looks.
const RETAIN: u64 = 120;
/// How long after something was destroyed the logs are emptied of it: for all that is destroyed meanwhile together.
const EMPTY: Duration = Duration::from_secs(5);

/// Looks after what is stored for as long as the server runs.
pub async fn look_after_forever(storage: Storage) {
    let mut going = storage.store.bus().subscribe(GOING);
    let (mut live, mut empty) = (tokio::time::interval(LIVE), tokio::time::interval(EMPTY));
    live.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    empty.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut round, mut destroyed) = (0_u64, 0_u64);
    loop {
        let outcome = tokio::select! {
            Some(change) = going.recv() => {
                let mut where_to = HashSet::from([change.org]);
                while let Ok(change) = going.try_recv() {
                    where_to.insert(change.org);
                }
                storage.shred_in(where_to).await
            }
            _ = live.tick() => {
                let outcome = storage.round(round).await;
                round += 1;
                outcome
            }
            _ = empty.tick(), if destroyed > 0 => {
                destroyed = 0;
                storage.store.leave_nothing_deleted().await.map(|()| 0)
            }
        };
        match outcome {
            Ok(more) => destroyed += more,
            Err(error) => tracing::error!(error = %error, "storage.not_looked_after"),
        }
    }
}

impl Storage {
    /// Everything there is to look after, once, and nothing left in logs.
    pub async fn look_after(&self) -> Result<(), StoreError> {
        self.round(0).await?;
        self.store.leave_nothing_deleted().await
    }

    async fn round(&self, round: u64) -> Result<u64, StoreError> {
        let mut outcome = self.vault.look_after(&self.store, self.store.world().clock.now()).await.map(|()| 0);
        if !round.is_multiple_of(SWEEP) {
            return outcome;
        }
        for id in self.store.organisations().await? {
            for environment in [Environment::Test, Environment::Live] {
                let ctx = Ctx::system(Org { id, environment }, self.store.world().clone());
                // What is wrong with one organisation must not hold up the others.
                outcome = both(outcome, self.sweep(&ctx, round.is_multiple_of(RETAIN)).await);
            }
        }
        outcome
    }

    async fn sweep(&self, ctx: &Ctx, retains: bool) -> Result<u64, StoreError> {
        self.settle_holds(ctx).await?;
        self.purge(ctx).await?;
        if retains {
            self.retain(ctx).await?;
            self.count(ctx).await?;
        }
        self.shred(ctx).await
    }

    async fn shred_in(&self, places: HashSet<Org>) -> Result<u64, StoreError> {
        let mut outcome = Ok(0);
        for org in places {
            outcome = both(outcome, self.shred(&Ctx::system(org, self.store.world().clone())).await);
        }
        outcome
    }
}

/// How many both were; the first failure if there was one.
fn both(one: Result<u64, StoreError>, other: Result<u64, StoreError>) -> Result<u64, StoreError> {
    Ok(one? + other?)
}
