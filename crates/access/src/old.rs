//! Credentials of members that are long over are forgotten.

use sealpost_store::{CredentialKind, Ctx, Environment, Org, Store, StoreError, Time, Tx, directory};

/// How long after it was made one is kept: a link or session that is a day or a week old is over, and for a month one can see what it
/// was for.
const KEPT_MS: i64 = 31 * 86_400_000;
/// Removed in one transaction, so that it holds nobody up.
const AT_ONCE: u32 = 500;

/// Removes up to so many that were made before a moment; answers the hashes by which they were found.
type ForgetBefore = fn(&mut Tx<'_>, Time, u32) -> Result<Vec<[u8; 32]>, StoreError>;

/// Forgets the old ones of this kind in every organisation.
pub(crate) async fn forget(house: &Store, kind: CredentialKind, some: ForgetBefore) -> Result<(), StoreError> {
    for id in house.organisations().await? {
        let ctx = Ctx::system(Org { id, environment: Environment::Live }, house.world().clone());
        let before = ctx.now().plus_ms(-KEPT_MS);
        let forget_some = move |tx: &mut Tx<'_>| {
            let macs = some(tx, before, AT_ONCE)?;
            for mac in &macs {
                directory::remove(tx, kind, mac)?;
            }
            Ok::<_, StoreError>(macs.len())
        };
        while house.maintain(&ctx, forget_some).await? == AT_ONCE as usize {}
    }
    Ok(())
}
