//! What came in by webhooks is forgotten once it can't come again ([`rules::forgets_before`]).

use sealpost_access::secrets::{self, STORED};
use sealpost_store::{Ctx, Environment, Org, StoreError, Time, Tx, WorkflowTriggerId};

use super::model::Source;
use super::{rules, store};
use crate::workflows::Workflows;

/// Forgotten in one transaction.
const AT_ONCE: u32 = 1_000;

impl Workflows {
    /// Forgets it everywhere. It may be done at any time and by several nodes at the same time.
    pub(in crate::workflows) async fn forget_arrivals(&self) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for id in self.store().organisations().await? {
            for environment in [Environment::Test, Environment::Live] {
                let ctx = Ctx::system(Org { id, environment }, self.store().world().clone());
                // What is wrong with one organisation must not keep those of others.
                outcome = outcome.and(self.forget_arrivals_of(&ctx).await).and(self.forget_replies_of(&ctx).await);
            }
        }
        outcome
    }

    async fn forget_arrivals_of(&self, ctx: &Ctx) -> Result<(), StoreError> {
        let forgettable = self.store().read(ctx, forgettable).await?;
        for (via, before) in forgettable {
            let forget = move |tx: &mut Tx<'_>| store::forget_oldest(tx, via, before, AT_ONCE);
            while self.store().maintain(ctx, forget).await? == u64::from(AT_ONCE) {}
        }
        Ok(())
    }
}

/// Triggers that remember what can't come again, and from when on it can.
fn forgettable(tx: &mut Tx<'_>) -> Result<Vec<(WorkflowTriggerId, Time)>, StoreError> {
    let now = tx.ctx().now();
    let mut all = Vec::new();
    for trigger in store::with_secret(tx)? {
        let Source::Webhook(webhook) = trigger.source else { continue };
        let since = secrets::usable_since(tx, webhook.secret, STORED)?;
        let Some(before) = rules::forgets_before(webhook.check, since, now) else { continue };
        if store::is_any_older(tx, trigger.id, before)? {
            all.push((trigger.id, before));
        }
    }
    Ok(all)
}
