//! Under what rules: the audit ledger as people and programs read it, and the checkpoints that make it evidence.
//!
//! * [`audit`] lists who did what, hands out proofs, and exports and verifies the whole log.
//! * [`checkpoints`] signs the log's head while there is news, and hands it to witnesses outside the database.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod audit;
pub mod checkpoints;
