//! XML Encryption 1.1 (W3C, 11 April 2013) in one shape: an element, AES-GCM, its key transported by RSA-OAEP.
//!
//! CBC and PKCS #1 v1.5 are oracles for whoever can send us texts of their own, so neither is ever tried.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::base64;
use crate::keys::DecryptionKey;
use crate::refusal::Rejected;
use crate::signature::SHA256_URI;
use crate::xml::{Element, Ns, ShapeFlaw};

/// §5.2.4.
pub(crate) const AES_128_GCM_URI: &str = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
pub(crate) const AES_256_GCM_URI: &str = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
/// §5.5.2: with MGF1 of SHA-1.
pub(crate) const OAEP_SHA1_URI: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
/// §5.5.2: with the mask generation that is named.
pub(crate) const OAEP_URI: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
const SHA1_URI: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
const MGF1_SHA1_URI: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha1";
pub(crate) const MGF1_SHA256_URI: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";
/// §3.1.
const ELEMENT_URI: &str = "http://www.w3.org/2001/04/xmlenc#Element";

/// Why what is encrypted stays closed. A key that doesn't fit and a text that was changed look the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum EncryptionFlaw {
    /// A method outside the profile, for the assertion or for its key.
    #[error("the encryption is not AES-GCM under a key transported by RSA-OAEP")]
    Method,
    /// It isn't encrypted, and has to be.
    #[error("the assertion is not encrypted")]
    Missing,
    /// There is no key to decrypt with.
    #[error("the assertion is encrypted, and the service provider has no key for that")]
    NoKey,
    /// It doesn't open.
    #[error("the assertion can't be decrypted")]
    Closed,
}

impl EncryptionFlaw {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Method => "encryption_method",
            Self::Missing => "encryption_missing",
            Self::NoKey => "encryption_unexpected",
            Self::Closed => "encryption_closed",
        }
    }
}

/// Opens what is inside an `EncryptedAssertion`.
pub(crate) fn decrypt(encrypted: Element<'_>, keys: &[DecryptionKey]) -> Result<Zeroizing<Vec<u8>>, Rejected> {
    let parts = Parts::read(encrypted)?;
    if keys.is_empty() {
        return Err(EncryptionFlaw::NoKey.into());
    }
    let right = |key: &Zeroizing<Vec<u8>>| key.len() == parts.content.0.key_len();
    let transported = keys.iter().filter_map(|key| key.decrypt(parts.key.0, &parts.key.1));
    let opened = transported.filter(right).find_map(|key| open(parts.content.0, &key, &parts.content.1));
    opened.ok_or(Rejected::Encryption(EncryptionFlaw::Closed))
}

