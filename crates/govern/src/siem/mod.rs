//! The audit ledger, streamed to a SIEM: every leaf of every organisation, in order, from a durable cursor.
//!
//! * An [`Event`](event::Event) holds what the leaf holds: ids and codes, nothing personal, no sealed details. It carries the
//!   leaf's canonical bytes and its position, so that the receiver can rebuild the tree and hold it against signed checkpoints.
//! * A [`Sink`] is a syslog collector or a webhook of the installation's own, by configuration.
//! * A [`Stream`] moves the cursor when the sink has confirmed, never before: after a crash or an outage leaves may come again
//!   and none is left out. It reads the ledger behind those who write it, so a sink that is slow or gone holds nobody up.
//!
//! Of several nodes on one database one streams: the one that holds the stream's lease.

mod event;
mod health;
mod sink;
mod stream;
#[cfg(test)]
mod tests;

pub use health::Health;
pub use sink::{Sink, SinkError};
pub use stream::Stream;
