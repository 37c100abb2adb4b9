//! A leaf: one act, by whom, on what, with which outcome. Never a personal value.

mod codec;
mod token;

pub use token::{Action, Reason, TargetKind};

use crate::hash::Hash;

/// An identifier as stored: 16 bytes (a UUID).
pub type Id = [u8; 16];

/// One act in an organisation's ledger.
///
/// Nothing in it is personal and nothing in it is free text, so that it may stay when a person is erased and when
/// content is pruned. What was said or changed in detail is in the sealed content that [`Leaf::content`] names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The organisation whose ledger this is.
    pub org: Id,
    /// Position in the organisation's ledger, from 0, without gaps. This is the order; time is only a claim.
    pub seq: u64,
    /// When it happened, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Who acted.
    pub actor: Actor,
    /// What was done: `endpoint.create`.
    pub action: Action,
    /// What it was done to, where there is one thing.
    pub target: Option<Target>,
    /// How it ended.
    pub result: LeafResult,
    /// Why it was refused or failed, or under which reason it was done.
    pub reason: Option<Reason>,
    /// The request it belongs to.
    pub request: Id,
    /// The environment it happened in.
    pub environment: Environment,
    /// [`content_hash`](crate::content_hash) of the sealed content, or of nothing.
    pub content: Hash,
}

impl Leaf {
    /// The version every leaf starts with. A reader refuses what it doesn't know.
    pub const VERSION: u8 = 1;

    /// The canonical bytes. See [`Leaf::encode_into`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(codec::TYPICAL_LEN);
        self.encode_into(&mut out);
        out
    }

    /// Appends the canonical bytes: deterministic CBOR (RFC 8949 §4.2.1), one array of 14 items
    ///
    /// `[version, org, seq, at_ms, actor kind, actor id, action, target kind, target id, result, reason, request,
    /// environment, content]`
    ///
    /// Absent targets and reasons are empty strings, which present ones can't be.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        codec::encode(self, out);
    }

    /// Reads exactly what [`Leaf::encode`] writes: `decode(bytes)` succeeds only if encoding its answer gives
    /// `bytes` again.
    ///
    /// # Errors
    /// [`LeafError`] for every other input. It never carries the refused value.
    pub fn decode(bytes: &[u8]) -> Result<Self, LeafError> {
        codec::decode(bytes)
    }
}

/// Who acted: a kind, numbered by the caller's own list (member, API key, system, …), and an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The kind of actor.
    pub kind: u8,
    /// Its id.
    pub id: Id,
}

/// What an act was done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The kind of thing: `endpoint`.
    pub kind: TargetKind,
    /// Its id.
    pub id: Id,
}

/// How an act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafResult {
    /// It was done (0).
    Ok,
    /// It was refused by a rule (1).
    Denied,
    /// It was allowed and didn't work (2).
    Failed,
}

/// The environment an act happened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Neither: it concerns the organisation itself (0).
    None,
    /// `test` (1).
    Test,
    /// `live` (2).
    Live,
}

/// Why bytes or a text are not (part of) a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Not the CBOR array a leaf is.
    #[error("not a leaf: the bytes are not the CBOR array a leaf is")]
    Syntax,
    /// A leaf of a version this reader doesn't know.
    #[error("a leaf of an unknown version")]
    Version,
    /// An id or hash of the wrong length.
    #[error("an id or hash in the leaf has the wrong length")]
    Length,
    /// An action, target kind or reason outside its alphabet or length.
    #[error("a name in the leaf is empty, too long or not in [a-z0-9_.]")]
    Token,
    /// A result or environment that doesn't exist, or half a target.
    #[error("a result, environment or target in the leaf that does not exist")]
    Value,
    /// A leaf, but not in the one form it may be written in.
    #[error("the leaf is not in canonical form")]
    NotCanonical,
}
