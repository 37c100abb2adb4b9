//! Teams: who answers together. A member may be in several; a role whose [visibility](crate::roles::Visibility) is `team` sees what
//! is its teams'.

mod api;
pub mod codes;
mod model;
mod pages;
mod service;
mod store;

pub use api::feature;
pub use model::{Team, TeamName};
pub use service::{create, find, list, remove, update};
pub(crate) use store::{exists, join};
