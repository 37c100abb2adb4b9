//! Policy as files: what an organisation has decided, in a folder that people review and a program compares.
//!
//! [`files`] reads a folder, [`kinds`] knows what there is (one file for each kind of thing), [`rules`] compares without asking anybody,
//! and [`apply`] does what was compared. All of it is use of the API with a key: what the key may not do isn't done, every act leaves
//! the leaf it always leaves, and what takes an approval waits for one.

pub(super) mod apply;
pub(super) mod export;
mod files;
mod kinds;
mod model;
pub(super) mod plan;
mod rules;
mod say;
mod server;
#[cfg(test)]
mod tests;
