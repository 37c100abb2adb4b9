//! Retention: what is as old as its class may get is let go.
//!
//! Every class has a mark up to where nothing is left. A pass goes from there to what is too young; what it can't let go, because it
//! is held or under way, keeps the mark before it, and the pass goes on behind it.

use sealpost_store::{ContactId, Ctx, Leaf, MessageId, OrgId, StoreError, Time, Tx, outbox};
use serde_json::json;

use super::model::Gone;
use super::service::Storage;
use super::store;
use crate::events::Class;
use crate::messages::{self, Candidate};

/// Messages let go in one transaction.
pub(super) const AT_ONCE: u32 = 200;

/// The first id that a message of this moment could have.
pub(super) fn first_at(at: Time) -> MessageId {
    let ms = u64::try_from(at.unix_ms()).unwrap_or_default().to_be_bytes();
    let mut id = [0; 16];
    id[..6].copy_from_slice(&ms[2..]);
    MessageId::from_bytes(id)
}

/// What one step of a pass found.
pub(super) struct Step {
    /// The last message it looked at; nothing at the end.
    pub(super) last: Option<MessageId>,
    /// The last one before the first that had to stay.
    pub(super) clear: Option<MessageId>,
    /// Whether one had to stay.
    pub(super) stuck: bool,
    /// How many it let go.
    pub(super) let_go: u64,
}

impl Storage {
    /// Lets go what is as old as its class may get.
    pub(super) async fn retain(&self, ctx: &Ctx) -> Result<(), StoreError> {
        let policy = self.policies.of(ctx.org.id).await?;
        for class in Class::ALL {
            let days = policy.rule(ctx.org.environment, class).days;
            self.pass(ctx, class, first_at(ctx.now().plus_ms(-days.ms()))).await?;
        }
        Ok(())
    }

    async fn pass(&self, ctx: &Ctx, class: Class, before: MessageId) -> Result<(), StoreError> {
        let from = self.store.peek(ctx, move |tx| store::mark(tx, class)).await?;
        let (mut after, mut mark, mut stuck) = (from, from, false);
        loop {
            let step = self.step(ctx, class, (after, before), Gone::Retention).await?;
            let Some(last) = step.last else { break };
            if !stuck {
                mark = step.clear.unwrap_or(mark);
                stuck = step.stuck;
            }
            after = last;
        }
        if mark != from {
            self.store.maintain(ctx, move |tx| store::move_mark(tx, class, mark)).await?;
        }
        Ok(())
    }

    /// Lets go up to [`AT_ONCE`] messages of a class between two others, with a leaf if there were any.
    pub(super) async fn step(
        &self,
        ctx: &Ctx,
        class: Class,
        (after, before): (MessageId, MessageId),
        gone: Gone,
    ) -> Result<Step, StoreError> {
        let found = self
            .store
            .read::<_, StoreError>(ctx, move |tx| messages::kept_before(tx, class.as_str(), after, before, AT_ONCE))
            .await?;
        let ids: Vec<MessageId> = found.iter().map(|one| one.id).collect();
        let let_go = self.let_go(ctx, found, gone).await?;
        let first_stuck = ids.iter().position(|id| !let_go.contains(id));
        let clear = ids.get(..first_stuck.unwrap_or(ids.len())).and_then(<[_]>::last).copied();
        Ok(Step { last: ids.last().copied(), clear, stuck: first_stuck.is_some(), let_go: let_go.len() as u64 })
    }

    /// Lets those go that came to their end and that nobody holds, with a leaf if there are any; answers which.
    pub(super) async fn let_go(
        &self,
        ctx: &Ctx,
        candidates: Vec<Candidate>,
        gone: Gone,
    ) -> Result<Vec<MessageId>, StoreError> {
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let all = candidates.len();
        let decided = self.store.write::<Vec<MessageId>, StoreError>(ctx, move |tx| {
            store::take_turn(tx)?;
            let let_go = messages::expire(tx, &candidates, gone)?;
            if let_go.is_empty() {
                return Err(StoreError::Superseded);
            }
            let ctx = tx.ctx();
            let details = json!({ "messages": let_go.len(), "first": let_go.first(), "last": let_go.last() });
            let details = keys.seal_audit(ctx, details.to_string().as_bytes());
            let leaf =
                Leaf::of("storage.expire").on(OrgId::PREFIX, ctx.org.id.bytes()).because(gone.word()).with(details);
            Ok(tx.record(leaf, let_go))
        });
        match decided.await {
            // None of them may go, or another node was faster with one: the next pass finds the rest.
            Err(StoreError::Superseded) => {
                tracing::debug!(candidates = all, "storage.none_let_go");
                Ok(Vec::new())
            }
            decided => decided,
        }
    }

    /// Lets go what holds that were lifted had kept from going.
    pub(super) async fn settle_holds(&self, ctx: &Ctx) -> Result<(), StoreError> {
        for (hold, contact) in self.store.read(ctx, |tx| store::unsettled(tx, AT_ONCE)).await? {
            match contact {
                Some(_) => {
                    for contact in self.store.read(ctx, move |tx| store::held_contacts(tx, hold)).await? {
                        self.settle_person(ctx, contact).await?;
                    }
                }
                None => {
                    let found = self.store.read::<_, StoreError>(ctx, move |tx| {
                        let mut found = Vec::new();
                        for item in store::items(tx, hold)? {
                            found.extend(messages::held_back_one(tx, item)?);
                        }
                        Ok(found)
                    });
                    self.let_go(ctx, found.await?, Gone::UntilDelivered).await?;
                }
            }
            outbox::ours(self.store.maintain(ctx, move |tx| store::settle(tx, hold)).await)?;
        }
        Ok(())
    }

    async fn settle_person(&self, ctx: &Ctx, contact: ContactId) -> Result<(), StoreError> {
        let mut after = MessageId::from_bytes([0; 16]);
        loop {
            let held_back = move |tx: &mut Tx<'_>| messages::held_back(tx, contact, after, AT_ONCE);
            let found = self.store.read::<_, StoreError>(ctx, held_back).await?;
            let Some(last) = found.last() else { return Ok(()) };
            after = last.id;
            self.let_go(ctx, found, Gone::UntilDelivered).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_the_order_of_their_moments() {
        let at = Time::from_unix_ms(1_768_469_400_000);
        assert_eq!(first_at(at).made_at(), at);
        assert!(first_at(at) < first_at(at.plus_ms(1)) && first_at(at.plus_ms(-1)) < first_at(at));
        assert_eq!(first_at(Time::from_unix_ms(-5)), MessageId::from_bytes([0; 16]));
    }
}
