//! Templates: what is said, in numbered versions that never change.
//!
//! A template's language is deliberately small: it can select and format what it was given, and nothing else. No assignment, no
//! arithmetic, no calls, no inclusion ([`rules`]). That makes its work and its output proportional to its source and data, both of
//! which are bounded, and the engine's fuel bounds the loops.
//!
//! What others use: [`Templates::render`]; [`Templates::compiled`] and [`Compiled::render`] for many at once.

mod api;
pub mod codes;
mod compiled;
mod model;
mod pages;
mod rules;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use api::feature;
pub use compiled::{Compiled, RenderError, Rendered};
pub use model::{Content, NewTemplate, Part, Template, TemplateRefusal, TemplateVersion};
pub use pages::NAV;
pub use rules::{ContentError, Foreign};
pub(crate) use service::contact;
pub use service::{Publish, Templates, prepare};

/// Told after a template got a new version, with its id.
pub const CHANGED: &str = "template.changed";
