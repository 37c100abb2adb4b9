//! Public keys of credentials: COSE (RFC 9052 §7, RFC 9053), the three algorithms that passkeys have.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use minicbor::Decoder;

use super::Refused;

/// An algorithm, as COSE numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256: what nearly all devices do.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256: Windows Hello in TPMs.
    Rs256,
}

impl Algorithm {
    /// All that are asked for, the preferred one first.
    pub const ALL: [Self; 3] = [Self::EdDsa, Self::Es256, Self::Rs256];

    /// Its number in the IANA registry "COSE Algorithms".
    pub const fn number(self) -> i64 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
            Self::Rs256 => -257,
        }
    }
}

/// A public key that can be a credential's.
pub enum PublicKey {
    /// A point, uncompressed (SEC 1 §2.3.3).
    Es256([u8; 65]),
    /// 32 bytes (RFC 8032 §5.1.5).
    EdDsa([u8; 32]),
    /// Modulus of 2048 to 4096 bits; the exponent is 65537.
    Rs256(Vec<u8>),
}

/// RFC 9053 §7, RFC 8230 §4: parameters by their numbers.
mod parameter {
    pub(super) const TYPE: i64 = 1;
    pub(super) const ALGORITHM: i64 = 3;
    pub(super) const CURVE_OR_MODULUS: i64 = -1;
    pub(super) const X_OR_EXPONENT: i64 = -2;
    pub(super) const Y: i64 = -3;
}
const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;
const P256: i64 = 1;
const ED25519_CURVE: i64 = 6;
const EXPONENT: &[u8] = &[1, 0, 1];

/// The value of a parameter.
#[derive(Clone, Copy)]
enum Value<'a> {
    Number(i64),
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    fn number(self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Bytes(_) => None,
        }
    }

    fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Number(_) => None,
        }
    }
}

impl PublicKey {
    /// Reads a key in COSE: exactly the parameters of its type, each once, and a key that is one.
    pub fn from_cose(bytes: &[u8]) -> Result<Self, Refused> {
        let parameters = parameters(bytes)?;
        let value = |wanted: i64| parameters.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
        let number = |wanted| value(wanted).and_then(Value::number);
        let bytes = |wanted| value(wanted).and_then(Value::bytes).ok_or(Refused::UnusableKey);
        let kind = (number(parameter::TYPE), number(parameter::ALGORITHM), number(parameter::CURVE_OR_MODULUS));
        let (key, count) = match kind {
            (Some(EC2), Some(-7), Some(P256)) => {
                let (x, y) = (bytes(parameter::X_OR_EXPONENT)?, bytes(parameter::Y)?);
                if (x.len(), y.len()) != (32, 32) {
                    return Err(Refused::UnusableKey);
                }
                let mut point = [4; 65];
                point[1..33].copy_from_slice(x);
                point[33..].copy_from_slice(y);
                (Self::Es256(point), 5)
            }
            (Some(OKP), Some(-8), Some(ED25519_CURVE)) => {
                let x = bytes(parameter::X_OR_EXPONENT)?;
                (Self::EdDsa(x.try_into().map_err(|_| Refused::UnusableKey)?), 4)
            }
            (Some(RSA), Some(-257), None) => {
                let modulus = bytes(parameter::CURVE_OR_MODULUS)?;
                let fits = (256..=512).contains(&modulus.len()) && modulus[0] != 0;
                if !fits || bytes(parameter::X_OR_EXPONENT)? != EXPONENT {
                    return Err(Refused::UnusableKey);
                }
                (Self::Rs256(modulus.to_vec()), 4)
            }
            _ => return Err(Refused::UnusableKey),
        };
        if parameters.len() == count && key.is_one() { Ok(key) } else { Err(Refused::UnusableKey) }
    }

    /// Which algorithm it is for.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::Es256,
            Self::EdDsa(_) => Algorithm::EdDsa,
            Self::Rs256(_) => Algorithm::Rs256,
        }
    }

    /// Whether `signature` over `message` is by its owner. An ES256 signature is in DER (§6.5.5).
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature).is_ok()
            }
            Self::EdDsa(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok(),
            Self::Rs256(n) => RsaPublicKeyComponents { n: n.as_slice(), e: EXPONENT }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
        }
    }

    /// Whether a point is on its curve. Of a modulus nothing can be said.
    fn is_one(&self) -> bool {
        match self {
            Self::Es256(point) => ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).is_ok(),
            Self::EdDsa(key) => ParsedPublicKey::new(&ED25519, key).is_ok(),
            Self::Rs256(_) => true,
        }
    }
}

fn parameters(bytes: &[u8]) -> Result<Vec<(i64, Value<'_>)>, Refused> {
    let malformed = |_| Refused::Malformed;
    let mut decoder = Decoder::new(bytes);
    // An indefinite length is not canonical (CTAP 2.1 §8).
    let count = decoder.map().map_err(malformed)?.filter(|count| *count <= 8).ok_or(Refused::Malformed)?;
    let mut all = Vec::with_capacity(8);
    for _ in 0..count {
        let name = decoder.i64().map_err(malformed)?;
        let value = match decoder.datatype().map_err(malformed)? {
            minicbor::data::Type::Bytes => Value::Bytes(decoder.bytes().map_err(malformed)?),
            _ => Value::Number(decoder.i64().map_err(malformed)?),
        };
        if all.iter().any(|(earlier, _)| *earlier == name) {
            return Err(Refused::Malformed);
        }
        all.push((name, value));
    }
    if decoder.position() == bytes.len() { Ok(all) } else { Err(Refused::Malformed) }
}
