//! What begins runs besides the API: an event that is fired in the environment, a webhook that somebody signs, or a reply that no run waits for.
//!
//! ```text
//! event     POST /v1/messages       message, runs, jobs, leaves: one transaction        what a run sends begins no run
//! webhook   POST /hooks/{token}     link ─► signature ─► mapped ─► arrival, run, job, leaf: one transaction
//! reply     POST /v1/replies        what was said, runs, jobs, leaves: one transaction   see [`replies`](super::replies)
//! ```
//!
//! A webhook begins one run, however often it comes: what came is remembered, by a keyed hash of what is signed of it, for as long as it
//! can come again.

mod arrive;
mod follow;
mod model;
mod reply;
pub(super) mod rules;
mod service;
mod store;
mod upkeep;

pub(super) use arrive::{Links, Received};
pub use follow::Followed;
pub(super) use model::{Check, Mapping, NewTrigger, Source, Trigger, Webhook};
pub(super) use reply::begun_by_replies;
pub(super) use rules::mapped;
pub(super) use service::{Known, create, remove, secret_uses_of};
