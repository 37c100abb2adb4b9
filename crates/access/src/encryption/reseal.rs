//! What is sealed under the organisation's own key in the data, sealed anew under the version that is used now: by the features whose
//! it is.

use std::sync::Arc;

use sealpost_store::{Ctx, Environment, Org, OrgId, OrgKeys, Store, StoreError};
use sealpost_web::BoxFuture;

use crate::{masking, revisions, secrets, sso};

/// What another feature has sealed under the organisation's own key in one environment, sealed anew.
pub type Reseal = for<'a> fn(&'a Store, &'a Ctx, &'a Arc<OrgKeys>) -> BoxFuture<'a, Result<(), StoreError>>;

/// Seals everything anew that is under an older version. It may be interrupted, and done again.
pub(super) async fn everything(
    house: &Store,
    id: OrgId,
    keys: &Arc<OrgKeys>,
    others: &[Reseal],
) -> Result<(), StoreError> {
    for environment in [Environment::Test, Environment::Live] {
        let ctx = Ctx::system(Org { id, environment }, house.world().clone());
        secrets::reseal(house, &ctx, keys).await?;
        for other in others {
            other(house, &ctx, keys).await?;
        }
    }
    let ctx = Ctx::system(Org { id, environment: Environment::Live }, house.world().clone());
    masking::reseal(house, &ctx, keys).await?;
    revisions::reseal(house, &ctx, keys).await?;
    sso::reseal(house, &ctx, keys).await
}
