//! The API of encryption.

mod rotate;
mod show;
mod turn_indexes;
mod view;

use sealpost_store::Store;
use sealpost_web::Feature;

use super::{codes, pages};

/// Routes of encryption.
pub fn feature(house: &Store) -> Feature {
    Feature {
        name: "encryption",
        about: "The organisation's keys: which versions there are, and turning to the next. Nothing is ever answered of a key but its \
                number.",
        routes: vec![show::route(house), rotate::route(house), turn_indexes::route(house)]
            .into_iter()
            .chain(pages::routes(house))
            .collect(),
        codes: codes::ALL,
    }
}
