//! What begins runs besides the API: an event that is fired in the environment, or a webhook that somebody signs.
//!
//! ```text
//! event     POST /v1/messages       message, runs, jobs, leaves: one transaction        what a run sends begins no run
//! webhook   POST /hooks/{token}     link ─► signature ─► mapped ─► arrival, run, job, leaf: one transaction
//! ```
//!
//! A webhook begins one run, however often it comes: what came is remembered, by a keyed hash of what is signed of it, for as long as it
//! can come again.

mod arrive;
mod follow;
mod model;
pub(super) mod rules;
mod service;
mod store;
mod upkeep;

pub(super) use arrive::{Links, Received};
pub use follow::Followed;
pub(super) use model::{Check, Mapping, NewTrigger, Source, Trigger, Webhook};
pub(super) use service::{Known, create, remove, secret_uses_of};
