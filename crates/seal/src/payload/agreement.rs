//! Keys that are agreed on: `ECDH-ES+A256KW` (RFC 7518 §4.6) on X25519 (RFC 8037) and P-256.

use aws_lc_rs::agreement::{self, ECDH_P256, UnparsedPublicKey, X25519};
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::key::BadKey;
use super::{decode, encode};
use crate::fault::or_abort;
use crate::jws::object;
use crate::key::sha256;
use crate::rng::{Rng, array};

/// Its name in the IANA registry "JSON Web Signature and Encryption Algorithms".
pub(super) const ALGORITHM: &str = "ECDH-ES+A256KW";
/// Bytes of a key of 32 bytes that is wrapped (RFC 3394 §2.2.1).
const WRAPPED_LEN: usize = 40;
/// The most bytes of a key's name.
const MAX_KEY_ID: usize = 256;
/// The most bytes of what either party says about itself.
const MAX_INFO: usize = 512;

/// A curve that keys are agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Curve {
    X25519,
    P256,
}

/// A receiver's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    curve: Curve,
    /// 32 bytes, or an uncompressed point (SEC 1 §2.3.3).
    bytes: Vec<u8>,
    id: String,
}

/// A private key that answers are encrypted to. Has no `Debug`: it is secret.
pub struct PrivateKey {
    curve: Curve,
    key: agreement::PrivateKey,
}

/// Not a public key to encrypt to, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadJwk {
    /// Neither an X25519 nor a P-256 key, or not for this.
    #[error("not an X25519 or P-256 key for `ECDH-ES+A256KW`")]
    Kind,
    /// Not a point of its curve, or one that agrees on the same with everybody.
    #[error("not a point that a key can be agreed on with")]
    Point,
    /// Its private half is there as well.
    #[error("a private key")]
    Private,
}

impl BadJwk {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Kind => "key_kind_wrong",
            Self::Point => "key_point_wrong",
            Self::Private => "key_private",
        }
    }
}

impl Curve {
    const fn algorithm(self) -> &'static agreement::Algorithm {
        match self {
            Self::X25519 => &X25519,
            Self::P256 => &ECDH_P256,
        }
    }

    /// The public bytes of a JWK, and which curve they are on.
    fn read(jwk: &Map<String, Value>) -> Option<(Self, Vec<u8>)> {
        let said = |name: &str| jwk.get(name).and_then(Value::as_str);
        let number = |name: &str| decode(said(name)?).filter(|bytes| bytes.len() == 32);
        match (said("kty")?, said("crv")?) {
            ("OKP", "X25519") => Some((Self::X25519, number("x")?)),
            ("EC", "P-256") => Some((Self::P256, [vec![4], number("x")?, number("y")?].concat())),
            _ => None,
        }
    }

    /// The JWK of these public bytes, with its members in the order of RFC 7638 §3.2.
    fn jwk(self, bytes: &[u8]) -> Value {
        match self {
            Self::X25519 => json!({ "crv": "X25519", "kty": "OKP", "x": encode(bytes) }),
            Self::P256 => {
                let (x, y) = bytes.get(1..).unwrap_or_default().split_at_checked(32).unwrap_or_default();
                json!({ "crv": "P-256", "kty": "EC", "x": encode(x), "y": encode(y) })
            }
        }
    }

    /// A key for one message. A number that is no scalar of P-256 is drawn about once in 2³² times.
    fn ephemeral(self, rng: &dyn Rng) -> agreement::PrivateKey {
        loop {
            let bytes = Zeroizing::new(array::<32>(rng));
            if let Ok(key) = agreement::PrivateKey::from_private_key(self.algorithm(), &bytes[..]) {
                return key;
            }
        }
    }

    /// The key that wraps, as both sides make it. A point of small order agrees on nothing.
    fn agree(
        self,
        ours: &agreement::PrivateKey,
        theirs: &[u8],
        parties: (&[u8], &[u8]),
    ) -> Option<Zeroizing<[u8; 32]>> {
        agreement::agree(ours, UnparsedPublicKey::new(self.algorithm(), theirs), (), |secret| {
            Ok(Zeroizing::new(concat_kdf(secret, ALGORITHM, parties, 256)))
        })
        .ok()
    }
}

