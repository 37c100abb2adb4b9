//! The API of networks: one file for each operation.

mod body;
mod change;
mod preview;
mod settle;
mod show;

use sealpost_store::Store;
use sealpost_web::Feature;

use super::{Gate, codes, pages};

/// Routes of networks. `gate` asks others before lists let more in.
pub fn feature(house: &Store, gate: Gate) -> Feature {
    Feature {
        name: "networks",
        about: "From where the organisation admits members, what they do as administrators, and keys. A change holds at once and \
                undoes itself after ten minutes unless it is confirmed from an address that is still admitted.",
        routes: vec![
            show::route(house),
            change::route(house, gate),
            preview::route(house),
            settle::confirm(house),
            settle::revert(house),
        ]
        .into_iter()
        .chain(pages::routes(house, gate))
        .collect(),
        codes: codes::ALL,
    }
}
