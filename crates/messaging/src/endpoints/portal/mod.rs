//! Portal links: a customer's own customer sees the deliveries of one endpoint, for an hour or a day, without an account.
//!
//! The link is the credential: whoever has it sees the page, and it shows nothing but states, times and names of events; bodies,
//! addresses, other endpoints and the organisation stay out of it. The server keeps a keyed hash of its token. A link that is wrong, over or
//! taken back is answered alike. The first opening of every hour is on record.

mod api;
mod dashboard;
mod model;
mod page;
mod service;
mod store;
#[cfg(test)]
mod tests;

use sealpost_seal::token::TokenKind;

pub(super) use api::routes as api_routes;
pub(super) use dashboard::{Panel, routes as page_routes};
pub(super) use page::routes as open_routes;
pub(super) use service::forget_old;
pub(super) use store::{forget_of, of_endpoint};

/// What stands at the end of a link.
const TOKEN: TokenKind = TokenKind::new("portal_");
