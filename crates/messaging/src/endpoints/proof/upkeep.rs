//! What time does to proofs: they are asked for anew, and lapse.

use std::time::Duration;

use sealpost_access::notices::raise;
use sealpost_store::{Ctx, EndpointId, Environment, Leaf, Org, StoreError, Tx};
use sealpost_web::Failure;

use super::model::Proof;
use super::rules::{Due, due};
use super::service::kept;
use super::{notices, store};
use crate::deliveries;
use crate::endpoints::model::{Endpoint, State};
use crate::endpoints::registry::Endpoints;
use crate::endpoints::service::changed;
use crate::endpoints::{portal, store as endpoints};

/// Looks after endpoints at this interval, for as long as it is polled: their proofs, links whose time is long over, and
/// deliveries that were kept long enough.
pub async fn look_after_forever(endpoints: Endpoints, every: Duration) {
    loop {
        if let Err(error) = endpoints.look_after().await {
            tracing::error!(error = ?error, "endpoints.not_looked_after");
        }
        tokio::time::sleep(every).await;
    }
}

impl Endpoints {
    /// Looks after the endpoints of every organisation, once, and answers the first failure. It may be done at any time and by several
    /// nodes at the same time.
    pub(in crate::endpoints) async fn look_after(&self) -> Result<(), Failure> {
        let mut outcome = Ok(());
        for id in self.store.organisations().await? {
            for environment in [Environment::Test, Environment::Live] {
                let ctx = Ctx::system(Org { id, environment }, self.store.world().clone());
                let old = portal::forget_old(&self.store, &ctx).await;
                let old = old.and(deliveries::forget_old(&self.store, &ctx).await);
                outcome = outcome.and(old.map_err(Failure::from));
                for endpoint in self.store.read(&ctx, endpoints::all).await? {
                    // What is wrong with one must not keep the others.
                    outcome = outcome.and(self.renew(&ctx, &endpoint).await);
                }
            }
        }
        outcome
    }

    /// Asks one endpoint for another proof, if that is due.
    async fn renew(&self, ctx: &Ctx, endpoint: &Endpoint) -> Result<(), Failure> {
        if !matches!(endpoint.state, State::Active | State::Failing { .. }) {
            return Ok(());
        }
        let id = endpoint.id;
        let found = self.store.read::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        let Some(proof) = found.filter(|proof| proof.proved_at.is_some()) else {
            // Verified before proofs had an end: its time begins now.
            return Ok(self.store.maintain::<_, StoreError>(ctx, move |tx| start_clock(tx, id)).await?);
        };
        let due = due(&proof, ctx.now());
        if due == Due::Nothing {
            return Ok(());
        }
        let ready = self.at_hand(ctx, id).await?;
        let tried = self.ask(ctx, &ready, &proof).await?;
        let (from, outcome) = (endpoint.state, (!tried.succeeded).then_some(tried.outcome));
        self.store.maintain::<_, StoreError>(ctx, move |tx| settle(tx, id, &proof, from, due, outcome)).await?;
        self.forget(ctx.org, id);
        Ok(())
    }
}

fn start_clock(tx: &mut Tx<'_>, id: EndpointId) -> Result<(), StoreError> {
    let proof = kept(tx, id)?;
    store::proved(tx, id, &proof).map(drop)
}

/// Writes down what came of asking: `outcome` says why it failed, if it did.
fn settle(
    tx: &mut Tx<'_>,
    id: EndpointId,
    proof: &Proof,
    from: State,
    due: Due,
    outcome: Option<&'static str>,
) -> Result<(), StoreError> {
    let leaf = Leaf::of("endpoint.renew_proof").on(EndpointId::PREFIX, id.bytes());
    let Some(outcome) = outcome else {
        if store::proved(tx, id, proof)? {
            tx.note(leaf);
        }
        return Ok(());
    };
    match (due, proof.expires_at()) {
        (Due::Ask { days_left }, Some(expires_at)) => {
            if store::failed(tx, id, proof)? {
                raise(tx, notices::expiring(id, proof.way, expires_at, days_left))?;
            }
            tx.note(leaf.failed(outcome));
        }
        (Due::AskAtTheEnd, _) if store::lapse(tx, id, proof)? => {
            endpoints::set_state(tx, id, &from, &State::Pending)?;
            changed(tx, id);
            raise(tx, notices::lapsed(id, proof.way))?;
            tx.note(leaf.failed(outcome).because("lapsed"));
        }
        _ => {}
    }
    Ok(())
}
