//! Signatures on what leaves, and on what comes in.
//!
//! A receiver's check has four moving parts: header names, signed bytes, encoding and
//! key. A [`Profile`] is the first three as data, and a [`SigningSecret`] knows how its
//! text becomes a key, so that receivers written for other senders keep working.
//! Several profiles may ride on one request. What no profile knows is described by a
//! [`CustomSpec`], and [`detect`] finds out from one old delivery what a receiver checks.
//! HTTP Message Signatures (RFC 9421) sign more than such a profile can say: [`sign_message`].
//!
//! Encrypt first, then sign: a signature covers the bytes on the wire.

mod custom;
mod detect;
mod fields;
mod key;
mod message;
mod profile;
mod secret;
mod sign;
mod verify;

pub mod profiles;

pub use custom::{BadCustom, Custom, CustomSpec};
pub use detect::{Delivery, Detected, Found, Looked, detect};
pub use key::{BadKey, WebhookKey, WebhookPublicKey};
pub use message::{MESSAGE_SIGNATURES, SignedMessage, SignedRequest, sign_message};
pub use profile::{BadTemplate, Companion, Encoding, Part, Profile};
pub use secret::{BadSecret, KeyEncoding, SigningSecret};
pub use sign::{NotSignable, Outgoing, SigningKey, explain, sign};
pub use verify::{Refused, VerifyingKey, verify, verify_standard};

#[cfg(test)]
mod tests;
