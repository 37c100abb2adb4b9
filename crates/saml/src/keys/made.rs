//! Keys of our own: a private key, and a certificate that carries its public half to identity providers.
//!
//! The certificate is signed by its own key, because metadata wants an envelope (RFC 5280 §4.1) and nobody looks at who made it.

use std::fmt;

use aws_lc_rs::digest::{SHA256, SHA384, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _,
    RsaKeyPair,
};
use zeroize::Zeroizing;

use super::der::{
    BIT_STRING, EXTENSIONS, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, UTC_TIME,
    UTF8_STRING, VERSION, write,
};
use super::{Certificate, KeyKind, SigningKey};
use crate::moment;

/// The library couldn't make a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no key can be made")]
pub struct NotMade;

impl From<Unspecified> for NotMade {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

/// From when until when a certificate says that it is good. The profile doesn't look at it; some identity providers do.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// Its beginning.
    pub from_ms: i64,
    /// Its end.
    pub until_ms: i64,
}

/// A key that was made just now, by the random source of the cryptographic library.
pub struct MadeKey {
    pkcs8: Zeroizing<Vec<u8>>,
    certificate: Certificate,
}

/// RFC 8017 §A.2.4: `sha256WithRSAEncryption`, with its NULL.
const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const NULL: &[u8] = &[0x05, 0x00];
/// RFC 5758 §3.2.
const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
/// RFC 5280 §4.1.2.4, §4.2.1.9.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
/// 2050-01-01T00:00:00Z: from then on years have four digits (RFC 5280 §4.1.2.5).
const LONG_YEARS_MS: i64 = 2_524_608_000_000;

impl MadeKey {
    /// Makes a key of this kind, and its certificate in this name with a serial number of random bytes. RSA has 3072 bits
    /// (NIST SP 800-57, 128 bits of strength).
    pub fn new(kind: KeyKind, name: &str, mut serial: [u8; 16], lifetime: Lifetime) -> Result<Self, NotMade> {
        // A positive number that isn't zero, in the fewest bytes.
        serial[0] = serial[0] & 0x3f | 0x40;
        let pair = Pair::new(kind)?;
        let identifier = pair.identifier();
        let name = name_of(name);
        let signed = write(
            SEQUENCE,
            &[
                &write(VERSION, &[&write(INTEGER, &[&[2]])]),
                &write(INTEGER, &[&serial]),
                &identifier,
                &name,
                &write(SEQUENCE, &[&time(lifetime.from_ms), &time(lifetime.until_ms)]),
                &name,
                &pair.spki,
                &no_authority(),
            ],
        );
        let signature = write(BIT_STRING, &[&[0], &pair.sign(&signed)?]);
        let der = write(SEQUENCE, &[&signed, &identifier, &signature]);
        Ok(Self { certificate: Certificate::from_der(&der).map_err(|_| NotMade)?, pkcs8: pair.pkcs8 })
    }

    /// The private key, to be sealed and kept: PKCS #8 in DER.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// Its certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

impl fmt::Debug for MadeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MadeKey({:?})", self.certificate.key().kind())
    }
}

struct Pair {
    kind: KeyKind,
    pkcs8: Zeroizing<Vec<u8>>,
    spki: Vec<u8>,
}

impl Pair {
    fn new(kind: KeyKind) -> Result<Self, Unspecified> {
        let Some(algorithm) = curve(kind) else {
            let pair = RsaKeyPair::generate(KeySize::Rsa3072)?;
            let pkcs8: Pkcs8V1Der<'_> = pair.as_der()?;
            let spki: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
            return Ok(Self { kind, pkcs8: Zeroizing::new(pkcs8.as_ref().to_vec()), spki: spki.as_ref().to_vec() });
        };
        let pair = EcdsaKeyPair::generate(algorithm)?;
        let spki: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
        let spki = spki.as_ref().to_vec();
        Ok(Self { kind, pkcs8: Zeroizing::new(pair.to_pkcs8v1()?.as_ref().to_vec()), spki })
    }

    fn identifier(&self) -> Vec<u8> {
        match self.kind {
            KeyKind::Rsa => write(SEQUENCE, &[&write(OBJECT_IDENTIFIER, &[RSA_SHA256]), NULL]),
            KeyKind::P256 => write(SEQUENCE, &[&write(OBJECT_IDENTIFIER, &[ECDSA_SHA256])]),
            KeyKind::P384 => write(SEQUENCE, &[&write(OBJECT_IDENTIFIER, &[ECDSA_SHA384])]),
        }
    }

    /// Unlike those of XML, signatures of certificates are DER (RFC 5480 §2.2).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let Some(algorithm) = curve(self.kind) else {
            return SigningKey::from_pkcs8(&self.pkcs8).map_err(|_| Unspecified)?.sign(message);
        };
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &self.pkcs8).map_err(|_| Unspecified)?;
        let hash = if self.kind == KeyKind::P384 { &SHA384 } else { &SHA256 };
        Ok(pair.sign_digest(&digest(hash, message))?.as_ref().to_vec())
    }
}

fn curve(kind: KeyKind) -> Option<&'static EcdsaSigningAlgorithm> {
    match kind {
        KeyKind::Rsa => None,
        KeyKind::P256 => Some(&ECDSA_P256_SHA256_ASN1_SIGNING),
        KeyKind::P384 => Some(&ECDSA_P384_SHA384_ASN1_SIGNING),
    }
}

/// A name with nothing but a common name, of at most 64 characters (RFC 5280 §A.1).
fn name_of(name: &str) -> Vec<u8> {
    let short: String = name.chars().take(64).collect();
    let common = [&*write(OBJECT_IDENTIFIER, &[COMMON_NAME]), &write(UTF8_STRING, &[short.as_bytes()])];
    write(SEQUENCE, &[&write(SET, &[&write(SEQUENCE, &common)])])
}

fn time(ms: i64) -> Vec<u8> {
    let digits: String = moment::write(ms).chars().filter(char::is_ascii_digit).collect();
    let short = digits.get(2..).filter(|_| ms < LONG_YEARS_MS);
    match short {
        Some(short) => write(UTC_TIME, &[short.as_bytes(), b"Z"]),
        None => write(GENERALIZED_TIME, &[digits.as_bytes(), b"Z"]),
    }
}

/// It signs no certificates.
fn no_authority() -> Vec<u8> {
    let constraints = write(OCTET_STRING, &[&write(SEQUENCE, &[])]);
    let extension = write(SEQUENCE, &[&write(OBJECT_IDENTIFIER, &[BASIC_CONSTRAINTS]), &constraints]);
    write(EXTENSIONS, &[&write(SEQUENCE, &[&extension])])
}
