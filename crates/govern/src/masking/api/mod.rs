//! The routes of the masking policy.

mod body;
mod change;
mod preview;
mod show;

pub(super) use body::Whole;
pub(crate) use body::{Mode, PolicyView};

use sealpost_store::Store;
use sealpost_web::Feature;

use super::codes;

/// What the masking policy adds to the API.
pub fn feature(store: &Store) -> Feature {
    Feature {
        name: "masking",
        about: "What is hidden from whoever reads, in both environments: every payload value and destination unless you decide \
                otherwise. Every change is a version, and on record.",
        routes: vec![show::show(store), change::change(store), preview::preview()],
        codes: codes::ALL,
    }
}
