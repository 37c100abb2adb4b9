//! Why nobody is signed in.

use sealpost_egress::client::{SendError, SendErrorKind};
use sealpost_seal::jws;

/// Why a provider, or what it says, isn't believed. Administrators see the code on the connection's page, and so does whoever wanted to
/// sign in; nobody sees what the provider said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The provider can't be reached, or not in time.
    Unreachable(SendErrorKind),
    /// It answers something else than it should, to any of our questions.
    AnswerUnusable,
    /// It answers more than anybody reads.
    AnswerTooLarge,
    /// Its document is another provider's.
    DiscoveryIssuer,
    /// Its document lacks what it takes, or names places that aren't called.
    DiscoveryUnusable,
    /// The answer to another sign-in, another visitor's, or an old one.
    StateUnknown,
    /// The answer is another provider's (RFC 9207).
    ResponseIssuer,
    /// The answer doesn't say whose it is, though the provider says that it would.
    ResponseIssuerMissing,
    /// Neither a code nor an error.
    ResponseMalformed,
    /// The person, or their provider, said no.
    DeniedThere,
    /// The provider couldn't.
    ErrorThere,
    /// The provider doesn't know this client, or not this secret.
    ClientRefused,
    /// The provider doesn't take this code (any more).
    CodeRefused,
    /// The token isn't signed as it has to be.
    Token(jws::Refused),
    /// The token says that it is something else.
    TokenKind,
    /// What is signed isn't an object, or lacks what it has to say.
    ClaimsMalformed,
    /// Another issuer's.
    Issuer,
    /// For another client.
    Audience,
    /// For several clients, and not given to this one.
    AuthorizedParty,
    /// Over.
    Expired,
    /// Not yet.
    NotYetValid,
    /// Made in the future.
    IssuedInFuture,
    /// Made before anybody asked for it.
    IssuedBefore,
    /// The answer to another sign-in: a replay.
    Nonce,
    /// The other token belongs to another sign-in.
    AccessToken,
    /// Too long since the person proved who they are.
    AuthenticatedLongAgo,
    /// No subject that could be kept.
    Subject,
    /// Of another organisation at the same provider.
    Tenant,
    /// Of a domain that isn't the organisation's.
    Domain,
    /// The provider keeps some of the groups to itself.
    GroupsIncomplete,
    /// Groups that aren't texts.
    GroupsMalformed,
    /// What else the provider tells is about somebody else.
    UserInfoSubject,
    /// The secret doesn't open for this issuer and client.
    SecretUnopenable,
}

impl Reason {
    /// A stable code.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Unreachable(SendErrorKind::TlsFailed) => "provider_tls_failed",
            Self::Unreachable(SendErrorKind::AddressRefused) => "provider_address_refused",
            Self::Unreachable(SendErrorKind::Timeout) => "provider_too_slow",
            Self::Unreachable(_) => "provider_unreachable",
            Self::AnswerUnusable => "provider_answer_unusable",
            Self::AnswerTooLarge => "provider_answer_too_large",
            Self::DiscoveryIssuer => "discovery_issuer_mismatch",
            Self::DiscoveryUnusable => "discovery_unusable",
            Self::StateUnknown => "state_unknown",
            Self::ResponseIssuer => "response_issuer_mismatch",
            Self::ResponseIssuerMissing => "response_issuer_missing",
            Self::ResponseMalformed => "response_malformed",
            Self::DeniedThere => "denied_at_provider",
            Self::ErrorThere => "provider_error",
            Self::ClientRefused => "client_refused",
            Self::CodeRefused => "code_refused",
            Self::Token(refused) => refused.code(),
            Self::TokenKind => "token_kind_wrong",
            Self::ClaimsMalformed => "claims_malformed",
            Self::Issuer => "issuer_mismatch",
            Self::Audience => "audience_mismatch",
            Self::AuthorizedParty => "authorized_party_mismatch",
            Self::Expired => "token_expired",
            Self::NotYetValid => "token_not_yet_valid",
            Self::IssuedInFuture => "token_from_the_future",
            Self::IssuedBefore => "token_too_old",
            Self::Nonce => "nonce_mismatch",
            Self::AccessToken => "access_token_mismatch",
            Self::AuthenticatedLongAgo => "authenticated_too_long_ago",
            Self::Subject => "subject_malformed",
            Self::Tenant => "tenant_mismatch",
            Self::Domain => "domain_not_allowed",
            Self::GroupsIncomplete => "groups_incomplete",
            Self::GroupsMalformed => "groups_malformed",
            Self::UserInfoSubject => "userinfo_subject_mismatch",
            Self::SecretUnopenable => "client_secret_unusable",
        }
    }

    /// Whether it is the provider that doesn't work, and not what it says that isn't believed.
    pub(super) const fn is_outage(self) -> bool {
        matches!(
            self,
            Self::Unreachable(_)
                | Self::AnswerUnusable
                | Self::AnswerTooLarge
                | Self::DiscoveryIssuer
                | Self::DiscoveryUnusable
        )
    }
}

impl From<SendError> for Reason {
    fn from(error: SendError) -> Self {
        match error.kind() {
            SendErrorKind::ResponseTooLarge => Self::AnswerTooLarge,
            SendErrorKind::ProtocolError => Self::AnswerUnusable,
            kind => Self::Unreachable(kind),
        }
    }
}

impl From<jws::Refused> for Reason {
    fn from(refused: jws::Refused) -> Self {
        Self::Token(refused)
    }
}
