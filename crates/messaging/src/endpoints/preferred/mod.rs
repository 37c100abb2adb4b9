//! The default endpoint: it hears of messages that name no endpoint.
//!
//! There is exactly one in an environment as soon as any endpoint has proved itself: the first that does becomes it, and if it is removed
//! the oldest verified one does. Somebody may make another the default; a unique index sees to it that there are never two.

mod api;
mod pages;
mod service;
mod store;

pub(super) use api::routes as api_routes;
pub(super) use pages::routes as page_routes;
#[cfg(test)]
pub(super) use service::make_default;
pub(super) use service::{adopt, pass_on};
