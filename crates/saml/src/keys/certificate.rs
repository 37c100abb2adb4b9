//! Certificates as metadata carries them: envelopes of keys. Who signed them and whom they name plays no part, because the
//! trust is in the metadata (SAML Metadata Interoperability Profile §2.6).

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};

use super::PublicKey;
use super::der::{Der, GENERALIZED_TIME, INTEGER, SEQUENCE, UTC_TIME, VERSION, Value};
use crate::moment;

/// A certificate (RFC 5280 §4.1) of a key that the profile can use.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    key: PublicKey,
    not_after_ms: i64,
}

/// Why a certificate can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CertificateFlaw {
    /// Not an X.509 certificate in DER.
    #[error("not an X.509 certificate")]
    Malformed,
    /// Its key is neither RSA of 2048 to 8192 bits nor ECDSA on P-256 or P-384.
    #[error("its key is neither RSA of 2048 to 8192 bits nor ECDSA on P-256 or P-384")]
    Key,
}

impl Certificate {
    /// Reads DER.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateFlaw> {
        let (key, not_after_ms) = key_and_end(der).ok_or(CertificateFlaw::Malformed)?;
        let key = PublicKey::from_spki(key).ok_or(CertificateFlaw::Key)?;
        Ok(Self { der: der.to_vec(), key, not_after_ms })
    }

    /// Its bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The end of its validity, to remind somebody by: the profile trusts the key as long as the metadata names it.
    pub fn not_after_ms(&self) -> i64 {
        self.not_after_ms
    }

    /// SHA-256 of its bytes, by which people compare certificates.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(digest(&SHA256, &self.der).as_ref());
        out
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The `SubjectPublicKeyInfo` and `notAfter`.
fn key_and_end(der: &[u8]) -> Option<(&[u8], i64)> {
    let mut certificate = Der::only(der, SEQUENCE)?;
    let mut signed = Der::new(certificate.read(SEQUENCE)?.contents);
    signed.read(VERSION);
    signed.read(INTEGER)?;
    let [_algorithm, _issuer] = [signed.read(SEQUENCE)?, signed.read(SEQUENCE)?];
    let mut validity = Der::new(signed.read(SEQUENCE)?.contents);
    let not_after = validity.nth(1)?;
    let _subject = signed.read(SEQUENCE)?;
    Some((signed.read(SEQUENCE)?.bytes, end(not_after)?))
}

/// RFC 5280 §4.1.2.5.
fn end(time: Value<'_>) -> Option<i64> {
    let text = std::str::from_utf8(time.contents).ok().filter(|text| text.is_ascii())?;
    let digits = match time.tag {
        UTC_TIME if text.as_bytes().first()? >= &b'5' => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| digits.get(from..to);
    let [year, month, day] = [part(0, 4)?, part(4, 6)?, part(6, 8)?];
    let [hour, minute, rest] = [part(8, 10)?, part(10, 12)?, part(12, digits.len())?];
    moment::read(&format!("{year}-{month}-{day}T{hour}:{minute}:{rest}"), "notAfter").ok()
}
