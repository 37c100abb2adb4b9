//! Runs: a workflow on its way for one contact.
//!
//! ```text
//! POST /v1/workflow-runs
//!   the version in force · contact · card numbers · seal     one transaction: run, job, idempotent answer, ledger leaf
//! 202                                                        durable
//!   job → what comes next? (rules) → do it → what became of it, and the next node, in one transaction with its leaf → …
//! ```
//!
//! A run comes to each node at most once, and what became of it is durable before the next begins. A send is accepted in the
//! transaction that writes it down: there is one message for each send, whenever the process dies. A call is written down before it
//! leaves and after it was answered: who dies in between leaves a call of which nobody knows, and says so.

mod begin;
mod call;
mod erase;
mod jobs;
mod reply;
mod reveal;
mod send;
mod service;
pub(super) mod store;
mod upkeep;
mod view;
mod volatile;
mod whole;

pub use begin::Starter;
pub(super) use begin::{Prepared, Wanted, begin, begin_unasked};
pub(crate) use erase::{blank, sealed_of, withdraw_all};
pub use jobs::Runner;
pub(super) use reply::{Heard, Hearing, hear};
pub(super) use service::{BegunView, NewRun, cancel, retry, signal};
pub use upkeep::look_after_forever;
pub(super) use view::{RunView, StepView, Views, clear};
pub(crate) use whole::WholeRun;

/// The outbox's name for these jobs.
pub const JOB: &str = "workflow.run";
