//! Passkeys: how a member proves who they are.
//!
//! A passkey is registered in a session, and signs in without a name: the authenticator knows whose it is. User verification is always
//! asked for, so one passkey is two factors; a proof of the last five minutes is what sensitive acts want ("step-up"). Removing a
//! passkey ends the sessions it began.
//!
//! Challenges are not stored until they are used: they say themselves when and for whom they were made, under a key of ours, and
//! using one up is part of the transaction that believes its answer. A challenge may be about something: then its answer is a
//! [`Signature`] of that, which anybody can check later. The protocol is [`sealpost_seal::webauthn`].

mod api;
mod challenge;
pub mod codes;
mod model;
mod notices;
mod rules;
mod service;
mod signature;
mod store;
#[cfg(test)]
mod tests;
mod upkeep;

pub(crate) use api::body;
pub use api::body::{AssertionBody, RequestView};
pub use api::feature;
pub use challenge::What;
pub use model::{Answer, Ceremony, CreationOptions, Passkey, RequestOptions};
pub use service::{Passkeys, remove};
pub use signature::{DoesNotHold, Judged as JudgedSignature, Signature};
pub(crate) use store::{has_any, remove_all_of};
pub use upkeep::forget_spent_challenges;
