//! One-time links that sign a member in, or make somebody one who was invited.
//!
//! Following one (`GET`) shows a page with a button and changes nothing: mail scanners and previews follow links. Pressing the
//! button uses it up and begins the session, in one transaction.

mod model;
mod service;
mod store;
mod upkeep;

pub use model::{Followed, IssuedLink, Purpose, SignInLink};
pub use service::{create, create_for_owner, follow, is_good};
pub(crate) use service::{issue, made_since, spend_all_of};
pub use upkeep::forget_old;
