//! Purges: past payloads of a class that isn't kept any more are let go, whatever their age.

use sealpost_govern::Reason;
use sealpost_seal::Purpose;
use sealpost_store::{Ctx, Leaf, MessageId, OrgKeys, PurgeId, Recorded, StoreError, Time, Tx, outbox};
use sealpost_web::{Failure, Refusal};
use serde_json::json;

use super::codes::{PURGE_UNCONFIRMED, STORAGE_KEPT};
use super::expiry::first_at;
use super::model::{Gone, Mode};
use super::service::Storage;
use super::store::{self, Purge};
use crate::events::Class;

/// Purges shown.
const SHOWN: u32 = 20;

/// Begins to purge what was accepted of this class until now. `confirmed` repeats its name.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    class: Class,
    confirmed: &str,
    reason: Option<&Reason>,
) -> Result<Recorded<Purge>, Failure> {
    if confirmed != class.as_str() {
        return Err(Refusal::of(&PURGE_UNCONFIRMED).at("/confirm", "not_the_class").into());
    }
    let ctx = tx.ctx();
    if store::standing(tx)?.policy.rule(ctx.org.environment, class).mode == Mode::Keep {
        return Err(Refusal::of(&STORAGE_KEPT).at("/class", "kept").into());
    }
    let purge = Purge {
        id: PurgeId::new(&ctx.world),
        class,
        // Whatever is accepted from the next millisecond on is stored as the policy says.
        through: first_at(ctx.now().plus_ms(1)),
        reached: MessageId::from_bytes([0; 16]),
        shredded: 0,
        created_at: ctx.now(),
        done_at: None,
    };
    store::insert_purge(tx, &purge)?;
    let details =
        json!({ "class": class.as_str(), "reason": reason.map(|reason| reason.text().expose(Purpose::Seal)) });
    let details = keys.seal_audit(ctx, details.to_string().as_bytes());
    Ok(tx.record(Leaf::of("storage.purge").on(PurgeId::PREFIX, purge.id.bytes()).with(details), purge))
}

/// Up to when what was begun of this class was purged, if ever.
pub(crate) fn purged_until(tx: &mut Tx<'_>, class: Class) -> Result<Option<Time>, StoreError> {
    store::last_purge(tx, class)
}

impl Storage {
    /// The newest purges.
    pub(super) async fn purges(&self, ctx: &Ctx) -> Result<Vec<Purge>, StoreError> {
        self.store.read(ctx, |tx| store::purges(tx, SHOWN)).await
    }

    /// Brings purges that are under way to their end.
    pub(super) async fn purge(&self, ctx: &Ctx) -> Result<(), StoreError> {
        for mut purge in self.store.read(ctx, |tx| store::open_purges(tx, SHOWN)).await? {
            while purge.done_at.is_none() {
                let step = self.step(ctx, purge.class, (purge.reached, purge.through), Gone::Purged).await?;
                let (before, reached) = (purge, step.last.unwrap_or(purge.through));
                let (more, is_done) = (step.let_go, step.last.is_none());
                let moved =
                    self.store.maintain(ctx, move |tx| store::advance_purge(tx, &before, reached, more, is_done));
                // Another node goes on with it.
                if !outbox::ours(moved.await)? {
                    break;
                }
                purge.reached = reached;
                purge.done_at = is_done.then(|| ctx.now());
            }
        }
        Ok(())
    }
}
