//! Inclusion and consistency proofs (RFC 6962 §2.1.1, §2.1.2): building them from stored nodes, and checking them.

mod build;
mod check;

pub use build::{NodeSource, ProofError, consistency, inclusion};
pub use check::{Refused, verify_consistency, verify_inclusion, verify_subtree_consistency, verify_subtree_inclusion};
