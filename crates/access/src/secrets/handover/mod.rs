//! Hand-overs: a new value of a secret reaches a person outside by a link that shows it once.
//!
//! The value is made and wrapped in one step, so no route answers with one that was stored before. What wraps it comes from the link's
//! token, which is kept nowhere: neither the database nor whoever holds all keys of the organisation opens it without the link. The
//! token stands behind the `#` of the link, so no server, proxy or log on the way sees it, and following the link shows a page with a
//! button: mail scanners and previews open nothing.
//!
//! The first opening destroys the wrapped value, in the transaction that shows it. A second one is an alarm: somebody else has the
//! link. What nobody opens is destroyed when its time is over ([`look_after`]).

mod api;
mod dashboard;
mod model;
mod page;
mod reseal;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod upkeep;

use sealpost_seal::token::TokenKind;

pub(super) use api::routes as api_routes;
pub(super) use dashboard::routes as page_routes;
pub(super) use model::{HandOver, Lifetime, State};
pub(super) use page::routes as open_routes;
pub(super) use reseal::reseal;
pub(super) use store::forget_of;
pub use upkeep::look_after_forever;

/// What stands behind the `#` of a link.
const TOKEN: TokenKind = TokenKind::new("hand_");
