//! AES-256-GCM (NIST SP 800-38D) with 96-bit nonces, raw: whoever calls this owns the
//! promise that no nonce is used twice with a key.

use crate::fault::or_abort;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// Bytes of a GCM tag; shorter tags are never used.
pub(crate) const TAG_LEN: usize = 16;

/// The tag doesn't belong to this key, nonce, associated data and ciphertext.
#[derive(Debug)]
pub(crate) struct Mismatch;

/// Encrypts `in_out` in place and returns the tag.
pub(crate) fn seal(key: &[u8; 32], nonce: [u8; 12], aad: &[u8], in_out: &mut [u8]) -> [u8; TAG_LEN] {
    let nonce = Nonce::assume_unique_for_key(nonce);
    let sealed = ready(key).seal_in_place_separate_tag(nonce, Aad::from(aad), in_out);
    let mut tag = [0; TAG_LEN];
    tag.copy_from_slice(or_abort(sealed, "AES-256-GCM").as_ref());
    tag
}

/// Decrypts `in_out` (ciphertext ‖ tag) in place; the clear bytes are its front.
pub(crate) fn open<'b>(
    key: &[u8; 32],
    nonce: [u8; 12],
    aad: &[u8],
    in_out: &'b mut [u8],
) -> Result<&'b mut [u8], Mismatch> {
    let nonce = Nonce::assume_unique_for_key(nonce);
    ready(key).open_in_place(nonce, Aad::from(aad), in_out).map_err(|_| Mismatch)
}

fn ready(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(or_abort(UnboundKey::new(&AES_256_GCM, key), "AES-256-GCM"))
}
