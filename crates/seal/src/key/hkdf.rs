//! HKDF-SHA256 (RFC 5869) without salt, in the one shape the crate needs.

use crate::fault::or_abort;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};

/// `N` bytes from secret `input` for the purpose written in `info`.
pub(crate) fn derive<const N: usize>(input: &[u8], info: &[u8]) -> [u8; N] {
    salted(&[], input, info)
}

/// As [`derive`], with a salt that need not be secret.
pub(crate) fn salted<const N: usize>(salt: &[u8], input: &[u8], info: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    or_abort(expand(salt, input, info, &mut out), "HKDF-SHA256");
    out
}

/// Fails only when more than 255 blocks of 32 bytes are asked for (RFC 5869 §2.3).
pub(crate) fn expand(
    salt: &[u8],
    input: &[u8],
    info: &[u8],
    out: &mut [u8],
) -> Result<(), aws_lc_rs::error::Unspecified> {
    Salt::new(HKDF_SHA256, salt).extract(input).expand(&[info], Length(out.len()))?.fill(out)
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}
