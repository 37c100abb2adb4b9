//! Under what rules: who may see what, the audit ledger as people and programs read it, the checkpoints that make it evidence, and
//! its way to a SIEM.
//!
//! * [`activity`] counts what happened when, for pictures.
//! * [`approvals`] makes what is dangerous wait until others have agreed to exactly what they saw.
//! * [`audit`] lists who did what, hands out proofs, and exports and verifies the whole log.
//! * [`looks`] lets somebody see clear data, on record and within a budget.
//! * [`masking`] changes what is hidden from whoever reads.
//! * [`checkpoints`] signs the log's head while there is news, and hands it to witnesses outside the database.
//! * [`downloads`] lets files of many rows out: asked for, agreed to, sealed, once.
//! * [`erasure`] says what a certificate of erasure says, and checks one.
//! * [`evidence`] is the record of processing, the controls and what proves them, as a signed pack.
//! * [`members`] stands at the gate of people: another role for one, that may more than theirs, may take an approval.
//! * [`networks`] stands at the gate of address lists: those that let more in may take an approval.
//! * [`paper`] writes documents to read, page by page.
//! * [`revisions`] shows what settings said, what each change changed, and leads back.
//! * [`support`] lets somebody in to help, for a while and on record.
//! * [`roles`] stands at the gate of roles: one that is to say more may take an approval.
//! * [`siem`] streams every leaf to a collector outside.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod activity;
pub mod approvals;
pub mod audit;
pub mod checkpoints;
pub mod downloads;
pub mod erasure;
pub mod evidence;
pub mod leaks;
pub mod looks;
pub mod masking;
pub mod members;
pub mod networks;
pub mod paper;
mod reason;
pub mod revisions;
pub mod roles;
pub mod security;
pub mod siem;
pub mod support;

pub use reason::{Reason, Unsuitable};
