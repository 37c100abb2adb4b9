//! Who may: organisations, their secrets, and the API keys that act for them.
//!
//! * [`permissions`] is the one vocabulary of rights, `resource:verb`, that keys hold and routes ask for.
//! * [`organisations`] makes the scope that everything else lives in.
//! * [`masking`] says what an organisation hides from whoever reads.
//! * [`secrets`] keeps credentials that are used and never shown again.
//! * [`notices`] tell an organisation what it should hear of besides its messages.
//! * [`api_keys`] issues keys, decides whether a presented one is believed, and remembers how it was used.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod api_keys;
pub mod masking;
pub mod notices;
pub mod organisations;
pub mod permissions;
pub mod secrets;
