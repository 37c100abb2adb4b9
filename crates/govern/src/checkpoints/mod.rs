//! Checkpoints: the ledger's heads, signed while there is news, and given to witnesses.
//!
//! Whoever holds the database and the signing key could write another history. What they can't do is take back a checkpoint that
//! somebody else has kept: [`WitnessFolder`] keeps them in files, which belong on another machine or a medium that only appends.

mod sign;
#[cfg(test)]
mod tests;
mod witness;

pub use sign::{Signer, sign_forever};
pub use witness::WitnessFolder;
