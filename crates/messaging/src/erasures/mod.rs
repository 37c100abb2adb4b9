//! Erasure: a person is forgotten, by one call, for good.
//!
//! ```text
//! DELETE /v1/contacts/{id}
//!   one transaction: row wiped · index gone · suppressions given an end · leaf          from here on nobody finds them
//!   what waits is taken back, each message with its leaf
//!   key store: their key is destroyed, and that they were erased is noted               from here on nothing opens, in any copy
//!   messages blanked · sandbox emptied · leaf                                           done; certificate
//! ```
//!
//! Every step can be done again: what a crash leaves undone, [`look_after_forever`] does. The note in the key store outlives a
//! restore of older data, so that whom it brings back is erased anew.

mod api;
mod certify;
pub mod codes;
mod ground;
mod model;
mod pages;
mod policy;
mod service;
mod settings;
mod store;
#[cfg(test)]
mod tests;
mod upkeep;

pub use api::feature;
pub use ground::{Asked, Finality, Ground};
pub use model::Erasure;
pub use pages::NAV;
pub use service::{Erasures, ErasuresConfig};
pub(crate) use store::any_since;
pub use upkeep::look_after_forever;
