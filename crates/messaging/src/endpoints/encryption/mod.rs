//! What an endpoint hears, encrypted for it alone.
//!
//! TLS ends where the receiver's network begins; what is encrypted for the receiver stays so through its proxies, queues and logs. An
//! endpoint may have one way of encryption ([`Method`](sealpost_seal::payload::Method)): of the whole body, or of single fields of
//! `data`. Each attempt is encrypted anew and then signed, so that every signature is over the bytes on the wire. If it can't be
//! encrypted, it doesn't leave.
//!
//! Keys come from stored secrets alone, by reference; a receiver's public key is no secret and stands in the settings. Answers that are
//! encrypted the same way are opened by [`Ready::open`](super::Ready::open).

mod api;
mod fields;
mod model;
mod pages;
mod rules;
mod sealer;
mod service;
mod store;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;
mod written;

pub(super) use api::routes;
#[cfg(test)]
pub(super) use pages::samples;
pub(super) use pages::{Panel, routes as pages};
pub(super) use sealer::{Answered, Sealed, Sealing};
pub(super) use service::{become_of, forget, method_of, ready, secret_uses, standing, written};
pub(super) use written::Written;
