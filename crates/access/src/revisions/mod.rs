//! What settings said: every change leaves a revision, numbered, with who, when and why, and none is ever changed.
//!
//! ```text
//! content  salt ‖ the whole setting in one form ‖ why                     sealed
//! digest   SHA-256(setting ‖ target ‖ number ‖ those bytes)               checked whenever one is read; the change's leaf has it, too
//! ```
//!
//! A feature that puts a setting into force [`keep`]s what it says in the same transaction. What stood there before the first of them
//! comes along, so that there is a way back. They are listed, compared and rolled back to in `govern`.

mod model;
mod reseal;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Change, Revision, Setting, Subject};
pub(crate) use reseal::reseal;
pub use service::{before, find, keep, mark_approved, newest, number, of_subject};
pub use store::page;
