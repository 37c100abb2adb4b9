//! Sealing: bytes that open under one key, at one [`Place`], and nowhere else.
//!
//! ```text
//! suite 0x01   version 0x01 ‖ suite ‖ key id (8) ‖ nonce (24) ‖ ciphertext ‖ tag (16)
//! suite 0x02   version 0x01 ‖ suite ‖ key id (8) ‖ nonce (24) ‖ commitment (32) ‖ ciphertext ‖ tag (16)
//! suite 0x03   as 0x01, around exactly one 32-byte key and without padding
//! ```
//!
//! All three are XAES-256-GCM. Suites 1 and 2 pad what they hold, so that lengths say
//! little; nothing is compressed first. Suite 2 also commits to its key, which GCM does
//! not: for whatever an outsider may choose the key of.

mod padding;

use crate::key::{Key, KeyId};
use crate::place::Place;
use crate::rng::{Rng, array};
use crate::xaes::gcm::TAG_LEN;
use crate::xaes::{NONCE_LEN, Xaes};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const KEY_ID_LEN: usize = 8;
const HEADER_LEN: usize = 2 + KEY_ID_LEN + NONCE_LEN;
const COMMITMENT_LEN: usize = 32;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Suite {
    Plain = 1,
    Committed = 2,
    WrappedKey = 3,
}

/// The value doesn't open here. One error without detail: another key, another place,
/// a changed bit and a cut-off end all look the same to whoever is probing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sealed value does not open")]
pub struct OpenError;

/// Seals `plaintext` under `key`, called `id`, for `place`. At most 2³⁶ bytes fit
/// under GCM; request limits keep callers a thousandfold below.
pub fn seal(key: &Key, id: KeyId, place: &Place<'_>, plaintext: &[u8], rng: &dyn Rng) -> Vec<u8> {
    let nonce = array(rng);
    let head = Head::new(Suite::Plain, id, nonce);
    head.seal(key.xaes(), None, place, plaintext, padding::padded_len(plaintext.len()))
}

/// As [`seal`], with a 32-byte commitment to the key: nobody can make one value that
/// opens to different texts under different keys.
pub fn seal_committed(key: &Key, id: KeyId, place: &Place<'_>, plaintext: &[u8], rng: &dyn Rng) -> Vec<u8> {
    let nonce = array(rng);
    let head = Head::new(Suite::Committed, id, nonce);
    let (record_key, commitment) = committed(key, &nonce);
    let length = padding::padded_len(plaintext.len());
    head.seal(&Xaes::new(&record_key), Some(&commitment), place, plaintext, length)
}

/// Opens what [`seal`] or [`seal_committed`] made under the same key for the same place.
pub fn open(key: &Key, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (head, body) = Head::parse(sealed).ok_or(OpenError)?;
    let mut clear = match head.suite {
        Suite::Plain => head.open(key.xaes(), place, body)?,
        Suite::Committed => {
            let (claimed, body) = body.split_at_checked(COMMITMENT_LEN).ok_or(OpenError)?;
            let (record_key, commitment) = committed(key, &head.nonce);
            if !bool::from(commitment[..].ct_eq(claimed)) {
                return Err(OpenError);
            }
            head.open(&Xaes::new(&record_key), place, body)?
        }
        Suite::WrappedKey => return Err(OpenError),
    };
    let length = padding::unpadded_len(&clear).ok_or(OpenError)?;
    clear.truncate(length);
    Ok(clear)
}

/// Seals `inner` itself under `key`: the only way a key leaves memory.
pub fn wrap(key: &Key, id: KeyId, place: &Place<'_>, inner: &Key, rng: &dyn Rng) -> Vec<u8> {
    let head = Head::new(Suite::WrappedKey, id, array(rng));
    head.seal(key.xaes(), None, place, inner.bytes(), inner.bytes().len())
}

/// Opens what [`wrap`] made under the same key for the same place.
pub fn unwrap(key: &Key, place: &Place<'_>, sealed: &[u8]) -> Result<Key, OpenError> {
    let (head, body) = Head::parse(sealed).ok_or(OpenError)?;
    if head.suite != Suite::WrappedKey {
        return Err(OpenError);
    }
    let clear = head.open(key.xaes(), place, body)?;
    let mut bytes = Zeroizing::new([0; 32]);
    if clear.len() != bytes.len() {
        return Err(OpenError);
    }
    bytes.copy_from_slice(&clear);
    Ok(Key::from_bytes(*bytes))
}

/// Which key sealed this, when it looks like a sealed value at all. A hint for the
/// look-up, not yet trusted: opening authenticates it.
pub fn key_id_of(sealed: &[u8]) -> Option<KeyId> {
    Head::parse(sealed).map(|(head, _)| head.id)
}

/// What stands in front of the ciphertext.
struct Head {
    suite: Suite,
    id: KeyId,
    nonce: [u8; NONCE_LEN],
}

impl Head {
    fn new(suite: Suite, id: KeyId, nonce: [u8; NONCE_LEN]) -> Self {
        Self { suite, id, nonce }
    }

    fn parse(sealed: &[u8]) -> Option<(Self, &[u8])> {
        let (&[version, suite], rest) = sealed.split_first_chunk()?;
        let (&id, rest) = rest.split_first_chunk()?;
        let (&nonce, body) = rest.split_first_chunk()?;
        let suite = match suite {
            1 => Suite::Plain,
            2 => Suite::Committed,
            3 => Suite::WrappedKey,
            _ => return None,
        };
        let long_enough = body.len() >= TAG_LEN;
        (version == VERSION && long_enough).then(|| (Self::new(suite, KeyId(id), nonce), body))
    }

    fn seal(
        &self,
        xaes: &Xaes,
        commitment: Option<&[u8; COMMITMENT_LEN]>,
        place: &Place<'_>,
        plaintext: &[u8],
        padded_len: usize,
    ) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_LEN + COMMITMENT_LEN + padded_len + TAG_LEN);
        out.extend_from_slice(&[VERSION, self.suite as u8]);
        out.extend_from_slice(&self.id.0);
        out.extend_from_slice(&self.nonce);
        out.extend(commitment.into_iter().flatten());
        let start = out.len();
        padding::extend_padded(&mut out, plaintext, padded_len);
        let tag = xaes.seal(&self.nonce, &self.aad(place), &mut out[start..]);
        out.extend_from_slice(&tag);
        out
    }

    fn open(&self, xaes: &Xaes, place: &Place<'_>, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let mut buffer = Zeroizing::new(body.to_vec());
        let clear_len = xaes.open(&self.nonce, &self.aad(place), &mut buffer).map_err(|_| OpenError)?.len();
        buffer.truncate(clear_len);
        Ok(buffer)
    }

    /// The place, and the two header bytes that no key derivation covers.
    fn aad(&self, place: &Place<'_>) -> Vec<u8> {
        let mut aad = place.aad(self.id);
        aad.extend_from_slice(&[VERSION, self.suite as u8]);
        aad
    }
}

/// One HKDF makes both the record's key and the commitment, so that neither can be
/// chosen without the other.
fn committed(key: &Key, nonce: &[u8; NONCE_LEN]) -> (Zeroizing<[u8; 32]>, [u8; COMMITMENT_LEN]) {
    let derived = Zeroizing::new(key.derive_64("committed", nonce));
    let mut record_key = Zeroizing::new([0; 32]);
    let mut commitment = [0; COMMITMENT_LEN];
    record_key.copy_from_slice(&derived[..32]);
    commitment.copy_from_slice(&derived[32..]);
    (record_key, commitment)
}

#[cfg(test)]
mod tests;
