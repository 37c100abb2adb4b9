//! Versions: what templates and events have in common. A version never changes; which of them is in force is said, and every time it is
//! said counts ([`Standing`]). Content has a digest that says the same in both environments ([`ContentDigest`]).
//!
//! ```text
//! new version ──► draft ──promote──► in force          an older one: back to what was
//!                   │                    ▲
//!                   └── an approval ─────┘             in live, where the organisation says so: of exactly these bytes
//! test: in force ──promote to live──► live: a version with the same bytes, in force
//! ```

mod api;
mod authors;
pub mod codes;
mod diff;
mod digest;
mod pages;
mod rules;
mod shown;
mod store;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walks;
mod wanted;

pub use api::feature;
pub(crate) use api::{DiffQuery, GO_LIVE_REFUSES, GoLiveBody, PROMOTE_REFUSES, PromoteBody, expected};
pub use authors::Author;
pub(crate) use authors::{Authors, authors, authors_of, hands, wrote, wrote_elsewhere};
pub(crate) use diff::{DiffLine, lines};
pub use digest::ContentDigest;
pub(crate) use digest::Fields;
pub(crate) use pages::{
    By, DiffPage, DiffPart, Elsewhere, GoLiveForm, Known, PromoteForm, Row, ask_go_live, ask_promote, rows,
};
pub use rules::{Expected, VersionRefusal};
pub(crate) use rules::{Standing, Takes, may_cross, may_promote, takes};
pub(crate) use shown::approval_lines;
pub(crate) use wanted::{Act, Policed, Wanted, ask_whole};

use sealpost_govern::approvals::Approval;

/// What became of a wish to put something into force.
#[derive(Debug)]
pub enum Promoted<T> {
    /// It is.
    InForce(T),
    /// Others have to agree first.
    Waits(Box<Approval>),
}

/// A version that was added.
#[derive(Debug)]
pub struct Published<T> {
    /// As it is.
    pub version: T,
    /// What waits for others, if that is what stands between it and being in force.
    pub waits: Option<Box<Approval>>,
}
