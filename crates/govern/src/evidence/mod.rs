//! Evidence: the record of processing (GDPR Art. 30) as the installation runs, controls with what proves them, and both with the
//! ledger as a signed pack that is checked offline.
//!
//! * [`categories`] says what every column of the database holds; a test holds it against the migrations.
//! * [`facts`] is what other parts of the product add: whoever stands above is asked by the trait [`Source`].
//! * [`record`] and [`controls`] are made from both when they are asked for, so they can't be outdated.
//! * [`pack`] puts them into files, with the ledger, under one signed list of digests.

mod api;
mod categories;
mod controls;
mod facts;
mod html;
mod own;
mod pack;
mod pages;
mod record;
mod service;
#[cfg(test)]
mod tests;

pub use api::feature;
pub use controls::{Control, Proof};
pub use facts::{Facts, Measure, Part, Reading, Recipient, Retention, Source, Use};
pub use pack::{Manifest, PackError, Packed, Verified, verify, write_folder, write_zip};
pub use pages::NAV;
pub use record::Record;
pub use service::{Evidence, Installation};
