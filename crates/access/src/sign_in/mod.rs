//! Signing in: where a member proves who they are, without a password.
//!
//! * [`link`]: a one-time link. The operator on the host makes one for an owner, so that there is a first member at all.
//!
//! Whatever the proof, it ends in [`sessions::open`](crate::sessions::open). Everything that people see of it (pages, their one style
//! sheet and script) is in `assets/`.

mod api;
mod assets;
pub mod codes;
pub mod link;
#[cfg(test)]
mod tests;

pub use api::{SignIn, feature};
