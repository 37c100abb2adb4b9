//! What signing in promises, on both engines.

mod house;
mod links;
mod sessions;
