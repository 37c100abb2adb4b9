//! How an endpoint proves that it is there and wants to be called, before it is and every 90 days.
//!
//! Whoever adds it chooses one of three ways: it answers a signed ping; its host says so in DNS, at `_sealpost.<host>`; or it serves a
//! text at `/.well-known/sealpost-verify`. What has to be published is made from a number of its own by a key that only this
//! installation has, so nobody can prepare it for an endpoint of somebody else, and a copied database doesn't tell it. The host is that
//! of the URL to the letter: no parent domain speaks for it, and no name that merely contains it.
//!
//! A changed URL asks for another proof. From 14 days before a proof ends [`look_after_forever`] asks again, once a day: whoever keeps
//! the record hears nothing of it. The first day that fails is told, and so is the end: then nothing is called any more.

mod api;
mod model;
mod notices;
mod pages;
mod rules;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod upkeep;

pub(super) use api::{WayWord, routes as api_routes};
pub(super) use pages::{Panel, WAYS, routes as page_routes};
pub(super) use service::{begin, begin_again, choose, find, forget};
pub use upkeep::look_after_forever;
