//! XML Signature (W3C, 11 April 2013) in one shape: enveloped, one reference to the element around it, exclusive canonical form.

mod algorithms;
#[cfg(test)]
mod published_tests;
mod sign;
#[cfg(test)]
mod tests;
mod verify;

use thiserror::Error;

pub(crate) use algorithms::{Method, SHA256_URI};
pub(crate) use sign::enveloped;
pub(crate) use verify::verify;

/// Why a signature doesn't hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum SignatureFlaw {
    /// The assertion has none.
    #[error("the assertion is not signed")]
    AssertionUnsigned,
    /// The response has none, and needs one.
    #[error("the response is not signed")]
    ResponseUnsigned,
    /// A signature where none may be.
    #[error("a signature stands where none may be")]
    Misplaced,
    /// A canonicalisation outside the profile.
    #[error("the canonicalization is not exclusive XML canonicalization without comments")]
    Canonicalization,
    /// A signature method outside the profile.
    #[error("the signature method is not one of the profile")]
    Method,
    /// A digest method outside the profile.
    #[error("the digest method is neither SHA-256 nor SHA-512")]
    DigestMethod,
    /// Transforms outside the profile.
    #[error("the transforms are not the enveloped signature and exclusive canonicalization")]
    Transforms,
    /// A reference to something else than the element around the signature.
    #[error("the signature refers to something else than the element it stands in")]
    Reference,
    /// A canonical form without content.
    #[error("the canonical form is empty")]
    Void,
    /// No key of the metadata signs by this method.
    #[error("no key of the identity provider's metadata signs by this method")]
    KeyUnsuitable,
    /// Not made by a key of the metadata.
    #[error("the signature was not made by a key of the identity provider's metadata")]
    Value,
    /// What was signed was something else.
    #[error("the digest is of something else")]
    Digest,
}

impl SignatureFlaw {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AssertionUnsigned => "assertion_unsigned",
            Self::ResponseUnsigned => "response_unsigned",
            Self::Misplaced => "signature_misplaced",
            Self::Canonicalization => "signature_canonicalization",
            Self::Method => "signature_method",
            Self::DigestMethod => "signature_digest_method",
            Self::Transforms => "signature_transforms",
            Self::Reference => "signature_reference",
            Self::Void => "signature_void",
            Self::KeyUnsuitable => "signature_key_unsuitable",
            Self::Value => "signature_invalid",
            Self::Digest => "signature_digest",
        }
    }
}
