//! What secrets promise.

mod aging;
pub(super) mod house;
mod named;
mod versions;
