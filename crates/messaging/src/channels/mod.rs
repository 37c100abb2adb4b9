//! Channels: configured senders.

mod kind;

pub use kind::ChannelKind;

/// Told after a channel was made or changed, with its id.
pub const CHANGED: &str = "channel.changed";
