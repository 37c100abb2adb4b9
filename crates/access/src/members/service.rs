//! Use cases of members.

use sealpost_store::{Ctx, Leaf, MemberId, Recorded, Store, StoreError, Tx};

use super::store;
use crate::roles::{RoleRef, Standard};

/// Makes a member who has this role.
pub fn create(tx: &mut Tx<'_>, role: RoleRef) -> Result<Recorded<MemberId>, StoreError> {
    let id = MemberId::new(&tx.ctx().world);
    store::insert(tx, id, role)?;
    Ok(tx.record(Leaf::of("member.create").on(MemberId::PREFIX, id.bytes()), id))
}

/// The organisation's first owner; the operator makes one if there is none.
pub async fn owner(house: &Store, ctx: &Ctx) -> Result<MemberId, StoreError> {
    if let Some(owner) = house.read(ctx, store::first_owner).await? {
        return Ok(owner.id);
    }
    house.write(ctx, |tx| create(tx, RoleRef::Standard(Standard::Owner))).await
}
