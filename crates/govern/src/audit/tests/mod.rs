//! What the audit ledger promises, on both engines.

mod export;
mod house;
mod proofs;
mod pruning;
mod reading;
