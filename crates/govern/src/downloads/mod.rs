//! Downloads: many rows leave as a file only when that was asked for, agreed to where the organisation says so, and once.
//!
//! ```text
//! ask       which rows, which columns, as what, why     estimate · masked sample · quota of the day; leaf `download.request`
//! agree     others, through approvals                   about exactly that: the digest of what was asked for is pinned
//! write     a job, a stretch of rows at a time          rights and masks of whoever asked as they are by then; sealed in pieces
//! deliver   to whoever asked, once                      the same again; leaf `download.deliver` before the first byte; begun again if it breaks
//! destroy   after that, or when its hours are over      the key of the file, and with it every copy
//! ```
//!
//! What can leave so is an [`Exportable`]: a source of rows that says its columns, which of them are personal, and which permission
//! reading it takes. A file holds what its asker would be shown in the list, hidden values hidden. Every row carries who took it.
//!
//! Routes that answer with a file and are no download say what holds them instead (`.lets_out("…")`), and the ones of many rows count
//! here ([`count`]). See `docs/decisions/0047-downloads.md`.

mod api;
mod approval;
pub mod codes;
mod deliver;
mod ledger;
mod lines;
mod manifest;
mod model;
mod pages;
mod policy;
mod quota;
mod rules;
mod sealing;
mod service;
mod source;
mod store;
#[cfg(test)]
mod tests;
mod upkeep;
mod write;

pub use api::feature;
pub(crate) use approval::APPROVABLE;
pub(crate) use ledger::{Leaves, Looked};
pub use manifest::{Manifest, NotTheFile, verify};
pub use model::{Format, Policy, State};
pub use pages::NAV;
pub use quota::count;
pub use service::{Downloads, Wish};
pub use source::{Column, Exportable, Exportables, Source, Stretch, Unsound, kept, parameters, parameters_of, row};
pub use upkeep::outlive;
pub(crate) use write::PROGRESS;
pub use write::work_forever;

/// Told when a file has come further: pages that show it look again.
pub(crate) const CHANGED: &str = "download.changed";
