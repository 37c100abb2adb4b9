//! The XML of the profile, and no more of XML than that.
//!
//! ```text
//! bytes ──Document::read──► flat list of nodes ──canonical──► bytes that are digested ──Document::read──► claims
//! ```
//!
//! There is one reader. It takes elements, attributes, namespaces of a list, text, five entities and references to characters;
//! it refuses everything else that XML has, while it reads, at a cost linear in the input. Nothing here recurses.

mod canonical;
mod cursor;
mod document;
mod escape;
mod flaw;
mod limits;
mod namespace;
mod read;
mod scope;
mod shape;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use canonical::{Choice, canonical};
pub(crate) use cursor::is_name;
pub(crate) use document::{Document, Element};
pub use flaw::{ShapeFlaw, XmlFlaw};
pub(crate) use limits::{MESSAGE, METADATA};
pub(crate) use namespace::Ns;
pub(crate) use shape::Sequence;
pub(crate) use write::Writer;
