//! Public keys as a provider publishes them: JWK sets (RFC 7517, RFC 7518 §6, RFC 8037).

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{MAX_KEY_ID, Refused, decode, object};

/// The most bytes of a set.
const MAX_SET: usize = 64 * 1024;
/// The most keys in it.
const MAX_KEYS: usize = 64;
/// Bytes of a modulus: 2048 to 8192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;
/// 65537, the one exponent that is used.
const EXPONENT: &[u8] = &[1, 0, 1];
/// What a public key doesn't have (RFC 7518 §6.2.2, §6.3.2): a key that is published with one of these is everybody's.
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// An algorithm that tokens may be signed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::EdDsa, Self::Es256, Self::Ps256, Self::Rs256];

    /// Its name in the IANA registry "JSON Web Signature and Encryption Algorithms".
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of a name. `Ed25519` is the same under its younger name (RFC 9864).
    pub fn named(name: &str) -> Option<Self> {
        if name == "Ed25519" {
            return Some(Self::EdDsa);
        }
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The left half of the hash of a text, as `at_hash` and `c_hash` are made (OpenID Connect Core §3.1.3.6). Ed25519 hashes by SHA-512.
    pub fn half_hash(self, text: &str) -> String {
        let hash = digest(if self == Self::EdDsa { &SHA512 } else { &SHA256 }, text.as_bytes());
        let hash = hash.as_ref();
        URL_SAFE_NO_PAD.encode(hash.get(..hash.len() / 2).unwrap_or_default())
    }
}

/// The keys of one provider that signatures can be checked with.
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<Known>);

/// A key, and what its owner says about it.
#[derive(Clone, Debug)]
struct Known {
    id: Option<String>,
    /// The one algorithm it is for, if that is said.
    algorithm: Option<Algorithm>,
    key: PublicKey,
}

/// A public key that can check signatures.
#[derive(Clone, Debug)]
pub(super) enum PublicKey {
    Rsa(Vec<u8>),
    /// A point, uncompressed (SEC 1 §2.3.3).
    P256([u8; 65]),
    Ed25519([u8; 32]),
}

impl KeySet {
    /// Reads a set. Keys that are for something else, or of kinds that nobody here knows, are left out (RFC 7517 §5); so are those
    /// whose private half is published with them.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        if bytes.len() > MAX_SET {
            return Err(Refused::KeySet);
        }
        let set = object(bytes).ok_or(Refused::KeySet)?;
        let keys = set.get("keys").and_then(Value::as_array).filter(|keys| keys.len() <= MAX_KEYS);
        let keys = keys.ok_or(Refused::KeySet)?.iter();
        let keys = keys.map(|key| key.as_object().ok_or(Refused::KeySet)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self(keys.into_iter().filter_map(Known::read).collect()))
    }

    /// How many keys can be used.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none can.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one key that is meant. A token without a key's name means the only key there is for its algorithm (OpenID Connect Core
    /// §10.1).
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&PublicKey, Refused> {
        let named = || self.0.iter().filter(|known| id.is_none() || known.id.as_deref() == id);
        let mut fitting = named().filter(|known| known.is_for(algorithm));
        match (fitting.next(), fitting.next()) {
            (Some(known), None) => Ok(&known.key),
            (None, _) if id.is_some() && named().next().is_some() => Err(Refused::Algorithm),
            _ => Err(Refused::UnknownKey),
        }
    }
}

impl Known {
    fn read(jwk: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| text(name).and_then(|text| decode(text).ok());
        let absent_or = |name: &str, fits: &dyn Fn(&Value) -> bool| jwk.get(name).is_none_or(fits);
        let verifies = |operations: &Value| {
            operations.as_array().is_some_and(|all| all.iter().any(|operation| operation == "verify"))
        };
        let for_signatures = absent_or("use", &|used| used == "sig") && absent_or("key_ops", &verifies);
        if !for_signatures || PRIVATE.iter().any(|name| jwk.contains_key(*name)) {
            return None;
        }
        let key = match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let modulus = bytes("n")?;
                let fits = MODULUS.contains(&modulus.len()) && modulus.first() != Some(&0);
                // An even or a short number is no modulus. Of the rest nothing can be said.
                let odd = modulus.last().is_some_and(|last| last & 1 == 1);
                let long = modulus.len() > *MODULUS.start() || modulus.first().is_some_and(|first| first & 0x80 != 0);
                (fits && odd && long && bytes("e")? == EXPONENT).then_some(PublicKey::Rsa(modulus))?
            }
            ("EC", Some("P-256")) => {
                let (x, y): ([u8; 32], [u8; 32]) = (bytes("x")?.try_into().ok()?, bytes("y")?.try_into().ok()?);
                let mut point = [4; 65];
                let (_, coordinates) = point.split_at_mut(1);
                coordinates.iter_mut().zip(x.into_iter().chain(y)).for_each(|(to, from)| *to = from);
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok()?;
                PublicKey::P256(point)
            }
            ("OKP", Some("Ed25519")) => {
                let x: [u8; 32] = bytes("x")?.try_into().ok()?;
                ParsedPublicKey::new(&ED25519, x).ok()?;
                PublicKey::Ed25519(x)
            }
            _ => return None,
        };
        let algorithm = match jwk.get("alg") {
            None => None,
            Some(named) => Some(Algorithm::named(named.as_str()?)?),
        };
        let id = match jwk.get("kid") {
            None => None,
            Some(id) => Some(id.as_str().filter(|id| id.len() <= MAX_KEY_ID)?.to_owned()),
        };
        let known = Self { id, algorithm, key };
        algorithm.is_none_or(|algorithm| known.key.can(algorithm)).then_some(known)
    }

    fn is_for(&self, algorithm: Algorithm) -> bool {
        self.key.can(algorithm) && self.algorithm.is_none_or(|named| named == algorithm)
    }
}

impl PublicKey {
    /// Whether a key of this kind can be used by that algorithm.
    fn can(&self, algorithm: Algorithm) -> bool {
        matches!(
            (self, algorithm),
            (Self::Rsa(_), Algorithm::Rs256 | Algorithm::Ps256)
                | (Self::P256(_), Algorithm::Es256)
                | (Self::Ed25519(_), Algorithm::EdDsa)
        )
    }

    /// Whether `signature` over `message` is by its owner. An ES256 signature is two numbers of 32 bytes (RFC 7518 §3.4).
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Rsa(n), Algorithm::Rs256) => RsaPublicKeyComponents { n: n.as_slice(), e: EXPONENT }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
            (Self::Rsa(n), Algorithm::Ps256) => RsaPublicKeyComponents { n: n.as_slice(), e: EXPONENT }
                .verify(&RSA_PSS_2048_8192_SHA256, message, signature)
                .is_ok(),
            (Self::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            (Self::Ed25519(key), Algorithm::EdDsa) => {
                UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
            }
            _ => false,
        }
    }
}
