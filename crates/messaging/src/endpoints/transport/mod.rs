//! How one endpoint is called where that is not as all are: when again, how often, from which TLS on, with which headers, as whom, and
//! believing whom.
//!
//! An endpoint without any of this has no row. Whatever is secret (the key of a certificate, `Authorization`) is a stored secret named
//! here, never a value: [`secrets_of`] lists them, so that none goes while it is used.

mod api;
mod form;
mod line;
mod load;
mod model;
mod pages;
mod row;
mod rules;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod written;

pub(super) use api::routes as api_routes;
pub(super) use load::{Applied, load};
pub(super) use pages::{Panel, routes as page_routes};
pub(super) use row::Row;
pub(crate) use rules::Schedule;
pub(super) use service::{become_of, find, forget, may_lead, secrets_of};
pub(super) use written::{OLDER, Written};
