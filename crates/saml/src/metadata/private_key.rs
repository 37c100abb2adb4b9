//! Noticing a private key in what somebody uploads as metadata. It has to be refused before it is stored anywhere, and its owner
//! has to be told that it is out.

use crate::base64;
use crate::keys::der::{Der, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::xml::{Document, Element, Ns};

/// Shorter texts hold no key that anybody uses.
const SHORTEST: usize = 40;

/// Whether a file is a private key, or has one in PEM (RFC 7468 §10) somewhere in it.
pub(super) fn in_file(bytes: &[u8]) -> bool {
    const PEM: &[u8] = b"PRIVATE KEY-----";
    bytes.windows(PEM.len()).any(|window| window == PEM) || is_private_key(bytes)
}

/// Whether an XML document has a private key in it: in base64, or number by number.
pub(super) fn in_document(document: &Document) -> bool {
    document.elements().any(|element| {
        element.texts().any(is_private_key_in_base64)
            || element.attribute_values().any(is_private_key_in_base64)
            || is_private_number(element)
    })
}

fn is_private_key_in_base64(text: &str) -> bool {
    text.len() >= SHORTEST && base64::decode(text, "").is_ok_and(|bytes| is_private_key(&bytes))
}

/// A number of an RSA key that isn't one of the two public ones.
fn is_private_number(element: Element<'_>) -> bool {
    let of_rsa = element.parent().is_some_and(|parent| parent.is(Ns::SIGNATURE, "RSAKeyValue"));
    of_rsa && !matches!(element.local(), "Modulus" | "Exponent") || element.local() == "RSAKeyPair"
}

/// Whether DER is a private key, in the clear or encrypted. A certificate and a public key begin otherwise.
fn is_private_key(der: &[u8]) -> bool {
    let Some(outer) = Der::only(der, SEQUENCE) else { return false };
    let tags: Vec<u8> = outer.map(|value| value.tag).take(9).collect();
    match tags[..] {
        // PKCS #8 (RFC 5208 §5), also PKCS #12 (RFC 7292 §4).
        [INTEGER, SEQUENCE, ..] => true,
        // SEC 1 (RFC 5915 §3).
        [INTEGER, OCTET_STRING, ..] => true,
        // PKCS #1 (RFC 8017 §A.1.2), DSA as OpenSSL writes it. A public key has two numbers.
        [INTEGER, INTEGER, INTEGER, ..] => true,
        // PKCS #8, encrypted (RFC 5208 §6).
        [SEQUENCE, OCTET_STRING] => outer_algorithm(der),
        _ => false,
    }
}

fn outer_algorithm(der: &[u8]) -> bool {
    let algorithm = Der::only(der, SEQUENCE).and_then(|mut outer| outer.read(SEQUENCE));
    algorithm.is_some_and(|algorithm| Der::new(algorithm.contents).read(OBJECT_IDENTIFIER).is_some())
}
