//! What signing in promises, on both engines.

mod house;
mod letters;
mod links;
mod sessions;
