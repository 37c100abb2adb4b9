//! Channels: configured senders.
//!
//! A channel's settings hold no credential, only the ids of secrets; nothing here can show one. What others use:
//! [`Channels::email`], which makes a channel ready for `egress`, and [`Channels::first`], which is what sends where nothing else is said.
//! How one sends is its numbered [policy]; in live others may have to agree to a new one, and before it leads elsewhere or protects less.

mod api;
pub mod codes;
mod credentials;
mod dkim;
mod kind;
mod model;
mod pages;
mod policy;
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
    Channel, ChannelRefusal, Created, DkimSettings, EmailChanges, EmailChannel, EmailSettings, NewChannel, NewEmail,
    Protection,
};
pub use pages::NAV;
pub use policy::{APPROVABLE, REVISABLE};
pub(crate) use service::secret_uses;
pub use service::{Channels, Create, Update};

/// Told after a channel was made or changed, with its id.
pub const CHANGED: &str = "channel.changed";
