//! Organisations: the scope that every row, key and ledger belongs to.
//!
//! An organisation comes into being with its key and with the first leaf of its own ledger, `organisation.create`.

mod model;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use model::is_name;
pub use model::{BadName, Organisation, OrganisationName};
pub use service::{create, find, list, operator};
pub(crate) use store::own;
