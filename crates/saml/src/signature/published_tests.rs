//! Signatures that other projects publish, most of them by SHA-1: the profile refuses them, but their canonical forms have to be
//! ours. What is refused is the algorithm; what is compared is everything before it.

use std::path::Path;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::signature::{
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, UnparsedPublicKey,
};

use crate::base64;
use crate::keys::der::{Der, INTEGER, SEQUENCE, VERSION};
use crate::xml::{Choice, Document, Element, MESSAGE, Ns, canonical};

/// The `SubjectPublicKeyInfo` of a certificate, whatever the profile thinks of its key.
fn key_of(certificate: &[u8]) -> &[u8] {
    let mut outer = Der::only(certificate, SEQUENCE).unwrap();
    let mut signed = Der::new(outer.read(SEQUENCE).unwrap().contents);
    signed.read(VERSION);
    signed.read(INTEGER).unwrap();
    signed.filter(|value| value.tag == SEQUENCE).nth(4).unwrap().bytes
}

fn find<'d>(inside: Element<'d>, name: &str) -> Option<Element<'d>> {
    let below = |one: &Element<'d>| std::iter::successors(one.parent(), Element::parent).any(|around| around == inside);
    inside.document.elements().find(|one| one.is(Ns::SIGNATURE, name) && below(one))
}

fn prefixes<'d>(method: Element<'d>) -> Vec<&'d str> {
    let list = method.children().next().and_then(|list| list.attribute("PrefixList"));
    list.unwrap_or_default().split_ascii_whitespace().collect()
}

fn form<'d>(apex: Element<'d>, without: Option<Element<'d>>, inclusive: Vec<&'d str>) -> String {
    canonical(apex, &Choice { without, inclusive, most: usize::MAX }).unwrap()
}

/// Whether the signature's digest and value are those of our canonical forms.
fn holds(signature: Element<'_>) -> (bool, bool) {
    let info = find(signature, "SignedInfo").unwrap();
    let sha1 = find(info, "SignatureMethod").unwrap().attribute("Algorithm").unwrap().ends_with("rsa-sha1");
    let transform = info.document.elements().filter(|one| one.is(Ns::SIGNATURE, "Transform"));
    let transform = transform.filter(|one| one.attribute("Algorithm").unwrap().ends_with("xml-exc-c14n#"));
    let transform =
        transform.filter(|one| std::iter::successors(one.parent(), Element::parent).any(|up| up == info)).last();
    let signed = form(signature.parent().unwrap(), Some(signature), transform.map(prefixes).unwrap_or_default());
    let algorithm = if sha1 { &SHA1_FOR_LEGACY_USE_ONLY } else { &SHA256 };
    let value = base64::decode(find(info, "DigestValue").unwrap().text().unwrap(), "").unwrap();
    let digested = digest(algorithm, signed.as_bytes()).as_ref() == value;
    let info = form(info, None, prefixes(find(info, "CanonicalizationMethod").unwrap()));
    let value = base64::decode(find(signature, "SignatureValue").unwrap().text().unwrap(), "").unwrap();
    let algorithm = if sha1 {
        &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY
    } else {
        &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
    };
    let certificate = base64::decode(find(signature, "X509Certificate").unwrap().text().unwrap(), "").unwrap();
    let verified = UnparsedPublicKey::new(algorithm, key_of(&certificate)).verify(info.as_bytes(), &value).is_ok();
    (digested, verified)
}

#[test]
fn canonical_forms_are_those_that_others_signed() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    // How many signatures each has. They come with their keys, whose word is enough here.
    let good = [
        ("python3-saml/double_signed_response2.xml.base64", 2),
        ("python3-saml/signed_assertion_response.xml.base64", 1),
        ("python3-saml/response_with_ampersands.xml.base64", 1),
        ("node-saml/response.root-unsigned.assertion-signed.xml", 1),
        ("pysaml2/assertion_signed.xml", 1),
        ("pysaml2/both_signed.xml", 2),
    ];
    for (name, count) in good {
        let mut bytes = std::fs::read(data.join(name)).unwrap();
        if name.ends_with("base64") {
            bytes = base64::decode(std::str::from_utf8(&bytes).unwrap(), "").unwrap();
        }
        let document = Document::read(&bytes, &MESSAGE).unwrap_or_else(|flaw| panic!("{name}: {flaw}"));
        let signatures: Vec<_> = document.elements().filter(|one| one.is(Ns::SIGNATURE, "Signature")).collect();
        assert_eq!(signatures.len(), count, "{name}");
        for signature in signatures {
            let (digested, verified) = holds(signature);
            assert!(digested, "{name}: the digest is of another form");
            assert!(verified, "{name}: the signature is of another form");
        }
    }
}
