//! A change that nobody confirmed is over by itself; here that is written down.

use std::time::Duration;

use sealpost_store::{Ctx, Environment, Org, Store, StoreError};
use sealpost_web::Failure;

use super::{service, store};

/// Writes down what has undone itself, in every organisation, and answers the first failure. It may be done at any time and by
/// several nodes at the same time.
pub async fn look_after(house: &Store) -> Result<(), Failure> {
    let mut outcome = Ok(());
    for id in house.organisations().await? {
        let ctx = Ctx::system(Org { id, environment: Environment::Live }, house.world().clone());
        outcome = outcome.and(lapse(house, &ctx).await);
    }
    outcome
}

/// Looks after all organisations at this interval, for as long as it is polled.
pub async fn look_after_forever(house: Store, every: Duration) {
    loop {
        if let Err(error) = look_after(&house).await {
            tracing::error!(error = ?error, "networks.not_looked_after");
        }
        tokio::time::sleep(every).await;
    }
}

async fn lapse(house: &Store, ctx: &Ctx) -> Result<(), Failure> {
    let now = ctx.now();
    let standing = house.peek::<_, StoreError>(ctx, store::standing).await?;
    if standing.lapsed(now).is_none() {
        return Ok(());
    }
    let keys = house.keys().organisation(ctx.org.id).await?;
    house.maintain(ctx, move |tx| service::lapse(tx, &keys)).await
}
