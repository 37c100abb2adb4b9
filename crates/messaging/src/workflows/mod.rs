//! Workflows: what is done step by step for one contact, and outlives a crash at any of them.
//!
//! A workflow is data ([`definition`]): a graph of sends, calls, conditions, delays and waits without a circle, in numbered versions
//! that never change, of which one is in force. A [run](runs) belongs to the version it began with. What comes next is decided by
//! [`rules`], which do nothing.
//!
//! What others use: [`Workflows`], the jobs of [`Runner`], and what an erasure takes along.

mod api;
mod approval;
pub mod codes;
mod definition;
mod model;
mod pages;
mod promotion;
mod replies;
mod rules;
mod runs;
mod sealing;
mod service;
mod store;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod triggers;

pub use api::feature;
pub use approval::APPROVABLE;
pub use codes::WorkflowRefusal;
pub use definition::Definition;
pub use model::{NewWorkflow, Run, RunState, Step, StepState, Workflow, WorkflowVersion};
pub use pages::NAV;
pub use runs::{JOB, Runner, Starter, look_after_forever};
pub(crate) use runs::{WholeRun, blank, sealed_of, withdraw_all};
pub use service::{Stands, Workflows, secret_uses};
pub use triggers::Followed;

/// Told after another version of a workflow, or something else, begins its runs.
pub const CHANGED: &str = "workflow.changed";
