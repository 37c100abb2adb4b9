//! How much of what happened when: counted from the ledger, a quarter hour at a time.
//!
//! The ledger is what happened; this is arithmetic over it, done once behind it and kept, so that a picture of two weeks is a few
//! thousand numbers and not a million leaves. Every act is counted by its name, by the kind of party that did it and by how it
//! ended. Ids tell when they were made, so for some acts the time from the making of a thing until the act is counted, too: that
//! is how long a message took, without looking at a message.
//!
//! [`count_forever`] follows the ledger; [`tally`] and [`ages`] answer. A count is a second behind at most, and never differs from
//! the ledger it was made from: counts and the place they go up to are one commit.

mod api;
mod live;
mod model;
mod rules;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use api::feature;
pub use model::{Ages, Count, SLOT_MS, Slot, Span};
pub use service::{ages, count, count_forever, tally};
