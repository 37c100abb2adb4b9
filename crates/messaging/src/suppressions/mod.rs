//! Suppressions: addresses nobody may write to, whatever the reason to write.
//!
//! An address is kept as a keyed hash only, under a key of its own: it is compared, never shown, and it outlives the contact it
//! came from, so that somebody who was forgotten is still left alone.
//!
//! What others use, inside their own transaction: [`value_of`], [`guard`], [`is_suppressed`], [`suppress`].

mod api;
pub mod codes;
mod model;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use api::feature;
pub use model::{Reason, Suppression, SuppressionRefusal};
pub use service::{GUARD, Lift, check, guard, is_suppressed, list, suppress, value_of};
pub(crate) use service::{agree, expire, keep_until, of_contact};
