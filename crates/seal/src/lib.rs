//! Keys, seals, sensitive types, viewers and masks, blind indexes, tokens and
//! signature profiles. No I/O, no async: every function here is a plain
//! computation, and randomness comes in through [`rng::Rng`].
//!
//! The primitives are aws-lc-rs; what is ours is how they are put together:
//!
//! * [`key`] derives one key per purpose, [`place`] says where a value lives, and
//!   [`envelope`] seals it so that it opens there and nowhere else.
//! * [`sensitive`] holds clear values in types that can't be printed, logged,
//!   compared or serialised; [`viewer`] is the only way from there to an answer.
//! * [`index`] finds a sealed value by equality; [`normal`] makes equal things equal.
//! * [`token`] makes credentials; [`signature`] signs what leaves; [`signing`]
//!   holds the asymmetric keys behind checkpoints and DKIM.
//! * [`webauthn`] decides whether somebody has a passkey.
//! * [`jws`] decides whether a provider has signed a token.
//! * [`payload`] encrypts what leaves for receivers that want it, and opens what they answer.
//! * [`sigv4`] signs requests to AWS.
//! * [`pan`] notices card numbers before they are stored.
#![cfg_attr(not(test), forbid(unsafe_code))]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr))]

pub mod env;
pub mod envelope;
pub mod index;
pub mod jws;
pub mod key;
pub mod normal;
pub mod pan;
pub mod payload;
pub mod place;
pub mod rng;
pub mod sensitive;
pub mod signature;
pub mod signing;
pub mod sigv4;
pub mod token;
pub mod viewer;
pub mod webauthn;

mod fault;
mod hex;
#[cfg(test)]
mod testing;
mod xaes;

pub use env::Environment;
pub use envelope::OpenError;
pub use key::{Key, KeyId, RootKey};
pub use place::Place;
pub use rng::{Rng, SystemRng};
pub use sensitive::{Personal, Purpose, Sealed, SecretText};
pub use viewer::{Field, View, Viewer};
