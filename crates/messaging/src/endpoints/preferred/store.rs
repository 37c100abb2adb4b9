//! Statements about the default endpoint.

use sealpost_store::{EndpointId, StoreError, Tx, sql};

/// Whether there is one.
pub(super) fn is_there(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let found =
        tx.optional(sql!("select id from endpoint where org = $1 and env = $2 and is_default = 1"), &[], |row| {
            row.get::<EndpointId>("id")
        })?;
    Ok(found.is_some())
}

/// None is the default any more.
pub(super) fn clear(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(sql!("update endpoint set is_default = 0 where org = $1 and env = $2 and is_default = 1"), &[]).map(drop)
}

/// This one is the default, if no other is.
pub(super) fn set(tx: &mut Tx<'_>, id: EndpointId) -> Result<(), StoreError> {
    tx.execute(sql!("update endpoint set is_default = 1 where org = $1 and env = $2 and id = $3"), &[&id]).map(drop)
}
