//! Sessions: members who are signed in.
//!
//! A session is a row here and a token in a browser's cookie; kept is a keyed hash of the token. It ends after an hour without a
//! request or a day at all (a role may want less), when its member signs out, when somebody ends it, and when its member may not
//! sign in any more. However a member has proved who they are, [`open`] is what makes their session.
//!
//! [`SessionAuthenticator`] believes or refuses a presented token, from memory for a second at most; whatever changes what a member
//! may is told to every node ([`CHANGED`]), and nothing remembered from before is believed afterwards.

mod agent;
mod api;
mod authenticator;
mod cache;
pub mod codes;
mod model;
mod notices;
mod pages;
mod rules;
mod service;
mod store;
mod upkeep;

pub use agent::Agent;
pub use api::feature;
pub use authenticator::SessionAuthenticator;
pub use model::{Ended, Method, Opened, Opening, SessionRow, network_name};
pub(crate) use pages::Row;
pub use service::{end, find, list, open};
pub(crate) use service::{end_all_by, end_all_of, end_all_of_connection, end_all_without_sso, open_with, prove, tell};
pub use upkeep::forget_old;

/// Told when a session ended, or when something changed that decides what members may: a role, a member, a team.
pub const CHANGED: &str = "session.changed";
