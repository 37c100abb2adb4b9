//! How long what is stored of messages: by environment and class, as the organisation decides.
//!
//! ```text
//! keep             until it is so many days old                       retention lets it go, in batches
//! until_delivered  until the message has come to its end              the transaction of the end lets it go
//! never            in the memory of the process that accepted it      there is nothing to let go
//!
//! let go: one transaction, with its leaf  ─►  keys destroyed  ─►  rows emptied, leaf  ─►  logs emptied
//! ```
//!
//! What was decided when a message was accepted stands in the message and holds for it. Whatever is let go stands in the database
//! as such until its key is destroyed and its row is empty, so that a crash in between leaves nothing behind. A legal hold keeps
//! what is stored from being let go, and the person from being erased.

mod api;
mod approval;
pub mod codes;
mod counts;
mod expiry;
mod holds;
mod model;
mod pages;
mod policies;
mod preview;
mod purges;
mod reseal;
mod rules;
mod service;
mod shred;
mod store;
mod switch;
#[cfg(test)]
mod tests;
mod upkeep;

#[cfg(test)]
pub(crate) mod testing;

pub use api::feature;
pub use approval::{APPROVABLE, REVISABLE};
pub(crate) use holds::{hold_together, holds_person, is_held};
pub use model::{ByClass, Days, Gone, Mode, Policy, Rule};
pub use pages::NAV;
pub use policies::Policies;
pub(crate) use purges::purged_until;
pub(crate) use reseal::reseal;
pub use service::{Storage, StorageConfig};
pub use switch::SWITCH;
pub use upkeep::look_after_forever;

/// Told after the policy was changed.
pub const CHANGED: &str = "storage.changed";

/// Told in this process after something was let go whose key is still to be destroyed.
pub(crate) const GOING: &str = "storage.going";
