//! What runs were started with is let go when its time has come: at their end, or when they are as old as their class may get. First it
//! is decided, then the keys are destroyed, then what was sealed under them.

use std::collections::HashSet;
use std::time::Duration;

use sealpost_store::{
    Change, Ctx, Environment, Leaf, Org, OrgId, SHREDDED, SlotId, StoreError, Tx, WorkflowRunId, outbox,
};
use serde_json::json;

use super::store::{self, Over};
use super::volatile::RUNS;
use crate::events::Class;
use crate::messages;
use crate::storage::{self, Mode};
use crate::workflows::Workflows;

/// The topic of runs that are over.
const OVER: &str = "workflow_run.over";
/// How often it is looked for what a crash or a hold left, and for what is too old.
const SWEEP: Duration = Duration::from_secs(15);
/// How often what came in by webhooks is forgotten that can't come again: in days or never, so that no sooner matters.
const FORGETS: Duration = Duration::from_secs(3_600);
/// Runs let go in one transaction.
const AT_ONCE: u32 = 200;

/// A run came to its end in this transaction.
pub(super) fn is_over(tx: &mut Tx<'_>, id: WorkflowRunId, storage: Mode) -> Result<(), StoreError> {
    let org = tx.ctx().org;
    match storage {
        Mode::Keep | Mode::UntilDelivered => tx.publish(Change::new(OVER, org, id.bytes()).here()),
        Mode::Never => {
            RUNS.release(tx, id.bytes())?;
            tx.publish(Change::new(messages::OVER, org, id.bytes()));
        }
    }
    Ok(())
}

/// Looks after what runs were started with for as long as the server runs.
pub async fn look_after_forever(workflows: Workflows) {
    let mut over = workflows.store().bus().subscribe(OVER);
    let mut sweep = tokio::time::interval(SWEEP);
    let mut forgets = tokio::time::interval(FORGETS);
    for every in [&mut sweep, &mut forgets] {
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    }
    loop {
        let outcome = tokio::select! {
            Some(change) = over.recv() => {
                let mut where_to = HashSet::from([change.org]);
                while let Ok(change) = over.try_recv() {
                    where_to.insert(change.org);
                }
                workflows.let_go_in(where_to).await
            }
            _ = sweep.tick() => workflows.let_go_everywhere().await,
            _ = forgets.tick() => workflows.forget_arrivals().await,
        };
        if let Err(error) = outcome {
            tracing::error!(error = %error, "workflows.not_looked_after");
        }
    }
}

impl Workflows {
    /// Everything there is to look after, once, and nothing left in logs.
    pub async fn look_after(&self) -> Result<(), StoreError> {
        self.let_go_everywhere().await.and(self.forget_arrivals().await)
    }

    async fn let_go_everywhere(&self) -> Result<(), StoreError> {
        let organisations = self.store().organisations().await?;
        let both = |id| [Environment::Test, Environment::Live].map(|environment| Org { id, environment });
        self.let_go_in(organisations.into_iter().flat_map(both)).await
    }

    async fn let_go_in(&self, places: impl IntoIterator<Item = Org>) -> Result<(), StoreError> {
        let (mut destroyed, mut outcome) = (0, Ok(()));
        for org in places {
            // What is wrong with one organisation must not hold up the others.
            match self.let_go(&Ctx::system(org, self.store().world().clone())).await {
                Ok(count) => destroyed += count,
                Err(error) => outcome = Err(error),
            }
        }
        if destroyed > 0 {
            self.store().leave_nothing_deleted().await?;
        }
        outcome
    }

    /// Lets go what may not stay, and destroys it; answers how many runs that was.
    async fn let_go(&self, ctx: &Ctx) -> Result<u64, StoreError> {
        let policy = self.on.policies.of(ctx.org.id).await?;
        for class in Class::ALL {
            let before = ctx.now().plus_ms(-policy.rule(ctx.org.environment, class).days.ms());
            let mut after = WorkflowRunId::from_bytes([0; 16]);
            loop {
                let over = move |tx: &mut Tx<'_>| {
                    let purged = storage::purged_until(tx, class)?;
                    store::over(tx, after, (class, before, purged), AT_ONCE)
                };
                let over = self.store().read::<_, StoreError>(ctx, over).await?;
                let Some(last) = over.last() else { break };
                after = last.id;
                self.decide(ctx, over).await?;
            }
        }
        self.destroy(ctx).await
    }

    /// Decides that these go, but for those that somebody holds.
    async fn decide(&self, ctx: &Ctx, over: Vec<Over>) -> Result<(), StoreError> {
        let decided = self.store().write(ctx, move |tx| {
            let mut let_go = 0;
            for one in over {
                if !storage::holds_person(tx, one.contact)? {
                    let_go += store::mark(tx, one.id, one.gone)?;
                }
            }
            // All are held, or another node was faster.
            if let_go == 0 {
                return Err(StoreError::Superseded);
            }
            Ok(tx.record(Leaf::of("workflow_run.expire").on(OrgId::PREFIX, tx.ctx().org.id.bytes()), ()))
        });
        outbox::ours(decided.await).map(drop)
    }

    async fn destroy(&self, ctx: &Ctx) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let going = self.store().read::<_, StoreError>(ctx, |tx| store::going(tx, AT_ONCE)).await?;
            if going.is_empty() {
                return Ok(all);
            }
            let (ids, slots): (Vec<WorkflowRunId>, Vec<SlotId>) = going.into_iter().unzip();
            self.store().keys().shred(ctx.org.id, slots.clone()).await?;
            let keys = self.store().keys().organisation(ctx.org.id).await?;
            let emptied = self.store().write(ctx, move |tx| {
                let mut count = 0;
                for id in &ids {
                    count += store::empty(tx, *id)?;
                }
                if count == 0 {
                    return Err(StoreError::Superseded);
                }
                let org = tx.ctx().org;
                slots.iter().for_each(|slot| tx.publish(Change::new(SHREDDED, org, slot.bytes())));
                let details = json!({ "runs": count, "first": ids.first(), "last": ids.last() });
                let details = keys.seal_audit(tx.ctx(), details.to_string().as_bytes());
                let leaf = Leaf::of("workflow_run.shred").on(OrgId::PREFIX, org.id.bytes()).with(details);
                Ok(tx.record(leaf, count))
            });
            match emptied.await {
                Ok(count) => all += count,
                // Another node has done it.
                Err(StoreError::Superseded) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
