//! The algorithms of the profile, and the names XML gives them.

use aws_lc_rs::digest::{self, SHA256, SHA512};

/// XML Signature §6.6.4.
pub(super) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// Exclusive XML Canonicalization §4, without comments.
pub(super) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    RsaSha256,
    RsaSha512,
    EcdsaSha256,
    EcdsaSha384,
}

/// RFC 9231 §2.3.
const METHODS: [(Method, &str); 4] = [
    (Method::RsaSha256, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
    (Method::RsaSha512, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
    (Method::EcdsaSha256, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
    (Method::EcdsaSha384, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"),
];

impl Method {
    pub(super) fn named(uri: &str) -> Option<Self> {
        METHODS.iter().find(|(_, name)| *name == uri).map(|(method, _)| *method)
    }

    pub(crate) fn uri(self) -> &'static str {
        METHODS.iter().find(|(method, _)| *method == self).map_or("", |(_, name)| name)
    }
}

/// How what is signed is digested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digest {
    Sha256,
    Sha512,
}

/// XML Encryption §5.8.
pub(crate) const SHA256_URI: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const SHA512_URI: &str = "http://www.w3.org/2001/04/xmlenc#sha512";

impl Digest {
    pub(super) fn named(uri: &str) -> Option<Self> {
        match uri {
            SHA256_URI => Some(Self::Sha256),
            SHA512_URI => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(crate) fn of(self, bytes: &[u8]) -> digest::Digest {
        let algorithm = match self {
            Self::Sha256 => &SHA256,
            Self::Sha512 => &SHA512,
        };
        digest::digest(algorithm, bytes)
    }
}
