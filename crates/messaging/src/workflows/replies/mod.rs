//! Replies: what a contact says to what was sent. Whoever hears one, a gateway over the API and later a channel, has it taken here.
//!
//! ```text
//! POST /v1/replies   from ─► person ─► runs that wait, or will before they send ─► text sealed for each, runs woken
//!                                      none ─► what begins by a reply                   all of it one transaction
//! ```
//!
//! What others use: [`Workflows::prepare_reply`](super::Workflows::prepare_reply), and [`take`] in the transaction in which a reply is
//! written down.

mod model;
mod rules;
mod service;
mod store;
mod upkeep;

pub(super) use model::{NewReply, Taken};
#[cfg(test)]
pub(super) use service::{NotTaken, take};
pub(super) use store::{blank, count, hear, of_run, spend};
