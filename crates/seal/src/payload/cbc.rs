//! AES-256 in CBC mode with PKCS #7 padding: authenticated (RFC 7518 §5.2), and alone.

use aws_lc_rs::cipher::{
    AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::hmac::{self, HMAC_SHA512};
use aws_lc_rs::iv::FixedLength;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::NotEncryptable;
use super::key::SharedKey;
use crate::fault::or_abort;
use crate::rng::{Rng, array};

/// Bytes of a block, and of an initialisation vector.
pub(super) const IV_LEN: usize = 16;
/// Bytes of a tag: half of SHA-512.
pub(super) const TAG_LEN: usize = 32;

/// A256CBC-HS512 (RFC 7518 §5.2.2.1): the ciphertext and its tag.
pub(super) fn seal(
    (mac, cipher): (&[u8; 32], &[u8; 32]),
    iv: [u8; IV_LEN],
    aad: &[u8],
    clear: &[u8],
) -> (Vec<u8>, [u8; TAG_LEN]) {
    let sealed = encrypt(cipher, iv, clear);
    let tag = tag(mac, iv, aad, &sealed);
    (sealed, tag)
}

/// The same backwards (RFC 7518 §5.2.2.2). The tag is compared first: of what nobody authenticated no padding is ever looked at.
pub(super) fn open(
    (mac, cipher): (&[u8; 32], &[u8; 32]),
    iv: [u8; IV_LEN],
    aad: &[u8],
    sealed: &[u8],
    claimed: &[u8; TAG_LEN],
) -> Option<Zeroizing<Vec<u8>>> {
    if !bool::from(tag(mac, iv, aad, sealed).ct_eq(claimed)) {
        return None;
    }
    let key = UnboundCipherKey::new(&AES_256, cipher).and_then(PaddedBlockDecryptingKey::cbc_pkcs7).ok()?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let length = key.decrypt(&mut buffer, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

/// The initialisation vector and the ciphertext in base64, as receivers that know no envelope expect it.
pub(super) fn legacy(key: &SharedKey, clear: &[u8], rng: &dyn Rng) -> Result<String, NotEncryptable> {
    let key = key.whole().ok_or(NotEncryptable)?;
    let iv = array(rng);
    Ok(STANDARD.encode([&iv[..], &encrypt(key, iv, clear)].concat()))
}

fn encrypt(key: &[u8; 32], iv: [u8; IV_LEN], clear: &[u8]) -> Vec<u8> {
    // Room for the padding: a reallocation would leave a copy of the clear text behind.
    let mut buffer = Vec::with_capacity(clear.len() + IV_LEN);
    buffer.extend_from_slice(clear);
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    let done = UnboundCipherKey::new(&AES_256, key)
        .and_then(PaddedBlockEncryptingKey::cbc_pkcs7)
        .and_then(|key| key.less_safe_encrypt(&mut buffer, context));
    or_abort(done, "AES-256-CBC");
    buffer
}

/// The first half of HMAC-SHA-512 over `aad ‖ iv ‖ ciphertext ‖ bits of aad (u64 BE)`.
fn tag(key: &[u8; 32], iv: [u8; IV_LEN], aad: &[u8], sealed: &[u8]) -> [u8; TAG_LEN] {
    let mut mac = hmac::Context::with_key(&hmac::Key::new(HMAC_SHA512, key));
    let bits = (aad.len() as u64).saturating_mul(8).to_be_bytes();
    for part in [aad, &iv, sealed, &bits] {
        mac.update(part);
    }
    let mut tag = [0; TAG_LEN];
    tag.iter_mut().zip(mac.sign().as_ref()).for_each(|(to, from)| *to = *from);
    tag
}
