//! Recovery codes: ten for each member, each good once, for the day on which all passkeys are gone.
//!
//! A code is fifteen characters of Crockford's alphabet: 75 bits, more than the 64 that NIST SP 800-63B-4 §3.1.2 asks of one that is not
//! rate-limited. Kept is a keyed hash.

mod model;
mod service;
mod store;

pub use model::Code;
pub use service::{CODES, create, sign_in};
pub(crate) use store::remove_all_of;
