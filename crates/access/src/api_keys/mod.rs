//! API keys: how programs identify themselves.
//!
//! A key is shown once, when it is made; kept is a keyed hash of it. It belongs to one organisation and one environment, holds
//! [`permissions`](crate::permissions), sees of phone numbers what its mask leaves, ends by itself, and may be tied to networks. Rotating makes a successor and lets the
//! older key live on for an overlap; revoking ends it at once, on every node.
//!
//! [`KeyAuthenticator`] believes or refuses a presented key, from memory: no request waits for the database because of its key,
//! and none writes to it. How keys are used is collected by [`KeyUse`] and written every few seconds; what is out of the ordinary
//! then is told. [`look_after`] reminds organisations of keys that are about to end.

mod api;
mod authenticator;
mod cache;
pub mod codes;
mod day;
mod model;
mod network;
mod notices;
mod pages;
mod rules;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod upkeep;
mod usage;
mod watch;

pub use api::feature;
pub use authenticator::KeyAuthenticator;
pub use day::Day;
pub use model::{
    ApiKey, BadKeyField, Ceiling, Issued, KeyMask, KeyName, KeyState, KeyUsage, LastUse, Lifetime, NewKey,
};
pub(crate) use network::CoarseNetwork;
pub use pages::NAV;
pub use rules::KeyRefused;
pub use sealpost_web::{BadCidr, Cidr, Cidrs};
pub use service::{
    Making, create, create_first, find, list, report_leak, revoke, revoke_now, rotate, rotate_now, usage,
};
pub use store::person;
pub use upkeep::{look_after, look_after_forever};
pub use usage::{KeyUse, flush_forever};

/// The topic on the bus under which a key is named whose standing has changed.
pub(crate) const CHANGED: &str = "key.changed";
