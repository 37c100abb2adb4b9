//! A tamper-evident log that can be checked without the system that wrote it.
//!
//! One organisation's acts are [`Leaf`]s in a Merkle tree (RFC 6962 hashing). The tree's head is signed as a
//! [`Checkpoint`] (C2SP tlog-checkpoint). Whoever holds an export, the public key and, better, a checkpoint kept
//! elsewhere can prove with [`verify_export`] that no leaf was edited, dropped, inserted, moved or cut off.
//!
//! ```text
//! Leaf ──encode──► bytes ──leaf_hash──► Frontier::push ──► root ──► Checkpoint::sign
//!                    │                     └─► TileNode, stored ──► inclusion, consistency ──► verify_*
//!                    └─► export line ──────────────────────────────────────────────────────► verify_export
//! ```
//!
//! This crate does no input or output, knows no other crate of the product, keeps no clock and no random source.
//! Everything that reads bytes returns an error for bytes it doesn't like; nothing here panics on input.
//!
//! # Writing
//!
//! ```
//! # use sealpost_ledger::*;
//! # fn write(leaf: &Leaf, frontier: &mut Frontier, key: &VerifierKey, sign: &dyn Fn(&[u8]) -> [u8; 64])
//! #     -> Result<(), CheckpointError> {
//! // In the transaction of the act itself, with `leaf.seq == frontier.size()`:
//! let bytes = leaf.encode();
//! let hash = leaf_hash(&bytes);
//! let completed = frontier.push(hash);
//! // … store bytes, hash, the completed nodes and frontier.to_bytes().
//!
//! // At most every second, while there is news:
//! let head = Checkpoint::new("sealpost.example/ledger/7f3c", frontier.size(), frontier.root())?;
//! let note = head.sign(key, sign);
//! // … store it, and hand it to the witnesses.
//! # let _ = (completed, note);
//! # Ok(())
//! # }
//! ```
//!
//! # What a proof can't say
//!
//! Whoever holds the signing key can sign a second history. Only a checkpoint kept by somebody else (a witness)
//! shows that: hand it to [`verify_export_against_witness`]. A leaf's time is a claim; its order is proven.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod checkpoint;
mod commitment;
pub mod export;
pub mod hash;
pub mod leaf;
pub mod proof;
pub mod tree;
pub mod verify;

pub use checkpoint::{Checkpoint, CheckpointError, VerifierKey};
pub use commitment::{commitment_content, commitment_in};
pub use hash::{Hash, content_hash, empty_root, leaf_hash, node_hash};
pub use leaf::{Action, Actor, Environment, Leaf, LeafError, LeafResult, Reason, Target, TargetKind};
pub use proof::{NodeSource, ProofError, Refused, consistency, inclusion, verify_consistency, verify_inclusion};
pub use tree::{Frontier, FrontierError, TileNode};
pub use verify::{Finding, FindingKind, Report, Verifier, verify_export, verify_export_against_witness};
