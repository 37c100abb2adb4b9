//! What was spent and is too old to be believed anyway is forgotten.

use sealpost_store::{Ctx, Environment, Org, Store, StoreError};

use super::store;

/// Removed in one transaction, so that it holds nobody up.
const AT_ONCE: u32 = 500;

/// Forgets it, in every organisation.
pub async fn forget_spent(house: &Store) -> Result<(), StoreError> {
    for id in house.organisations().await? {
        let ctx = Ctx::system(Org { id, environment: Environment::Live }, house.world().clone());
        while house.maintain::<_, StoreError>(&ctx, |tx| store::forget_spent(tx, AT_ONCE)).await? == u64::from(AT_ONCE)
        {
        }
    }
    Ok(())
}
