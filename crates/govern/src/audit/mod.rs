//! The audit ledger: who did what to which thing, with which outcome.
//!
//! Leaves are written by the transactions of the acts themselves; here they are read. A leaf holds ids and codes, never personal
//! data, and details, where there are any, hold none either. Reading is itself an act: it leaves `ledger.read`, at most once a
//! minute for each reader, so that a program that polls doesn't grow what it reads.
//!
//! A live key sees the whole ledger of its organisation, a test key the leaves of the test environment only. Proofs speak of the
//! whole ledger, and of hashes.

mod api;
mod check;
pub mod codes;
mod entry;
mod export;
mod filter;
mod ids;
mod lines;
mod pages;
mod prune;
mod readers;
mod retention;
mod service;
#[cfg(test)]
mod tests;
mod verify;

pub use api::feature;
pub use entry::who;
pub use entry::{Act, ActorWord, Entry, EnvironmentWord, ResultWord};
pub(crate) use entry::{actor, environment, result};
#[cfg(test)]
pub(crate) use export::stream;
pub use export::{ExportError, export};
pub use filter::Filter;
pub use ids::TypedId;
pub use lines::Exported;
pub(crate) use lines::Lines;
pub use pages::NAV;
pub(crate) use pages::words;
pub use pages::words::short;
pub use prune::{prune, prune_forever};
pub(crate) use readers::Readers;
pub(crate) use retention::{DetailsDays, decide_details, details_kept};
pub use service::{Consistency, Inclusion, Scan, consistency, entries, entry, inclusion};
pub(crate) use service::{latest, scan};
pub use verify::{VerifyError, verify, verify_file, witnessed_in};
