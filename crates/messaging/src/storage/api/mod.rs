//! The API of what is stored: one file for each operation.

pub(super) mod body;
mod change;
mod holds;
mod preview;
mod purge;
mod show;

use sealpost_web::Feature;

use super::codes;
use super::pages;
use super::service::Storage;

/// What the storage of payloads adds to the API.
pub fn feature(storage: &Storage) -> Feature {
    Feature {
        name: "storage",
        about: "How long what is stored of messages, by environment and class: kept for so many days, until they are delivered, or \
                never. What is let go is shredded: its key is destroyed. A legal hold keeps what is stored.",
        routes: vec![
            show::route(storage),
            change::route(storage),
            preview::route(storage),
            purge::route(storage),
            holds::list(storage),
            holds::place(storage),
            holds::lift(storage),
        ]
        .into_iter()
        .chain(pages::routes(storage))
        .collect(),
        codes: codes::ALL,
    }
}
