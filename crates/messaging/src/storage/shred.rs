//! What was let go is destroyed: first the keys, then what was sealed under them, then what is left of both in logs.

use sealpost_store::failpoint::{self, Point};
use sealpost_store::{Change, Ctx, Leaf, MessageId, OrgId, SHREDDED, SlotId, StoreError, Tx, outbox};
use serde_json::json;

use super::service::Storage;
use crate::messages;

/// Messages destroyed in one step.
const AT_ONCE: u32 = 200;

impl Storage {
    /// Destroys what was let go in this organisation and environment; answers how many messages that was. May be done at any time, and
    /// by several nodes at once.
    pub async fn shred(&self, ctx: &Ctx) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let going = self.store.read::<_, StoreError>(ctx, |tx| messages::going(tx, AT_ONCE)).await?;
            if going.is_empty() {
                return Ok(all);
            }
            let (ids, slots): (Vec<MessageId>, Vec<SlotId>) = going.into_iter().unzip();
            self.store.keys().shred(ctx.org.id, slots.clone()).await?;
            failpoint::pass(Point::Shredded);
            let keys = self.store.keys().organisation(ctx.org.id).await?;
            let count = ids.len() as u64;
            let emptied = self.store.write(ctx, move |tx| {
                // Another node has done it.
                if messages::empty(tx, &ids)? == 0 {
                    return Err(StoreError::Superseded);
                }
                tell(tx, &slots);
                let ctx = tx.ctx();
                let details = json!({ "messages": count, "first": ids.first(), "last": ids.last() });
                let details = keys.seal_audit(ctx, details.to_string().as_bytes());
                Ok(tx.record(Leaf::of("storage.shred").on(OrgId::PREFIX, ctx.org.id.bytes()).with(details), ()))
            });
            if outbox::ours(emptied.await)? {
                all += count;
            }
        }
    }
}

/// Every node forgets these keys.
fn tell(tx: &mut Tx<'_>, slots: &[SlotId]) {
    let org = tx.ctx().org;
    slots.iter().for_each(|slot| tx.publish(Change::new(SHREDDED, org, slot.bytes())));
}
