//! What this machine can do at most, measured in the same run: the parts every message is made of.

mod bare;
mod cryptography;
mod disk;

pub(crate) use bare::{Bare, serve_bare};
pub(crate) use cryptography::cryptography;
pub(crate) use disk::disk;
