//! Use cases of organisations.

use sealpost_seal::viewer::Viewer;
use sealpost_store::{Actor, Ctx, Environment, Leaf, Org, OrgId, RequestId, Store, StoreError};

use super::model::{Organisation, OrganisationName};
use super::store;

/// Makes an organisation: its key first, then its row and the first leaf of its ledger.
pub async fn create(house: &Store, name: OrganisationName) -> Result<OrgId, StoreError> {
    let id = OrgId::new(house.world());
    house.keys().organisation(id).await?;
    let ctx = operator(house, Org { id, environment: Environment::Live });
    let leaf = Leaf::of("organisation.create").on(OrgId::PREFIX, id.bytes());
    house
        .write(&ctx, move |tx| {
            store::insert(tx, &name)?;
            Ok(tx.record(leaf, id))
        })
        .await
}

/// The organisation with this id.
pub async fn find(house: &Store, id: OrgId) -> Result<Option<Organisation>, StoreError> {
    let ctx = operator(house, Org { id, environment: Environment::Live });
    house.read(&ctx, store::own).await
}

/// All organisations, oldest first.
pub async fn list(house: &Store) -> Result<Vec<Organisation>, StoreError> {
    let mut all = Vec::new();
    for id in house.organisations().await? {
        all.extend(find(house, id).await?);
    }
    Ok(all)
}

/// A context for a person with a shell on the host, acting in `org`: the command line's.
pub fn operator(house: &Store, org: Org) -> Ctx {
    let world = house.world().clone();
    Ctx { org, actor: Actor::OPERATOR, viewer: Viewer::masked(), request: RequestId::new(&world), world }
}
