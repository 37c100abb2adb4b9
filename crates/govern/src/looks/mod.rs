//! Looks at clear data: each is on record before the first clear byte leaves, and nobody has more of them in a day than the
//! organisation's policy says.
//!
//! The count is kept with the leaf, in one transaction: neither a crash nor a second node gives anybody a look more. Many looks in
//! a short time are worth a leaf of their own, `reveal.burst`.

mod past;
mod rules;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use past::{Looked, Looks};
pub use service::{Look, LookRefused, look};
