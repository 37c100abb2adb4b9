//! Certificates of erasure: what was destroyed, what remains and why, signed under the key of the ledger's checkpoints.
//!
//! Whoever holds one checks it offline with [`verify`]: the signature, and, once a checkpoint covers the erasure's leaf, that the
//! leaf is in the ledger. The text is a signed note whose first line is not what a checkpoint begins with, so neither passes for the
//! other.

mod certificate;
mod evidence;
mod verify;

pub use certificate::{Certificate, Destroyed, Proof, Remains, by};
pub use evidence::{ACTION, Evidence, evidence, leaf, signed};
pub use verify::{CertificateError, Verified, verify, verify_file};
