//! Telling endpoints what happened, until they have heard it.
//!
//! An *occurrence* (`message.delivered`) becomes one *delivery* for each endpoint that hears of it, promised in the
//! transaction of what happened; one that others raised (`sealpost_access::notices`) becomes deliveries right after. Its bytes are built once and never change; each *attempt* is signed anew. After the last
//! attempt of the schedule a delivery is a dead letter, which can be resent: one, or all since a time.

mod api;
mod jobs;
mod model;
mod notices;
mod pages;
mod rules;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use api::feature;
pub(crate) use api::{as_listed, attempt_as_shown};
pub use jobs::Deliverer;
pub use model::{Attempt, Delivery, Notice, State};
pub(crate) use model::{EventPattern, Wanted};
pub use notices::Teller;
#[cfg(test)]
pub(crate) use pages::samples;
pub(crate) use pages::{Latency, Row, row, spark};
pub(crate) use rules::STANDARD as RETRIES;
pub(crate) use service::{
    Occurrence, attempts_of, forget_old, newest_attempts, newest_of, of_message, promise, search,
};

/// The outbox's name for these jobs.
pub const JOB: &str = "delivery.send";

/// Reasons to say no.
pub mod codes {
    sealpost_web::codes! {
        /// It waits for its next attempt already.
        DELIVERY_UNDER_WAY = 409 "delivery_under_way" "The delivery is still under way";
    }
}
