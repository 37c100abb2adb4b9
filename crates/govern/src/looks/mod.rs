//! Looks at clear data: each is on record before the first clear byte leaves, and nobody has more of them in a day than the
//! organisation's policy says, or their role if that says fewer.
//!
//! The count is kept with the leaf, in one transaction: neither a crash nor a second node gives anybody a look more. Many looks in
//! a short time are worth a leaf of their own, `reveal.burst`.
//!
//! Who looked at what and why is read from the ledger ([`past`]), and from nothing else: there is no second list that could say
//! otherwise.

mod api;
mod pages;
mod past;
mod rows;
mod rules;
mod service;
mod store;
mod stream;
#[cfg(test)]
mod tests;

pub use api::feature;
pub use pages::NAV;
pub(crate) use rows::LookRows;
pub(crate) use rules::{day_of, seconds_to_midnight};
pub use service::{Look, LookRefused, look};
pub use stream::{Looked, Looks};
