//! Events: what the API fires by name. An event says what a message of its kind is for (its class), what it says (a template) and
//! through what it goes (a channel), in numbered versions that never change.
//!
//! Which version is in force is said ([`promotion`]); what goes from test to live takes the template it names along ([`crossing`]). In live
//! both may take an approval.
//!
//! What others use: [`Events::by_name`].

mod api;
mod approval;
pub mod codes;
mod crossing;
mod face;
mod model;
mod pages;
mod promotion;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use api::feature;
pub use approval::APPROVABLE;
pub(crate) use face::{Difference, Face};
pub use model::{Class, Event, EventRefusal, EventSpec, EventVersion, NewEvent, NewVersion};
pub use pages::NAV;
pub use service::{Events, create, publish};
pub(crate) use store::is_there;

/// Told after an event was made or got a new version, or another one is in force, with its id.
pub const CHANGED: &str = "event.changed";
