//! Challenges that were answered are forgotten once they are too old.

use sealpost_store::{Ctx, Environment, Org, Store, StoreError};

use super::store;

/// Forgets the old challenges of every organisation.
pub async fn forget_spent_challenges(house: &Store) -> Result<(), StoreError> {
    for id in house.organisations().await? {
        let ctx = Ctx::system(Org { id, environment: Environment::Live }, house.world().clone());
        house.maintain::<_, StoreError>(&ctx, store::forget_spent).await?;
    }
    Ok(())
}
