//! Who has looked, as the ledger has it.

use sealpost_ledger::{Leaf, LeafResult, content_hash};
use sealpost_store::{Ctx, Environment, RequestId, Store, StoreError, Time};

use crate::audit::{ActorWord, EnvironmentWord, TypedId, actor, environment};

/// Leaves read at once.
const CHUNK: u32 = 1000;

/// A look somebody took, or was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Where it stands in the ledger.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// What was done: `message.reveal`.
    pub action: String,
    /// At what.
    pub target: TypedId,
    /// What kind of party looked.
    pub by_kind: ActorWord,
    /// Its id, if it has one.
    pub by: Option<TypedId>,
    /// Whether they were let.
    pub allowed: bool,
    /// Whether they gave a reason, which is sealed in the ledger.
    pub reason_given: bool,
    /// The request it belongs to.
    pub request_id: RequestId,
}

/// The looks of an organisation since a moment, a stretch of the ledger at a time.
pub struct Looks<'h> {
    house: &'h Store,
    ctx: &'h Ctx,
    /// The acts that are looks.
    actions: &'static [&'static str],
    next: u64,
    end: u64,
}

impl<'h> Looks<'h> {
    /// Those of these acts that were taken since then, up to now.
    pub async fn since(
        house: &'h Store,
        ctx: &'h Ctx,
        since: Time,
        actions: &'static [&'static str],
    ) -> Result<Self, StoreError> {
        let end = house.ledger_head(ctx).await?.map_or(0, |(head, _)| head.frontier.size());
        let (mut next, mut behind) = (0, end);
        // The clocks of several nodes differ by less than this; what is read too early is looked at and passed.
        let since = since.plus_ms(-60_000);
        while next < behind {
            let middle = next + (behind - next) / 2;
            let row = house.ledger_leaves(ctx, middle, 1).await?.into_iter().next();
            let is_before =
                row.is_some_and(|row| Leaf::decode(&row.leaf).is_ok_and(|leaf| leaf.at_ms < since.unix_ms()));
            if is_before { next = middle + 1 } else { behind = middle }
        }
        Ok(Self { house, ctx, actions, next, end })
    }

    /// The looks of the next stretch, which may be none; nothing behind the last.
    pub async fn next(&mut self) -> Result<Option<Vec<Looked>>, StoreError> {
        if self.next >= self.end {
            return Ok(None);
        }
        let rows = self.house.ledger_leaves(self.ctx, self.next, CHUNK).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        self.next = last.seq.saturating_add(1);
        let found = rows.iter().filter(|row| row.seq < self.end).filter_map(|row| {
            let leaf = Leaf::decode(&row.leaf).ok()?;
            self.is_one(&leaf).then(|| looked(row.seq, &leaf)).flatten()
        });
        Ok(Some(found.collect()))
    }

    fn is_one(&self, leaf: &Leaf) -> bool {
        let here = match self.ctx.org.environment {
            Environment::Test => EnvironmentWord::Test,
            Environment::Live => EnvironmentWord::Live,
        };
        environment(leaf.environment) == Some(here) && self.actions.contains(&leaf.action.as_str())
    }
}

fn looked(seq: u64, leaf: &Leaf) -> Option<Looked> {
    let target = leaf.target.as_ref()?;
    Some(Looked {
        seq,
        at: Time::from_unix_ms(leaf.at_ms),
        action: leaf.action.to_string(),
        target: TypedId { kind: target.kind.to_string(), id: target.id },
        by_kind: ActorWord::of(leaf.actor.kind),
        by: actor(leaf),
        allowed: leaf.result == LeafResult::Ok,
        reason_given: leaf.content != content_hash(&[]),
        request_id: RequestId::from_bytes(leaf.request),
    })
}
