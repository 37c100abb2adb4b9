//! From a message to its receipt.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealpost_govern::erasure::evidence;
use sealpost_ledger::Leaf;
use sealpost_store::{Ctx, MessageId, StoreError, Time};
use sealpost_web::{Failure, Refusal};

use super::codes::{RECEIPT_NONE, RECEIPT_NOT_DUE};
use super::document::Receipt;
use crate::messages::{End, Message, Messages, Statement};

/// Leaves read in one step.
const LEAVES: u32 = 256;
/// A leaf is written after its act was decided, and not much later.
const EARLIER_MS: i64 = 2_000;
const LATER_MS: i64 = 300_000;

/// The receipts of all organisations; cheap to clone.
#[derive(Clone)]
pub struct Receipts {
    pub(super) messages: Messages,
}

impl Receipts {
    /// Of these messages.
    pub fn new(messages: Messages) -> Self {
        Self { messages }
    }

    /// The signed receipt of a message.
    pub(super) async fn receipt(&self, ctx: &Ctx, id: MessageId) -> Result<String, Failure> {
        let message = self.messages.find(ctx, id).await?;
        if !message.state.is_final() {
            return Err(Refusal::of(&RECEIPT_NOT_DUE).into());
        }
        let ended = self.messages.ended(ctx, id).await?;
        let commitment = ended.commitment.ok_or(&RECEIPT_NONE).map_err(Refusal::of)?;
        let leaf = match ended.leaf {
            Some(leaf) => leaf,
            None => self.look_for(ctx, &message).await?,
        };
        let house = self.messages.store();
        // Without the opening of somebody who was erased nobody can tell any more what it is about.
        let witness = self.messages.witness(ctx, &message).await?.ok_or(&RECEIPT_NONE).map_err(Refusal::of)?;
        let end = End {
            state: message.state,
            reason: message.reason.as_deref(),
            attempts: message.attempts,
            at: message.updated_at,
            provider_id: ended.provider_id.as_deref(),
        };
        let receipt = Receipt {
            statement: Statement::of(ctx.org, &message, &end, &witness),
            opening: Some(STANDARD.encode(witness.opening.bytes())),
            commitment: STANDARD.encode(commitment),
            leaf,
            proof: evidence(house, ctx, leaf).await?.proof,
        };
        let signing = house.keys().signing();
        let note = receipt.sign(&house.verifier_key()?, &|text| signing.sign(text));
        note.map_err(|_| StoreError::Unsuitable("the receipt can't be written as a signed note".into()).into())
    }

    /// Where the leaf of the message's end stands, found by when that was; remembered from then on.
    async fn look_for(&self, ctx: &Ctx, message: &Message) -> Result<u64, Failure> {
        let house = self.messages.store();
        let (from, until) = (message.updated_at.plus_ms(-EARLIER_MS), message.updated_at.plus_ms(LATER_MS));
        let mut seq = self.first_at(ctx, from).await?;
        loop {
            let rows = house.ledger_leaves(ctx, seq, LEAVES).await?;
            let leaves = rows.iter().filter_map(|row| Some((row.seq, Leaf::decode(&row.leaf).ok()?)));
            for (at, leaf) in leaves {
                seq = at.saturating_add(1);
                if is_end_of(&leaf, message) {
                    self.messages.keep_leaf(ctx, message.id, at).await?;
                    return Ok(at);
                }
                if Time::from_unix_ms(leaf.at_ms) > until {
                    return Err(StoreError::Missing("ledger_leaf").into());
                }
            }
            if rows.is_empty() {
                return Err(StoreError::Missing("ledger_leaf").into());
            }
        }
    }

    /// The position before which leaves are older than this moment, by bisection: leaves are in order of time but for seconds.
    async fn first_at(&self, ctx: &Ctx, at: Time) -> Result<u64, StoreError> {
        let house = self.messages.store();
        let (mut low, mut high) = (0, house.ledger_head(ctx).await?.map_or(0, |(head, _)| head.frontier.size()));
        while low < high {
            let middle = low + (high - low) / 2;
            let row = house.ledger_leaves(ctx, middle, 1).await?.into_iter().next();
            let leaf = row.and_then(|row| Leaf::decode(&row.leaf).ok());
            match leaf {
                Some(leaf) if Time::from_unix_ms(leaf.at_ms) < at => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }
}

fn is_end_of(leaf: &Leaf, message: &Message) -> bool {
    let on = leaf.target.as_ref().is_some_and(|target| target.id == message.id.bytes());
    on && leaf.action.as_str() == message.state.action()
}
