//! What becomes of the runs for somebody who is erased.

use sealpost_store::{ContactId, Ctx, Leaf, SlotId, Store, StoreError, Tx, WorkflowRunId};
use sealpost_web::Failure;

use super::{service, store};
use crate::workflows::codes::RUN_OVER;

/// Runs ended between two looks for more.
const AT_ONCE: u32 = 200;
/// How often it is looked for more.
const LOOKS: u32 = 50;
/// Why they are ended.
const ERASED: &str = "erased";

/// Ends what is under way for this contact, each run in a transaction of its own.
pub(crate) async fn withdraw_all(house: &Store, ctx: &Ctx, contact: ContactId) -> Result<(), Failure> {
    for _ in 0..LOOKS {
        let under_way = move |tx: &mut Tx<'_>| store::under_way_of(tx, contact, AT_ONCE);
        let under_way = house.read::<_, StoreError>(ctx, under_way).await?;
        if under_way.is_empty() {
            return Ok(());
        }
        for id in under_way {
            let ended = house.write(ctx, move |tx| {
                service::end(tx, id, Some(ERASED))?;
                let leaf = Leaf::of("workflow_run.cancel").on(WorkflowRunId::PREFIX, id.bytes()).because(ERASED);
                Ok(tx.record(leaf, ()))
            });
            match ended.await {
                // It came to its end meanwhile.
                Err(Failure::Refused(refusal)) if refusal.code().code == RUN_OVER.code => {}
                ended => ended?,
            }
        }
    }
    Ok(())
}

/// Runs for this contact of which anything sealed is left, and where their keys are: up to `limit`.
pub(crate) fn sealed_of(
    tx: &mut Tx<'_>,
    contact: ContactId,
    limit: u32,
) -> Result<Vec<(WorkflowRunId, SlotId)>, StoreError> {
    store::sealed_of(tx, contact, limit)
}

/// Removes what stands sealed in these runs.
pub(crate) fn blank(tx: &mut Tx<'_>, ids: &[WorkflowRunId]) -> Result<(), StoreError> {
    ids.iter().try_for_each(|id| store::empty(tx, *id).map(drop))
}
