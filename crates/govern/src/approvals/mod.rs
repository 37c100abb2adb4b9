//! Approvals: what is dangerous waits until others have agreed to exactly what they saw.
//!
//! ```text
//! ask      salt ‖ what is wanted ‖ what people see of it ‖ why        sealed; its exact bytes are pinned
//!          digest = SHA-256(module ‖ target ‖ those bytes ‖ version of what is live ‖ version of the rules)
//! vote     carries the digest: it is about what was looked at, or refused; in the dashboard a passkey signs it
//! promote  one transaction: it stood where it stood, is of the digest that was voted on, and nothing has moved → in force, or a conflict
//! ```
//!
//! A feature that has something dangerous says so with an [`Approvable`]: what it changes, how that reads, of which version, and how it is
//! put into force. Which of them take an approval, of how many, the organisation decides ([`Policy`]), and may make that take one, too.
//! People are told apart, not credentials: what a key does counts for the member who made it. Whoever wrote it or would have it is [`Tied`]
//! to it, and doesn't vote.

mod api;
pub mod codes;
mod digest;
mod model;
mod module;
mod notices;
mod pages;
mod policy;
mod record;
#[cfg(test)]
mod record_tests;
mod reseal;
mod rules;
#[cfg(test)]
mod rules_tests;
mod service;
mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod upkeep;

pub use api::{Waiting, accepted, feature};
pub use digest::Digest;
pub use model::{Approval, GoesLive, Line, Module, Needed, Policy, Rule, Standing, State, Tie, Tied};
pub use module::{Apply, Approvable, Approvables, Prepare, Prepared, PutIntoForce, Unregistered};
pub use pages::NAV;
pub(crate) use policy::{REVISABLE, SWITCH};
pub use record::{Expected, RecordError, SignedVote, VerifiedRecord, verify_record};
pub use reseal::reseal;
pub(crate) use service::show;
pub use service::{ask, is_needed, open_about, spend, state_of};
#[cfg(test)]
pub(crate) use tests::{Scene, agree, join, refused, why};
pub use upkeep::{look_after, look_after_forever};
