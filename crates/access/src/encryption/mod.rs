//! The turn of an organisation's keys: asked for by somebody who may, done in the background, on record from begin to end.
//!
//! ```text
//! POST /v1/settings/encryption/rotate
//!   one transaction: a turn to the next version · leaf
//!   key store: the version is made                        from here on every node opens with it, in seconds all of them use it
//!   slots and index keys are wrapped anew, in batches     a cursor moves in the transaction that wraps
//!   secrets and settings are sealed anew
//!   what is kept for requests made twice runs out         three days
//!   key store: older versions are destroyed
//!   one transaction: the turn is done · leaf
//! ```
//!
//! Every step can be done again: what a crash leaves undone [`look_after_forever`] does, on one node at a time. Hashes and details of
//! the ledger are under a key that does not turn; `docs/decisions/0032-key-rotation-and-copies.md` says why.

mod api;
pub mod codes;
mod model;
mod opening;
mod pace;
mod pages;
mod reseal;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod upkeep;

pub use api::feature;
pub use model::{Standing, Turn, TurnState};
pub use opening::note_opening;
pub use reseal::Reseal;
pub use service::{begin, next_version, standing};
pub use upkeep::{look_after, look_after_forever};
