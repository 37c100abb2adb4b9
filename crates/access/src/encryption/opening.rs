//! A server starts with a root key that somebody keeps: that it was opened, and by whom, is in every organisation's ledger.

use sealpost_seal::key::Custody;
use sealpost_store::{Ctx, Environment, Leaf, Org, OrgId, Store, StoreError, Tx};
use serde_json::json;

use super::model::named;
use super::store;

/// Records that this process has its root key from a key service, or that it has it in clear where a service kept it before.
/// Nothing where it always was in clear: that is no event.
pub async fn note_opening(house: &Store) -> Result<(), StoreError> {
    for id in house.organisations().await? {
        let ctx = Ctx::system(Org { id, environment: Environment::Live }, house.world().clone());
        note(house, &ctx).await?;
    }
    Ok(())
}

async fn note(house: &Store, ctx: &Ctx) -> Result<(), StoreError> {
    let (root, custody) = (house.keys().root_id(), house.keys().custody());
    let before = house.peek(ctx, store::root).await?.map_or(Custody::Clear, |(_, custody)| custody);
    if custody == Custody::Clear && before == Custody::Clear {
        return Ok(());
    }
    let keys = house.keys().organisation(ctx.org.id).await?;
    let details = json!({ "root_key": named(root), "by": custody.word(), "before": before.word() }).to_string();
    let leaf =
        Leaf::of("root_key.open").on(OrgId::PREFIX, ctx.org.id.bytes()).with(keys.seal_audit(ctx, details.as_bytes()));
    let note = move |tx: &mut Tx<'_>| {
        store::note_custody(tx, root, custody)?;
        Ok::<_, StoreError>(tx.record(leaf, ()))
    };
    house.write(ctx, note).await
}
