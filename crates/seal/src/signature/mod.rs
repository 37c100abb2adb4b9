//! Signatures on what leaves, and on what comes in.
//!
//! A receiver's check has four moving parts: header names, signed bytes, encoding and
//! key. A [`Profile`] is the first three as data, and a [`SigningSecret`] knows how its
//! text becomes a key, so that receivers written for other senders keep working.
//! Several profiles may ride on one request.
//!
//! Encrypt first, then sign: a signature covers the bytes on the wire.

mod key;
mod profile;
mod secret;
mod sign;
mod verify;

pub mod profiles;

pub use key::{BadKey, WebhookKey, WebhookPublicKey};
pub use profile::{BadTemplate, Companion, Encoding, Part, Profile};
pub use secret::{BadSecret, KeyEncoding, SigningSecret};
pub use sign::{NotSignable, Outgoing, SigningKey, sign};
pub use verify::{Refused, VerifyingKey, verify, verify_standard};

#[cfg(test)]
mod tests;
