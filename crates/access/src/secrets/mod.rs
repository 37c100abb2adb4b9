//! Secrets: credentials of others that we hold and use. They are written and used, never shown: there is no way to read one
//! back through the API, and what lists them has no value to show.
//!
//! A secret has versions. Rotating adds one and lets the older ones live on for an overlap, so that a receiver can move; what
//! signs or authenticates asks for the [`usable`] ones, newest first.
//!
//! Other features create a secret in the transaction that creates what uses it: everything here works inside a [`Tx`] and
//! records its own leaf beside theirs.
//!
//! [`Tx`]: sealpost_store::Tx

mod model;
mod rules;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{
    BadSecret, NewSecret, Origin, Overlap, OverlapTooLong, Purpose, SecretSummary, SecretVersion, VersionSummary,
};
pub use service::{create, list, remove, rotate, usable};
