//! Jobs done turn by turn, for whoever has time in their own hands.

use sealpost_store::{Change, StoreError, outbox};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Dispatcher, SWEPT, Went, pushed_job};

/// A dispatcher that waits for nothing: what is promised is done when it is asked to, at what the clock says then.
pub struct ByHand {
    dispatcher: Dispatcher,
    pushed: mpsc::UnboundedReceiver<Change>,
}

impl Dispatcher {
    /// The same handlers, asked turn by turn. No other dispatcher may run beside it in this process.
    pub fn by_hand(self) -> ByHand {
        let pushed = self.store.bus().subscribe(outbox::PUSHED);
        ByHand { dispatcher: self, pushed }
    }
}

impl ByHand {
    /// Does what has been promised since the last turn, side by side, or else what is due by now. What that promises in turn is left
    /// for the next. Answers how many jobs it were: none only if nothing is left to be done at this moment.
    pub async fn turn(&mut self) -> Result<usize, StoreError> {
        let mut claims = Vec::new();
        while let Ok(change) = self.pushed.try_recv() {
            claims.extend(pushed_job(change));
        }
        if claims.is_empty() {
            claims = self.dispatcher.store.sweep(SWEPT).await?;
        }
        let count = claims.len();
        let mut jobs = JoinSet::new();
        for claim in claims {
            let Some(handler) = self.dispatcher.handlers.get(claim.kind.as_str()).cloned() else {
                tracing::error!(kind = claim.kind, "outbox.unknown_kind");
                continue;
            };
            jobs.spawn(async move {
                let mut went = handler.run(claim).await;
                while let Went::Wait(claim) = went {
                    went = handler.run(*claim).await;
                }
            });
        }
        while jobs.join_next().await.is_some() {}
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use sealpost_store::testing::TestStore;
    use sealpost_store::{Claim, Clock as _, Ctx, NewJob, Store};

    use super::*;
    use crate::dispatcher::Handler;

    /// Finishes its job, and promises another one the first time.
    struct Twice(Store, AtomicUsize);

    impl Handler for Twice {
        fn run(&self, claim: Claim) -> Pin<Box<dyn Future<Output = Went> + Send + '_>> {
            Box::pin(async move {
                let first = self.1.fetch_add(1, Ordering::SeqCst) == 0;
                let ctx = Ctx::system(claim.org, self.0.world().clone());
                let done = self.0.maintain::<_, StoreError>(&ctx, move |tx| {
                    outbox::finish(tx, &claim)?;
                    if first { tx.enqueue(NewJob::now("test.job", claim.target)).map(drop) } else { Ok(()) }
                });
                done.await.unwrap();
                Went::Well
            })
        }
    }

    #[tokio::test]
    async fn a_turn_does_what_is_due_and_leaves_what_that_promised_for_the_next() {
        let house = TestStore::sqlite().await;
        let ctx = house.organisation().await;
        let twice = Arc::new(Twice(house.store.clone(), AtomicUsize::new(0)));
        let mut hands = Dispatcher::new(house.store.clone(), Arc::default()).handle("test.job", twice).by_hand();
        let later = house.clock.now().plus_ms(60_000);
        let pushed = house.store.maintain::<_, StoreError>(&ctx, move |tx| {
            tx.enqueue(NewJob::now("test.job", [1; 16]))?;
            tx.enqueue(NewJob { due: Some(later), ..NewJob::now("test.job", [2; 16]) }).map(drop)
        });
        pushed.await.unwrap();
        let mut turns = Vec::new();
        for _ in 0..3 {
            turns.push(hands.turn().await.unwrap());
        }
        assert_eq!(turns, [1, 1, 0]);
        house.clock.advance_ms(60_000);
        assert_eq!(hands.turn().await.unwrap(), 1, "time alone makes a job due");
        assert_eq!(house.jobs_waiting(&ctx).await, 0);
    }
}
