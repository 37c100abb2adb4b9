//! Roles: what a member may do, whose conversations and how much of a person they see, and how long they stay signed in.
//!
//! Seven roles are ours ([`Standard`]); an organisation makes others of the same vocabulary. One that is to say more than it did may take an
//! approval: whoever knows of approvals stands at the [`Gate`]. Every change leaves a revision.

mod api;
pub mod codes;
mod matrix;
mod model;
mod pages;
mod preview;
mod reach;
mod rules;
mod service;
mod standard;
mod store;
#[cfg(test)]
mod tests;
mod whole;

pub use api::feature;
pub use matrix::RoleMatrix;
pub use model::{Minutes, NewRole, NotARole, Role, RoleName, RoleRef, SessionLimits, StoredRole, Visibility};
pub use pages::NAV;
pub(crate) use pages::{Whose as WhoseView, sees};
pub use preview::RolePreviews;
pub use reach::{Reach, Whose, reach};
pub(crate) use rules::widens;
pub use rules::{Excess, RoleRefused};
pub use service::{Gate, OPEN, Outcome, SETTING, Wish, create, decide, find, list, remove, reveals, update};
pub use standard::Standard;
pub use whole::{NotARoleAtAll, Whole};
