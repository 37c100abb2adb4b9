//! Members: the people of an organisation's staff.
//!
//! A member belongs to one organisation and to both of its environments, and holds one [role](crate::roles).

mod faces;
mod model;
mod service;
pub(crate) mod store;

pub use faces::MemberFaces;
pub use model::{Member, MemberState};
pub use service::{create, owner};