impl PublicKey {
    /// Reads a JWK (RFC 7517): `OKP` with `X25519`, or `EC` with `P-256`. Without a `kid` it is known by its thumbprint (RFC 7638).
    pub fn read(jwk: &Map<String, Value>) -> Result<Self, BadJwk> {
        if jwk.contains_key("d") {
            return Err(BadJwk::Private);
        }
        let for_this =
            jwk.get("use").is_none_or(|used| used == "enc") && jwk.get("alg").is_none_or(|alg| alg == ALGORITHM);
        let (curve, bytes) = Curve::read(jwk).filter(|_| for_this).ok_or(BadJwk::Kind)?;
        let id = match jwk.get("kid") {
            None => encode(sha256(&[curve.jwk(&bytes).to_string().as_bytes()])),
            Some(id) => id.as_str().filter(|id| is_key_id(id)).ok_or(BadJwk::Kind)?.to_owned(),
        };
        let trial = agreement::PrivateKey::from_private_key(curve.algorithm(), &[1; 32]);
        let trial = or_abort(trial, "a key agreement");
        curve.agree(&trial, &bytes, (&[], &[])).ok_or(BadJwk::Point)?;
        Ok(Self { curve, bytes, id })
    }

    /// What its owner calls it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// As it is stored and shown: what is needed of it and nothing else.
    pub fn to_jwk(&self) -> Value {
        let mut jwk = self.curve.jwk(&self.bytes);
        if let Some(jwk) = jwk.as_object_mut() {
            jwk.insert("kid".into(), self.id.as_str().into());
        }
        jwk
    }

    /// `content` for the owner alone, and the ephemeral key that it takes to unwrap it.
    pub(super) fn wrap(&self, content: &[u8; 32], rng: &dyn Rng) -> Option<(Value, Vec<u8>)> {
        let ours = self.curve.ephemeral(rng);
        let public = ours.compute_public_key().ok()?;
        let kek = self.curve.agree(&ours, &self.bytes, (&[], &[]))?;
        let mut wrapped = vec![0; WRAPPED_LEN];
        AesKek::new(&AES_256, &kek[..]).ok()?.wrap(content, &mut wrapped).ok()?;
        Some((self.curve.jwk(public.as_ref()), wrapped))
    }
}

impl PrivateKey {
    /// Reads the text of a private JWK.
    pub fn read(text: &str) -> Result<Self, BadKey> {
        let jwk = object(text.as_bytes()).ok_or(BadKey::Kind)?;
        let (curve, public) = Curve::read(&jwk).ok_or(BadKey::Kind)?;
        let scalar = jwk.get("d").and_then(Value::as_str).and_then(decode).map(Zeroizing::new).ok_or(BadKey::Kind)?;
        let key = agreement::PrivateKey::from_private_key(curve.algorithm(), &scalar).map_err(|_| BadKey::Kind)?;
        // Halves that don't belong together would open nothing, and nobody would know why.
        let fits = key.compute_public_key().is_ok_and(|half| half.as_ref() == public.as_slice());
        if fits { Ok(Self { curve, key }) } else { Err(BadKey::Kind) }
    }

    /// The content's key that whoever wrote this header has wrapped for us.
    pub(super) fn unwrap(&self, header: &Map<String, Value>, wrapped: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let (curve, theirs) = Curve::read(header.get("epk")?.as_object()?)?;
        let party = |name: &str| match header.get(name) {
            None => Some(Vec::new()),
            Some(said) => decode(said.as_str()?).filter(|info| info.len() <= MAX_INFO),
        };
        if curve != self.curve || wrapped.len() != WRAPPED_LEN {
            return None;
        }
        let kek = curve.agree(&self.key, &theirs, (&party("apu")?, &party("apv")?))?;
        let mut content = Zeroizing::new([0; WRAPPED_LEN]);
        let content = AesKek::new(&AES_256, &kek[..]).ok()?.unwrap(wrapped, &mut content[..]).ok()?;
        content.first_chunk().filter(|_| content.len() == 32).map(|key| Zeroizing::new(*key))
    }
}

/// What a key may be called: it stands in a header.
fn is_key_id(text: &str) -> bool {
    (1..=MAX_KEY_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The Concat KDF (NIST SP 800-56A §5.8.1) as RFC 7518 §4.6.2 uses it, for at most 256 bits: one round of SHA-256.
pub(super) fn concat_kdf(secret: &[u8], algorithm: &str, parties: (&[u8], &[u8]), bits: u32) -> [u8; 32] {
    let length = |part: &[u8]| u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes();
    let (algorithm, (u, v)) = (algorithm.as_bytes(), parties);
    sha256(&[
        &1_u32.to_be_bytes(),
        secret,
        &length(algorithm),
        algorithm,
        &length(u),
        u,
        &length(v),
        v,
        &bits.to_be_bytes(),
    ])
}
