//! Right of access: everything held about a person, for the person (GDPR Art. 15).
//!
//! ```text
//! POST /v1/contacts/{id}/export
//!   rules::takes: a reason; a look of the caller's budget        the one place that decides
//!                an approval, where the organisation says so    202 the first time; used up the second
//!   leaf `contact.export`                                        durable; from here on something may be opened
//!   person · messages, a page at a time · suppressions · looks   → JSON, or a PDF, as it is written
//! ```
//!
//! Neither document ever stands in memory: what is collected ([`collect`]) goes through a writer ([`json`], [`pdf`]) that keeps no
//! more than a page of it, to whoever reads. One that was cut off says so: the JSON doesn't close, the PDF has no end.

mod api;
mod approval;
mod collect;
mod json;
mod model;
mod pages;
mod pdf;
mod rules;
mod service;
#[cfg(test)]
mod tests;

pub use api::feature;
pub use approval::APPROVABLE;
pub use service::Exports;
