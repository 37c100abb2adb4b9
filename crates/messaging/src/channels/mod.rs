//! Channels: configured senders.
//!
//! A channel's settings hold no credential, only the ids of secrets; nothing here can show one. What others use:
//! [`Channels::email`], which makes a channel ready for `egress`.

mod api;
pub mod codes;
mod dkim;
mod kind;
mod model;
mod rules;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use api::feature;
pub use dkim::{DkimKind, NewDkim};
pub use kind::ChannelKind;
pub(crate) use kind::words;
pub use model::{
    Channel, ChannelRefusal, DkimSettings, EmailChanges, EmailChannel, EmailSettings, NewChannel, NewEmail, Protection,
};
pub(crate) use service::secret_uses;
pub use service::{Channels, Create, Update};

/// Told after a channel was made or changed, with its id.
pub const CHANGED: &str = "channel.changed";