/// The content: a nonce of 96 bits, what is encrypted, a tag of 128 bits (§5.2.4).
fn open(algorithm: &'static Algorithm, key: &[u8], content: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = content.split_at_checked(NONCE_LEN)?;
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let length = key.open_in_place(nonce, Aad::empty(), &mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

/// What an `EncryptedAssertion` is made of (SAML Core §2.3.4).
struct Parts {
    key: (&'static OaepAlgorithm, Vec<u8>),
    content: (&'static Algorithm, Vec<u8>),
}

impl Parts {
    fn read(encrypted: Element<'_>) -> Result<Self, Rejected> {
        encrypted.only(&[])?;
        let mut outer = encrypted.sequence()?;
        let data = outer.one(Ns::ENCRYPTION, "EncryptedData")?;
        let beside = outer.maybe(Ns::ENCRYPTION, "EncryptedKey");
        outer.end()?;
        data.only(&["Id", "Type"])?;
        if data.attribute("Type").is_some_and(|kind| kind != ELEMENT_URI) {
            return Err(ShapeFlaw::Value("Type").into());
        }
        let mut parts = data.sequence()?;
        let method = parts.one(Ns::ENCRYPTION, "EncryptionMethod")?;
        let inside = parts.maybe(Ns::SIGNATURE, "KeyInfo").and_then(|info| inside_of(info));
        let content = (content_algorithm(method)?, cipher_value(parts.one(Ns::ENCRYPTION, "CipherData")?)?);
        parts.end()?;
        // One key: which of several is meant would be the document's to say.
        let key = match (inside, beside) {
            (Some(key), None) | (None, Some(key)) => key,
            (None, None) => return Err(ShapeFlaw::ElementMissing("EncryptedKey").into()),
            (Some(_), Some(_)) => return Err(ShapeFlaw::ElementUnexpected.into()),
        };
        Ok(Self { key: transported_key(key)?, content })
    }
}

/// The key inside a `KeyInfo`; what else the `KeyInfo` says is ignored.
fn inside_of(info: Element<'_>) -> Option<Element<'_>> {
    info.children().find(|child| child.is(Ns::ENCRYPTION, "EncryptedKey"))
}

fn transported_key(key: Element<'_>) -> Result<(&'static OaepAlgorithm, Vec<u8>), Rejected> {
    key.only(&["Id", "Recipient"])?;
    let mut parts = key.sequence()?;
    let algorithm = key_algorithm(parts.one(Ns::ENCRYPTION, "EncryptionMethod")?)?;
    parts.maybe(Ns::SIGNATURE, "KeyInfo");
    let value = cipher_value(parts.one(Ns::ENCRYPTION, "CipherData")?)?;
    parts.maybe(Ns::ENCRYPTION, "ReferenceList");
    parts.maybe(Ns::ENCRYPTION, "CarriedKeyName");
    parts.end()?;
    Ok((algorithm, value))
}

fn content_algorithm(method: Element<'_>) -> Result<&'static Algorithm, Rejected> {
    method.only(&["Algorithm"])?;
    method.nothing()?;
    match method.required("Algorithm")? {
        AES_128_GCM_URI => Ok(&AES_128_GCM),
        AES_256_GCM_URI => Ok(&AES_256_GCM),
        _ => Err(EncryptionFlaw::Method.into()),
    }
}

/// The digest and the mask generation have to be of one hash: the library knows no other pairs.
fn key_algorithm(method: Element<'_>) -> Result<&'static OaepAlgorithm, Rejected> {
    method.only(&["Algorithm"])?;
    let mut parts = method.sequence()?;
    let digest = parts.maybe(Ns::SIGNATURE, "DigestMethod");
    let mask = parts.maybe(Ns::ENCRYPTION11, "MGF");
    let digest = digest.or_else(|| parts.maybe(Ns::SIGNATURE, "DigestMethod"));
    parts.end()?;
    let named = |element: Option<Element<'_>>, default| match element {
        Some(element) => element.nothing().and_then(|()| element.required("Algorithm")).map(str::to_owned),
        None => Ok(str::to_owned(default)),
    };
    let (digest, generation) = (named(digest, SHA1_URI)?, named(mask, MGF1_SHA1_URI)?);
    match (method.required("Algorithm")?, &*digest, &*generation) {
        (OAEP_SHA1_URI, SHA1_URI, MGF1_SHA1_URI) if mask.is_none() => Ok(&OAEP_SHA1_MGF1SHA1),
        (OAEP_URI, SHA1_URI, MGF1_SHA1_URI) => Ok(&OAEP_SHA1_MGF1SHA1),
        (OAEP_URI, SHA256_URI, MGF1_SHA256_URI) => Ok(&OAEP_SHA256_MGF1SHA256),
        _ => Err(EncryptionFlaw::Method.into()),
    }
}

fn cipher_value(data: Element<'_>) -> Result<Vec<u8>, Rejected> {
    let mut parts = data.sequence()?;
    let value = parts.one(Ns::ENCRYPTION, "CipherValue")?;
    parts.end()?;
    Ok(base64::decode(value.said("CipherValue")?, "CipherValue")?)
}
