//! Why a response is refused.

use thiserror::Error;

use crate::encryption::EncryptionFlaw;
use crate::signature::SignatureFlaw;
use crate::xml::{ShapeFlaw, XmlFlaw};

/// Why a response is refused. It never carries what the response said: codes and sentences may be logged, kept and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Rejected {
    /// Not the XML of the profile.
    #[error(transparent)]
    Xml(#[from] XmlFlaw),
    /// XML, but not a response of the profile.
    #[error(transparent)]
    Shape(#[from] ShapeFlaw),
    /// A signature doesn't hold.
    #[error(transparent)]
    Signature(#[from] SignatureFlaw),
    /// What is encrypted stays closed.
    #[error(transparent)]
    Encryption(#[from] EncryptionFlaw),
    /// What was sent in the form isn't base64, or is too large.
    #[error("the form field is not the base64 of a document of at most 256 KiB")]
    Form,
    /// Not SAML 2.0.
    #[error("the version is not 2.0")]
    Version,
    /// The identity provider says that it didn't work.
    #[error("the identity provider reports: {0}")]
    Status(Status),
    /// Another response or another status somewhere inside.
    #[error("there is not exactly one response with one status")]
    ResponseCount,
    /// No assertion, or more than one.
    #[error("there is not exactly one assertion")]
    AssertionCount,
    /// The issuer of the response or of the assertion is somebody else.
    #[error("the issuer is not the identity provider")]
    Issuer,
    /// Sent to another address.
    #[error("the destination is not the address of this service provider")]
    Destination,
    /// For a bearer at another address.
    #[error("the recipient is not the address of this service provider")]
    Recipient,
    /// An answer to another request, or to none.
    #[error("it does not answer the request that was sent")]
    InResponseTo,
    /// For somebody else.
    #[error("the audience is not this service provider")]
    Audience,
    /// Too early.
    #[error("it is not valid yet")]
    NotYetValid,
    /// Too late.
    #[error("it is not valid any more")]
    Expired,
    /// The subject isn't confirmed for whoever bears the assertion.
    #[error("the subject is not confirmed as a bearer")]
    Confirmation,
    /// The name of the subject is empty, too long, or has characters that can't be seen.
    #[error("the name of the subject can't be used")]
    NameId,
    /// Authenticated in another way than was asked for.
    #[error("the member was authenticated in another way than required")]
    AuthnContext,
    /// Authenticated before it was asked for.
    #[error("the member was authenticated too long ago")]
    AuthnInstant,
    /// The assertion was used before.
    #[error("the assertion was used before")]
    Replayed,
    /// The identity provider's metadata has expired.
    #[error("the metadata of the identity provider has expired")]
    MetadataExpired,
}

impl Rejected {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Xml(flaw) => flaw.code(),
            Self::Shape(flaw) => flaw.code(),
            Self::Signature(flaw) => flaw.code(),
            Self::Encryption(flaw) => flaw.code(),
            Self::Form => "form_malformed",
            Self::Version => "version_unsupported",
            Self::Status(_) => "status_not_success",
            Self::ResponseCount => "response_count",
            Self::AssertionCount => "assertion_count",
            Self::Issuer => "issuer_mismatch",
            Self::Destination => "destination_mismatch",
            Self::Recipient => "recipient_mismatch",
            Self::InResponseTo => "in_response_to_mismatch",
            Self::Audience => "audience_mismatch",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
            Self::Confirmation => "confirmation_unsupported",
            Self::NameId => "name_id_unusable",
            Self::AuthnContext => "authn_context_mismatch",
            Self::AuthnInstant => "authn_instant_too_old",
            Self::Replayed => "replayed",
            Self::MetadataExpired => "metadata_expired",
        }
    }
}

/// What an identity provider says when it has no assertion for us (SAML Core §3.2.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Status {
    /// The member could not be authenticated.
    #[error("authentication failed")]
    AuthnFailed,
    /// The way of authentication that was asked for is not to be had.
    #[error("the way of authentication can't be met")]
    NoAuthnContext,
    /// The member, or somebody for them, said no.
    #[error("the request was denied")]
    RequestDenied,
    /// The name format that was asked for is not to be had.
    #[error("the name format is not supported")]
    InvalidNameIdPolicy,
    /// It blames our request.
    #[error("it blames the request")]
    Requester,
    /// It blames itself.
    #[error("it blames itself")]
    Responder,
    /// Anything else.
    #[error("another status than success")]
    Other,
}

impl Status {
    /// The status by this name, without its common beginning.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "AuthnFailed" => Self::AuthnFailed,
            "NoAuthnContext" => Self::NoAuthnContext,
            "RequestDenied" => Self::RequestDenied,
            "InvalidNameIDPolicy" => Self::InvalidNameIdPolicy,
            "Requester" => Self::Requester,
            "Responder" => Self::Responder,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_says_what_is_wrong_and_not_what_was_said() {
        assert_eq!(Rejected::Shape(ShapeFlaw::ElementMissing("NameID")).to_string(), "an element is missing: NameID");
        assert_eq!(
            Rejected::Status(Status::AuthnFailed).to_string(),
            "the identity provider reports: authentication failed"
        );
    }
}
