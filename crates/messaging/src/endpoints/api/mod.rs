//! Routes of endpoints.

pub(super) mod body;
mod change;
mod create;
mod probe;
mod read;
mod view;

use sealpost_store::Store;
use sealpost_web::Feature;

pub(super) use view::{EndpointView, TriedView};

use super::Endpoints;
use super::{codes, encryption, pages, portal, preferred, proof, signing, transport};

/// What endpoints add to the API.
pub fn feature(store: &Store, endpoints: &Endpoints) -> Feature {
    Feature {
        name: "endpoints",
        about: "Allowlisted URLs that hear of events: proved to want it, every call signed, every attempt on record.",
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
        .chain(proof::api_routes(store, endpoints))
        .chain(preferred::api_routes(store))
        .chain(transport::api_routes(store, endpoints))
        .chain(portal::api_routes(store, endpoints))
        .chain(portal::open_routes(store))
        .chain(signing::routes(store, endpoints))
        .chain(encryption::routes(store))
        .chain(pages::routes(store, endpoints))
        .chain(signing::page_routes(store, endpoints))
        .collect(),
        codes: codes::ALL,
    }
}
