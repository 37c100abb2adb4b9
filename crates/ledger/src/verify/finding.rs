//! What is wrong with an export, in words for the person who has to act on it.

use crate::{checkpoint::CheckpointError, leaf::LeafError};

/// The first thing found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, leaf {seq}: {kind}")]
pub struct Finding {
    /// The line of the export, from 1.
    pub line: u64,
    /// The first leaf that can't be relied on: the bad one itself where the kind says so, otherwise the first after the
    /// last checkpoint that matched. All leaves before it are proven if a checkpoint covers them.
    pub seq: u64,
    /// What it is.
    pub kind: FindingKind,
}

/// The kinds of things that can be wrong with an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindingKind {
    /// The first line isn't a header of this format, or there is no line.
    #[error("this is not a ledger export of a version this verifier knows")]
    NotAnExport,
    /// A line that is neither a leaf nor a checkpoint.
    #[error("this line is neither a leaf nor a checkpoint")]
    Unreadable,
    /// The header names another key than the one trusted.
    #[error("the export names another key than the one you trust")]
    NamesOtherKey,
    /// The header, a checkpoint and the witnessed checkpoints don't all name one log.
    #[error("a checkpoint speaks of another ledger than this export")]
    OtherLog,
    /// This very leaf doesn't have the hash that was stored with it.
    #[error("this leaf was edited: it does not have the hash stored with it")]
    Edited,
    /// This very line holds bytes that are not a leaf.
    #[error("this leaf was edited: {0}")]
    NotALeaf(LeafError),
    /// This very leaf is missing: a later one stands in its place.
    #[error("this leaf is missing: number {found} stands in its place")]
    Missing {
        /// The number found.
        found: u64,
    },
    /// An earlier number stands here: a leaf was inserted, repeated or moved.
    #[error("leaf number {found} stands in this place: inserted, repeated or moved")]
    OutOfOrder {
        /// The number found.
        found: u64,
    },
    /// This very leaf is of another organisation.
    #[error("this leaf belongs to another organisation")]
    OtherOrganisation,
    /// This very leaf's content isn't what the leaf names.
    #[error("the content of this leaf was changed")]
    ContentChanged,
    /// A checkpoint isn't one, or isn't signed by the trusted key.
    #[error("{0}")]
    Checkpoint(CheckpointError),
    /// A signed checkpoint covers more leaves than there are: from this very leaf on they are missing.
    #[error("leaves are cut off from here: a signed checkpoint covers {claimed}")]
    CutOff {
        /// The leaves the checkpoint covers.
        claimed: u64,
    },
    /// A signed checkpoint covers fewer leaves than stand before it: it was moved, or leaves were inserted.
    #[error("leaves were inserted or a checkpoint was moved: it covers {claimed} leaves")]
    Misplaced {
        /// The leaves the checkpoint covers.
        claimed: u64,
    },
    /// The leaves don't add up to a signed checkpoint's root.
    #[error("from this leaf to the signed checkpoint over {claimed} leaves, one or more were rewritten")]
    Rewritten {
        /// The leaves the checkpoint covers.
        claimed: u64,
    },
    /// No checkpoint at all, so nothing is proven.
    #[error("there is no signed checkpoint, so nothing in this export is proven")]
    NoCheckpoint,
    /// A witness holds a checkpoint that these leaves don't add up to: there are two histories.
    #[error("two histories: a witness saw another ledger of {witnessed} leaves, different from this leaf on or later")]
    Forked {
        /// The leaves the witnessed checkpoint covers.
        witnessed: u64,
    },
    /// A witness has seen more leaves than there are: an old copy, or the end was cut off.
    #[error("an old copy or a cut-off end: a witness saw {witnessed} leaves")]
    RolledBack {
        /// The most leaves a witness saw.
        witnessed: u64,
    },
}
