//! What goes on beside requests: erasures that a crash interrupted go on, restored data is erased anew, suppressions of erased
//! people end.

use std::time::Duration;

use sealpost_store::{ContactId, Ctx, Environment, Org, StoreError, outbox};
use sealpost_web::Failure;

use super::service::{Erasures, begin_again};
use super::store;
use crate::contacts;
use crate::suppressions;

/// For how long an erasure that is done is looked at again: a message may have been accepted while it was under way.
const AGAIN_MS: i64 = 3_600_000;
/// Erasures or people looked at in one step.
const AT_ONCE: u32 = 200;
/// Rounds between two looks for whom a restore brought back. The first round after a start looks.
const ROUNDS: u64 = 240;

/// Looks after erasures for as long as the server runs.
pub async fn look_after_forever(erasures: Erasures, every: Duration) {
    for round in 0_u64.. {
        if let Err(error) = erasures.look_after(round.is_multiple_of(ROUNDS)).await {
            tracing::error!(error = ?error, "erasures.not_looked_after");
        }
        tokio::time::sleep(every).await;
    }
}

impl Erasures {
    /// Looks after the erasures of every organisation, once; `restored`: also for people whom a restore brought back. It may be done
    /// at any time and by several nodes at the same time.
    pub async fn look_after(&self, restored: bool) -> Result<(), Failure> {
        let mut outcome = Ok(());
        for id in self.store.organisations().await? {
            for environment in [Environment::Test, Environment::Live] {
                let ctx = Ctx::system(Org { id, environment }, self.store.world().clone());
                // What is wrong with one organisation must not hold up the others.
                if restored {
                    outcome = outcome.and(self.reapply(&ctx).await).and(self.forget_anew(&ctx).await);
                }
                outcome = outcome.and(self.go_on(&ctx).await).and(self.expire(&ctx).await.map_err(Failure::from));
            }
        }
        outcome
    }

    /// Erases anew whom restored data still knows.
    async fn reapply(&self, ctx: &Ctx) -> Result<(), Failure> {
        let mut after = ContactId::from_bytes([0; 16]);
        loop {
            let erased = self.store.keys().erased(ctx.org, after, AT_ONCE).await?;
            let Some(last) = erased.last() else { return Ok(()) };
            after = last.contact;
            for one in erased {
                let is_back =
                    self.store.read::<_, StoreError>(ctx, move |tx| contacts::is_there(tx, one.contact)).await?;
                if is_back {
                    outbox::ours(self.store.write(ctx, move |tx| begin_again(tx, one)).await)?;
                    tracing::warn!(erasure = %one.erasure, "erasure.reapplied");
                }
            }
        }
    }

    /// Destroys anew the keys of people whom a restored copy of the key store doesn't know as erased.
    async fn forget_anew(&self, ctx: &Ctx) -> Result<(), Failure> {
        let done = self.store.read::<_, StoreError>(ctx, store::done_count).await?;
        if self.store.keys().erased_count(ctx.org).await? >= done {
            return Ok(());
        }
        let mut before = None;
        loop {
            let some = self.list(ctx, before, AT_ONCE).await?;
            let Some(last) = some.last() else { return Ok(()) };
            before = Some(last.id);
            for one in some {
                self.complete(ctx.org, one.id).await?;
            }
        }
    }

    /// Goes on with what is under way, and takes what came in while it was.
    async fn go_on(&self, ctx: &Ctx) -> Result<(), Failure> {
        let since = ctx.now().plus_ms(-AGAIN_MS);
        let mut outcome = Ok(());
        for id in self.store.read::<_, StoreError>(ctx, move |tx| store::open(tx, since, AT_ONCE)).await? {
            let erasure = self.find(ctx, id).await?;
            if erasure.done_at.is_none() || self.has_left_overs(ctx, erasure.contact).await? {
                outcome = outcome.and(self.complete(ctx.org, id).await);
            }
        }
        outcome
    }

    async fn expire(&self, ctx: &Ctx) -> Result<(), StoreError> {
        self.store.maintain(ctx, suppressions::expire).await.map(drop)
    }
}
