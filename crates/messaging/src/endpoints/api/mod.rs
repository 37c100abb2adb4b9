//! Routes of endpoints.

pub(super) mod body;
mod change;
mod create;
mod probe;
mod read;
mod view;

use sealpost_store::Store;
use sealpost_web::Feature;

use super::Endpoints;
use super::{codes, encryption, pages};

/// What endpoints add to the API.
pub fn feature(store: &Store, endpoints: &Endpoints) -> Feature {
    Feature {
        name: "endpoints",
        about: "Allowlisted URLs that hear of events: verified by a signed ping, every call signed, every attempt on record.",
        routes: vec![
            create::create(store, endpoints),
            read::list(store),
            read::show(store),
            change::update(store, endpoints),
            change::remove(store),
            change::rotate_secret(store),
            probe::verify(endpoints),
            probe::test(endpoints),
        ]
        .into_iter()
        .chain(encryption::routes(store))
        .chain(pages::routes(store, endpoints))
        .collect(),
        codes: codes::ALL,
    }
}
