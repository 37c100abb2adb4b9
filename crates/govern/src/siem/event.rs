//! One leaf, as a SIEM gets it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealpost_ledger::{Leaf, leaf_hash};
use sealpost_store::{LeafRow, OrgId, RequestId, Time};
use serde::Serialize;

use crate::audit::{self, ActorWord, EnvironmentWord, ResultWord, TypedId};

/// One leaf of one organisation's ledger. Its words are those of `GET /v1/ledger/entries`.
#[derive(Serialize)]
pub(super) struct Event {
    /// Whose ledger.
    organisation: OrgId,
    /// The leaf's position in it, from 0: its index in the tree, and the order.
    pub(super) seq: u64,
    /// The hash under which it is in the tree: 64 hexadecimal digits.
    leaf_hash: String,
    /// Its canonical bytes in base64; `leaf_hash` is made of them.
    leaf: String,
    /// True if the stored leaf is not what was recorded: somebody changed the database.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    damaged: bool,
    /// What happened; absent if the leaf can't be read.
    #[serde(flatten)]
    pub(super) act: Option<Act>,
}

/// What happened.
#[derive(Serialize)]
pub(super) struct Act {
    pub(super) at: Time,
    actor_kind: ActorWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<TypedId>,
    pub(super) action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<TypedId>,
    pub(super) result: ResultWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    request_id: RequestId,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<EnvironmentWord>,
}

impl Event {
    /// The event a stored leaf is.
    pub(super) fn of(organisation: OrgId, row: &LeafRow) -> Self {
        let leaf = Leaf::decode(&row.leaf).ok();
        let is_intact = leaf_hash(&row.leaf) == row.hash && leaf.as_ref().is_some_and(|leaf| leaf.seq == row.seq);
        Self {
            organisation,
            seq: row.seq,
            leaf_hash: row.hash.to_hex(),
            leaf: STANDARD.encode(&row.leaf),
            damaged: !is_intact,
            act: leaf.as_ref().map(Act::of),
        }
    }

    /// Whether somebody should look at it: a refusal, a failure, a leaf that was tampered with.
    pub(super) fn gravity(&self) -> Gravity {
        match &self.act {
            _ if self.damaged => Gravity::Tampered,
            Some(act) if act.result == ResultWord::Ok => Gravity::Routine,
            Some(_) | None => Gravity::Refused,
        }
    }
}

/// How much an event matters to whoever watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gravity {
    Routine,
    Refused,
    Tampered,
}

impl Act {
    fn of(leaf: &Leaf) -> Self {
        Self {
            at: Time::from_unix_ms(leaf.at_ms),
            actor_kind: ActorWord::of(leaf.actor.kind),
            actor: audit::actor(leaf),
            action: leaf.action.to_string(),
            target: leaf.target.as_ref().map(|target| TypedId { kind: target.kind.to_string(), id: target.id }),
            result: audit::result(leaf.result),
            reason: leaf.reason.as_ref().map(ToString::to_string),
            request_id: RequestId::from_bytes(leaf.request),
            environment: audit::environment(leaf.environment),
        }
    }
}
