//! Why metadata is refused.

use thiserror::Error;

use crate::keys::CertificateFlaw;
use crate::xml::{ShapeFlaw, XmlFlaw};

/// Why metadata is refused. It never carries what the metadata said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum MetadataFlaw {
    /// Not the XML of the profile.
    #[error(transparent)]
    Xml(#[from] XmlFlaw),
    /// XML, but not metadata.
    #[error(transparent)]
    Shape(#[from] ShapeFlaw),
    /// It has a private key in it, which is out now: whoever owns it has to replace it.
    #[error("the document holds a private key: it must not be used any more")]
    PrivateKey,
    /// It names no identity provider of SAML 2.0.
    #[error("the metadata names no identity provider of SAML 2.0")]
    NoIdentityProvider,
    /// It names several.
    #[error("the metadata names several identity providers")]
    SeveralIdentityProviders,
    /// It has no certificate to verify signatures with.
    #[error("the metadata has no signing certificate")]
    NoSigningCertificate,
    /// It has more certificates than anybody rotates.
    #[error("the metadata has too many signing certificates")]
    TooManyCertificates,
    /// A signing certificate can't be used.
    #[error("a signing certificate can't be used: {0}")]
    Certificate(#[from] CertificateFlaw),
    /// It has no address to sign in at, by redirect or by form.
    #[error("the metadata has no address to sign in at by HTTP-Redirect or HTTP-POST")]
    NoEndpoint,
    /// An address to sign in at that isn't `https`.
    #[error("the address to sign in at is not an https URL")]
    Endpoint,
}

impl MetadataFlaw {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Xml(flaw) => flaw.code(),
            Self::Shape(flaw) => flaw.code(),
            Self::PrivateKey => "metadata_private_key",
            Self::NoIdentityProvider => "metadata_no_identity_provider",
            Self::SeveralIdentityProviders => "metadata_several_identity_providers",
            Self::NoSigningCertificate => "metadata_no_signing_certificate",
            Self::TooManyCertificates => "metadata_too_many_certificates",
            Self::Certificate(CertificateFlaw::Malformed) => "metadata_certificate_malformed",
            Self::Certificate(CertificateFlaw::Key) => "metadata_certificate_key",
            Self::NoEndpoint => "metadata_no_endpoint",
            Self::Endpoint => "metadata_endpoint_not_https",
        }
    }
}
