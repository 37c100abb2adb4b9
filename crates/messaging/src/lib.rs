//! placeholder
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod label;
mod patch;
mod recent;

pub mod channels;
pub mod contacts;
pub mod events;
pub mod suppressions;
pub mod templates;
