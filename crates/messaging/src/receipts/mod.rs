//! Receipts: what was sent when to whom stays provable when nothing of its content is stored any more.
//!
//! A receipt states ids, times, versions and commitments, and the leaf of the message's end in the ledger commits to all of it. It
//! holds the random opening under which it commits: whoever has it and a copy of the content shows that it is what was sent, and
//! without the copy it tells nothing of it. It is a signed note with a first line of its own, checked offline by [`verify`].

mod api;
pub mod codes;
mod document;
mod pages;
mod service;
#[cfg(test)]
mod tests;
mod verify;

pub use api::feature;
pub use service::Receipts;
pub use verify::{Checks, ReceiptError, Shown, VerifiedReceipt, verify, verify_file};
