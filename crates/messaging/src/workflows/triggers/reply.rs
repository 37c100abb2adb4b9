//! A reply begins runs, if no run was waiting for it.

use sealpost_store::{StoreError, Tx};

use super::model::Mapping;
use super::store;
use crate::workflows::model::InForce;
use crate::workflows::store as workflows;

/// What a reply begins, and with what.
pub(in crate::workflows) fn begun_by_replies(tx: &mut Tx<'_>) -> Result<Vec<(InForce, Mapping)>, StoreError> {
    let mut all = Vec::new();
    for trigger in store::by_reply(tx)? {
        let Some(workflow) = workflows::find(tx, trigger.workflow)? else { continue };
        all.extend(workflows::in_force(tx, &workflow)?.map(|what| (what, trigger.data)));
    }
    Ok(all)
}
