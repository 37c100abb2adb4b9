//! An event that is fired begins runs, in the transaction that accepts its message.

use std::pin::Pin;
use std::sync::Arc;

use sealpost_store::{Ctx, Org, Store, StoreError, Tx};
use sealpost_web::Failure;
use serde_json::json;

use super::model::Mapping;
use super::{rules, store};
use crate::messages::{Fired, Follow, Followers, Following};
use crate::recent::{Recent, anything_of, organisation};
use crate::workflows::model::InForce;
use crate::workflows::runs::{Prepared, Starter, Wanted, begin_unasked};
use crate::workflows::{CHANGED, store as workflows};

/// Names of events remembered.
const REMEMBERED: u64 = 10_000;
/// What stands in the leaf of such a run.
const BECAUSE: &str = "event";

/// What an event begins.
struct Begins {
    what: InForce,
    data: Mapping,
}

/// Begins runs of what waits for an event; cheap to clone.
#[derive(Clone)]
pub struct Followed {
    starter: Starter,
    recent: Arc<Recent<(Org, String), Arc<[Begins]>>>,
}

impl Followed {
    /// On what begins runs. Needs a running tokio runtime, on which it hears of changes.
    pub fn new(starter: Starter) -> Self {
        let recent = Recent::new(REMEMBERED);
        recent.listen(starter.store.bus(), CHANGED, organisation);
        Self { starter, recent }
    }

    /// From now on what begins runs is looked up anew here; the others hear of it.
    pub(in crate::workflows) fn changed(&self, ctx: &Ctx) {
        self.recent.changed(anything_of(ctx.org));
    }

    /// What this event begins: nothing, for most.
    async fn begun_by(&self, ctx: &Ctx, event: &str) -> Result<Arc<[Begins]>, StoreError> {
        let key = (ctx.org, event.to_owned());
        if let Some(known) = self.recent.get(&key) {
            return Ok(known);
        }
        let since = self.recent.since();
        let begun: Arc<[Begins]> = look_up(&self.starter.store, ctx, event.to_owned()).await?.into();
        self.recent.put(key, begun.clone(), anything_of(ctx.org), since);
        Ok(begun)
    }

    async fn ready(&self, ctx: &Ctx, fired: Fired<'_>) -> Result<Followers, Failure> {
        let begun = self.begun_by(ctx, fired.event).await?;
        let mut followers: Followers = Vec::with_capacity(begun.len());
        if begun.is_empty() {
            return Ok(followers);
        }
        let known = json!({ "data": fired.data });
        for Begins { what, data } in begun.iter() {
            let data = rules::mapped(data, &known);
            let wanted = Wanted { what, data: &data, at_most: fired.storage, because: Some(BECAUSE) };
            followers.push(Box::new(Next(self.starter.prepare_for(ctx, fired.subject, wanted).await?)));
        }
        Ok(followers)
    }
}

async fn look_up(house: &Store, ctx: &Ctx, event: String) -> Result<Vec<Begins>, StoreError> {
    let look = move |tx: &mut Tx<'_>| {
        let mut all = Vec::new();
        for trigger in store::by_event(tx, &event)? {
            let Some(workflow) = workflows::find(tx, trigger.workflow)? else { continue };
            all.extend(workflows::in_force(tx, &workflow)?.map(|what| Begins { what, data: trigger.data }));
        }
        Ok(all)
    };
    house.read(ctx, look).await
}

/// A run that begins next.
struct Next(Prepared);

impl Following for Next {
    fn begin(self: Box<Self>, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let (leaf, _) = begin_unasked(tx, self.0)?;
        tx.note(leaf);
        Ok(())
    }
}

impl Follow for Followed {
    fn prepare<'f>(
        &'f self,
        ctx: &'f Ctx,
        fired: Fired<'f>,
    ) -> Pin<Box<dyn Future<Output = Result<Followers, Failure>> + Send + 'f>> {
        Box::pin(self.ready(ctx, fired))
    }
}
