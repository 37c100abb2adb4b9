//! Contacts: the people an organisation writes to.
//!
//! Each has a slot of the key store whose key is its *subject key*: every value about the person is sealed under it, at the place
//! where it stands, and destroying that one key makes all of it noise. Nothing about a person is found by opening: a look-up goes
//! through blind indexes, keyed hashes of the normal form whose keys change with the month ([`sealpost_store::Epoch`]). Only
//! who sees the last four digits of phone numbers may search by them: through buckets of two bytes, whose contacts are then opened.
//!
//! What others use: [`Contacts::resolve`] finds the person a message is for, or prepares a new one that the accepting transaction
//! [`insert_if_absent`]s; [`Contacts::subject`] gives the key; [`Contacts::address`] opens one address for delivery.

mod alike;
mod api;
pub mod codes;
mod epochs;
mod erase;
mod indexes;
mod merged;
mod model;
mod pages;
mod prepare;
mod recipient;
mod resolve;
mod rules;
mod service;
mod store;
mod subject;
#[cfg(test)]
mod tests;

pub(crate) use alike::{Because, Pair, dismiss};
pub use api::feature;
pub(crate) use api::{ContactView, Given};
pub(crate) use erase::{guard, is_erased, is_there, wipe};
pub use merged::Merged;
use merged::lead;
pub(crate) use merged::{Combined, Merge, Outcome, Prefer, Same, merged_into, one_person};
pub use model::{
    Candidate, Changes, Contact, ContactRefusal, Details, ExternalId, Fields, Identifier, Locale, Name, Reveal,
};
pub use pages::{NAV, SEARCH};
pub use prepare::{NewContact, Update, insert_if_absent};
pub use recipient::Recipient;
pub use resolve::Resolved;
pub use service::Contacts;
pub use subject::Subject;

/// Told after a contact was changed, with its id.
pub const CHANGED: &str = "contact.changed";

/// The name of the guard that finds a contact who was erased.
pub(crate) const ERASED: &str = "contact.erased";
