//! What goes on beside requests: keys of removed members are destroyed, and at the turn of a month members are indexed anew.

use sealpost_seal::Purpose;
use sealpost_seal::normal::Email;
use sealpost_store::{Ctx, Environment, Epoch, Org, Store, StoreError, Tx};

use super::model::MemberState;
use super::service::Members;
use super::store;
use super::subject::EmailIndex;

/// Members moved in one step.
const REINDEXED: u32 = 200;

/// Looks after the members of every organisation, once, and answers the first failure. It may be done at any time and by several
/// nodes at the same time.
pub async fn look_after(house: &Store) -> Result<(), StoreError> {
    let (members, mut outcome) = (Members::new(house.clone()), Ok(()));
    for id in house.organisations().await? {
        let ctx = Ctx::system(Org { id, environment: Environment::Live }, house.world().clone());
        // What is wrong with one organisation's members must not hold up the others.
        outcome = outcome.and(members.shred(&ctx).await).and(reindex(house, &ctx).await);
    }
    outcome
}

/// Whether any member of the organisation is found under this epoch: then its key can't go.
pub fn is_in_use(tx: &mut Tx<'_>, epoch: Epoch) -> Result<bool, StoreError> {
    store::is_in_use(tx, epoch)
}

/// Moves the organisation's members to the current epoch.
pub async fn reindex(house: &Store, ctx: &Ctx) -> Result<(), StoreError> {
    let members = Members::new(house.clone());
    let epoch = house.keys().epoch(ctx.org.id, ctx.now()).await?;
    loop {
        let outdated = house.read::<_, StoreError>(ctx, move |tx| store::outdated(tx, epoch, REINDEXED)).await?;
        if outdated.is_empty() {
            return Ok(());
        }
        for id in outdated {
            let epochs = house.keys().epochs(ctx.org.id, ctx.now()).await?;
            let row = house.read::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
            let member = match row.filter(|row| row.state != MemberState::Removed) {
                Some(row) => Some(members.open(ctx, row).await?),
                None => None,
            };
            let email = member.and_then(|member| Email::parse(member.email?.expose(Purpose::Index)).ok());
            let index = email.map(|email| EmailIndex::of(&epochs, &email));
            house
                .maintain::<_, StoreError>(ctx, move |tx| {
                    // Whoever was removed meanwhile is found by nothing.
                    let there = store::find(tx, id)?.is_some_and(|row| row.state != MemberState::Removed);
                    if let Some(index) = index.as_ref().filter(|_| there) {
                        store::claim(tx, index, id)?;
                    }
                    store::release_before(tx, id, epochs.current.epoch)
                })
                .await?;
        }
    }
}
