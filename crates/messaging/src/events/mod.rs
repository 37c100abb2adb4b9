//! Events: what the API fires by name. An event says what a message of its kind is for (its class), what it says (a template) and
//! through what it goes (a channel), in numbered versions that never change.
//!
//! What others use: [`Events::by_name`].

mod api;
pub mod codes;
mod model;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use api::feature;
pub use model::{Class, Event, EventRefusal, EventSpec, EventVersion, NewEvent, NewVersion};
pub use pages::NAV;
pub use service::{Events, create, publish};

/// Told after an event was made or got a new version, with its id.
pub const CHANGED: &str = "event.changed";
