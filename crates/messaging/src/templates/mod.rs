//! Templates: what is said, in numbered versions that never change.
//!
//! A template's language is deliberately small: it can select and format what it was given, and nothing else. No assignment, no
//! arithmetic, no calls, no inclusion ([`rules`]). That makes its work and its output proportional to its source and data, both of
//! which are bounded, and the engine's fuel bounds the loops.
//!
//! Which version is in force is said ([`promotion`]); what goes from test to live goes with its exact bytes ([`crossing`]). In live both may
//! take an approval.
//!
//! What others use: [`Templates::render`]; [`Templates::compiled`] and [`Compiled::render`] for many at once.

mod api;
mod approval;
pub mod codes;
mod compiled;
mod crossing;
mod difference;
mod model;
mod pages;
mod promotion;
mod rules;
mod sample;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use api::feature;
pub use approval::APPROVABLE;
pub(crate) use approval::{content_lines, hands_in_test};
pub use compiled::{Compiled, RenderError, Rendered};
pub(crate) use crossing::{Brought, bring};
pub(crate) use difference::{Difference, PartDifference};
pub use model::{Content, NewTemplate, Part, Template, TemplateRefusal, TemplateVersion};
pub use pages::NAV;
pub(crate) use promotion::{called, in_force, meant, of_digest, was_in_force};
pub use rules::{ContentError, Foreign};
pub(crate) use service::contact;
pub use service::{New, Publish, Templates, prepare};

/// Told after a template got a new version, or another one is in force, with its id.
pub const CHANGED: &str = "template.changed";
