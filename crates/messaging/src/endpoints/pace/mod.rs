//! What all nodes share about calling an endpoint: the row of whoever waits because it has a rate, and the one probe of an open breaker.
//!
//! Each node has a slice of the row in hand, a tenth of a second's worth, so that it asks the database once for several calls; who has
//! to wait has a place that is kept there, so that another node knows it when the time has come, and a restart forgets nobody. Of an
//! endpoint that has no rate and works the database hears nothing.

mod rules;
mod service;
mod slice;
mod store;
#[cfg(test)]
mod tests;

pub(super) use service::{forget, probe, turn};
pub(super) use slice::Slice;
