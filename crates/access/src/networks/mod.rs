//! From where an organisation admits whom.
//!
//! Three lists for both environments, on top of what a role or a key says itself: one for whatever a session asks, one for what
//! members do as administrators, one for keys. A list without a network admits everybody. A change holds at once and undoes itself
//! after [`model::GUARD_MS`], unless somebody confirms it from an address that is still admitted: whoever shuts themselves out is
//! back in soon. When it lapses is stored with it and asked on every request, so no node has to be awake for it;
//! [`look_after`] only writes down that it has happened.
//!
//! Lists that let more in may take an approval: whoever knows of approvals stands at the [`Gate`]. What others agreed to undoes itself as
//! well, unless it is confirmed. Every list that ever held is a revision.

mod admission;
mod api;
pub mod codes;
mod model;
mod pages;
mod preview;
mod rules;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod upkeep;

pub use admission::Admission;
pub(crate) use admission::expect;
pub use api::feature;
pub use model::{Lists, Pending, Standing, Whole};
pub use pages::NAV;
pub(crate) use rules::barred;
pub use rules::{Known, administrative};
pub use service::{Gate, Outcome, SETTING, change, confirm, decide, decide_from, reset, revert, standing};
pub use upkeep::{look_after, look_after_forever};

/// Told after the lists were changed.
pub const CHANGED: &str = "networks.changed";
