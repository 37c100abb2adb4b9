//! What secrets promise.

mod aging;
mod house;
mod named;
mod versions;
