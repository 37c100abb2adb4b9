//! Routes: ways of sending over several channels, of which the next is tried where one fails. A route has numbered versions that never
//! change; one of them is in force.
//!
//! ```text
//! rules::order   in which order a message goes along the steps: as listed, by turns, by shares
//! rules::next    what comes after what was tried: the next step, another round, an end
//! ```
//!
//! Where a message stands on its route is nowhere but in what is on record of its attempts (`route_attempt`): whoever goes on after a
//! crash comes to the same next step. Who goes along routes is [`messages`](crate::messages).

mod api;
mod approval;
pub mod codes;
mod model;
mod pages;
mod promotion;
mod rules;
#[cfg(test)]
mod rules_tests;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use api::feature;
pub use approval::APPROVABLE;
pub use model::{
    Answer, Leg, NewRoute, OnUnknown, Plan, Route, RouteRef, RouteRefusal, RouteVersion, Step, Strategy, Tried,
};
pub use pages::NAV;
pub(crate) use pages::choices;
pub use promotion::promote;
pub(crate) use rules::{Next, answer, next, order};
pub use service::{Routes, create, publish};
pub(crate) use store::{begin, conclude, kind_of, tried};

/// Told after a route was made, got a version or had one put into force, with its id.
pub const CHANGED: &str = "route.changed";
