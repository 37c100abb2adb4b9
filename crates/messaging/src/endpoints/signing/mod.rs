//! How an endpoint's deliveries are signed: in which profiles, by which secrets, and how those change hands.
//!
//! `standard` rides along with whatever older format a receiver checks, unless somebody turned it off and said that they know. A profile
//! whose receivers make their key of the secret's text gets a secret of its own; the others sign with the endpoint's. Formats with
//! room for one signature change theirs by steps: a receiver shows first that it knows the new one.

mod api;
mod explain;
mod model;
mod pages;
mod rotation;
mod rules;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub(super) use api::{GivenProfile, ShownView, SignatureView, profiles, routes};
pub(super) use explain::{Explained, explain, headers};
pub(super) use model::{CUSTOM, Change, STANDARD, Shown, Signer, Signers, known};
pub(super) use pages::{routes as page_routes, with_secrets};
pub(super) use rules::is_strong_enough;
pub(super) use service::{become_of, change, let_go, may_overlap, moved, planned, ready, set_up, shared_changed, uses};
pub(super) use store::custom;
