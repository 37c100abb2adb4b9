//! Identity providers for tests: one that says anything, and one for tests of other crates.

#[cfg(test)]
mod idp;
mod provider;

#[cfg(test)]
pub(crate) use idp::*;
pub use provider::{Provider, Told};
