//! Credentials we hand out: API keys, links, one-time passwords.
//!
//! Keys and tokens carry 32 base62 characters from the generator (190 bits), and six
//! more of CRC-32 over all before them, so that a scanner can be sure of what it found
//! and a typo is refused before any look-up. The checksum is no security check. What is
//! stored is an HMAC; a slow hash would add nothing at this strength.

mod api_key;
mod base62;
mod link;
mod otp;

pub use api_key::{KeyKind, PlainKey};
pub use link::{Token, TokenKind};
pub use otp::Otp;

use subtle::ConstantTimeEq;

/// The text isn't a token of the expected kind: prefix, alphabet, length or checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed credential")]
pub struct Malformed;

/// Whether two MACs are equal, in time that doesn't depend on where they differ.
pub fn mac_eq(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.ct_eq(other).into()
}
