//! Roles: what a member may do, whose conversations and how much of a person they see, and how long they stay signed in.
//!
//! Seven roles are ours ([`Standard`]); an organisation makes others of the same vocabulary.

mod model;
mod standard;

pub use model::{Minutes, NotARole, Role, RoleRef, SessionLimits, Visibility};
pub use standard::Standard;
