//! Links that are long over are forgotten.

use sealpost_store::{CredentialKind, Ctx, Environment, Org, Store, StoreError, directory};

use super::store;

/// How long a link is kept after it was made: all are over by then, and for a month one can see what they were for.
const KEPT_MS: i64 = 31 * 86_400_000;
/// Links removed in one transaction, so that it holds nobody up.
const AT_ONCE: u32 = 500;

/// Forgets the old links of every organisation.
pub async fn forget_old(house: &Store) -> Result<(), StoreError> {
    for id in house.organisations().await? {
        let ctx = Ctx::system(Org { id, environment: Environment::Live }, house.world().clone());
        let before = ctx.now().plus_ms(-KEPT_MS);
        loop {
            let forgotten = house
                .maintain::<_, StoreError>(&ctx, move |tx| {
                    let macs = store::forget_before(tx, before, AT_ONCE)?;
                    for mac in &macs {
                        directory::remove(tx, CredentialKind::SignInLink, mac)?;
                    }
                    Ok(macs.len())
                })
                .await?;
            if forgotten < AT_ONCE as usize {
                break;
            }
        }
    }
    Ok(())
}
