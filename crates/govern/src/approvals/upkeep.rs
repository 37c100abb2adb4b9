//! What time does to requests: those nobody decided are over, and whoever can agree to a new one is written to.

use std::time::Duration;

use sealpost_access::mail::{Letter, Post};
use sealpost_access::members::{self, Members};
use sealpost_access::notices::raise;
use sealpost_access::permissions::APPROVALS_VOTE;
use sealpost_store::{ApprovalId, Ctx, Environment, Leaf, MemberId, Org, Store, StoreError, Tx};

use super::model::{Module, State};
use super::{notices, service, store};

/// Looked at in one transaction.
const AT_ONCE: u32 = 100;

/// Looks after the requests of every organisation, once, and answers the first failure. It may be done at any time and by several nodes at
/// the same time.
pub async fn look_after(house: &Store, post: &Post, members: &Members) -> Result<(), StoreError> {
    let mut outcome = Ok(());
    for id in house.organisations().await? {
        let ctx = Ctx::system(Org { id, environment: Environment::Live }, house.world().clone());
        // What is wrong with one organisation's must not keep those of others.
        outcome = outcome.and(end_overdue(house, &ctx).await).and(tell(house, &ctx, post, members).await);
    }
    outcome
}

/// Looks after all requests at this interval, for as long as it is polled.
pub async fn look_after_forever(house: Store, post: Post, members: Members, every: Duration) {
    loop {
        if let Err(error) = look_after(&house, &post, &members).await {
            tracing::error!(error = %error, "approvals.not_looked_after");
        }
        tokio::time::sleep(every).await;
    }
}

/// Writes down what is over.
pub(super) async fn end_overdue(house: &Store, ctx: &Ctx) -> Result<(), StoreError> {
    let now = ctx.now();
    loop {
        let due = house.read::<_, StoreError>(ctx, move |tx| store::overdue(tx, now, AT_ONCE)).await?;
        if due.is_empty() {
            return Ok(());
        }
        let keys = house.keys().organisation(ctx.org.id).await?;
        let end = move |tx: &mut Tx<'_>| {
            for id in due {
                let Some((approval, _)) = store::hold(tx, &keys, id)? else { continue };
                let Some(over) = approval.request.clone().expire(now) else { continue };
                if store::advance(tx, id, &approval.request, over.state, approval.emergency)? {
                    tx.note(Leaf::of("approval.expire").on(ApprovalId::PREFIX, id.bytes()));
                    raise(tx, notices::decided(&approval, State::Expired))?;
                }
            }
            Ok::<_, StoreError>(())
        };
        house.maintain(ctx, end).await?;
    }
}

/// Writes to everybody whose vote a new request waits for. Once it is taken down, nobody is written about it again: whoever got nothing
/// finds it in the dashboard.
async fn tell(house: &Store, ctx: &Ctx, post: &Post, members: &Members) -> Result<(), StoreError> {
    let untold = house.read::<_, StoreError>(ctx, |tx| store::untold(tx, AT_ONCE)).await?;
    if untold.is_empty() {
        return Ok(());
    }
    let keys = house.keys().organisation(ctx.org.id).await?;
    let mark = move |tx: &mut Tx<'_>| {
        let mut waiting: Vec<(Module, Vec<MemberId>)> = Vec::new();
        let (policy, holders) = (store::standing(tx)?.policy, members::holders(tx, APPROVALS_VOTE)?);
        for id in untold {
            if !store::mark_told(tx, id)? {
                continue;
            }
            let Some(approval) = store::find(tx, &keys, id)? else { continue };
            let Some(rule) = policy.rule(approval.module) else { continue };
            let others = service::voters(&holders, &rule).into_iter().filter(|voter| approval.waits_for(*voter));
            waiting.push((approval.module, others.collect()));
        }
        Ok::<_, StoreError>(waiting)
    };
    for (module, whom) in house.maintain(ctx, mark).await? {
        post.tell(members, ctx, whom, &letter(module, post.public_url()));
    }
    Ok(())
}

/// What somebody is written whose vote is waited for. What it is about stands behind signing in.
fn letter(module: Module, public_url: &str) -> Letter {
    let text = format!(
        "Somebody asks for your approval in Sealpost ({}).\n\n{public_url}/app/live/approvals\n\n\
         Look at what would change before you agree. It waits three days. If you don’t expect this, ask whoever asked.\n",
        module.title()
    );
    Letter { subject: "Your approval is asked for", text }
}
