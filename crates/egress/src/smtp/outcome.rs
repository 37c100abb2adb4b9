//! What became of a message.

use thiserror::Error;

use super::Reply;
use crate::guard::Refusal;
use crate::network::DialError;

/// What became of one message at the relay. The relay's own words are dropped: they may quote the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The relay has taken responsibility (RFC 5321 §4.2.5).
    Accepted {
        /// The reply to the end of the message.
        reply: Reply,
    },
    /// Not taken, and worth another try.
    Deferred(Deferral),
    /// Refused for good (5xx).
    Rejected {
        /// What was refused.
        stage: Stage,
        /// How.
        reply: Reply,
    },
    /// The message was sent to its end and the connection died before the reply: the relay may or may not have
    /// taken it. Trying again may deliver it twice.
    Unknown,
}

/// Why a message is to be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deferral {
    /// The relay said 4xx.
    Reply {
        /// To what.
        stage: Stage,
        /// How.
        reply: Reply,
    },
    /// The relay could not be used.
    Relay(RelayFailure),
}

/// The part of the transaction a reply is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA` and the message.
    Content,
}

/// Why a relay could not be used. Not one byte of the message was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum RelayFailure {
    /// Its name leads to an address that may not be called.
    #[error("the address is not permitted")]
    AddressRefused,
    /// Its name was not resolved.
    #[error("the name was not resolved")]
    NameNotResolved,
    /// No TCP connection.
    #[error("the connection failed")]
    ConnectFailed,
    /// No TLS session.
    #[error("the TLS handshake failed")]
    TlsFailed,
    /// STARTTLS is required and was not offered, not granted, or mixed with other replies.
    #[error("the relay did not start TLS")]
    StarttlsRefused,
    /// No authentication mechanism in common.
    #[error("the relay offers no usable authentication")]
    AuthUnavailable,
    /// The credentials were not accepted.
    #[error("the relay refused the credentials")]
    AuthRefused,
    /// The relay refused service in its greeting or in answer to EHLO.
    #[error("the relay refused service")]
    ServiceRefused,
    /// A phase took too long.
    #[error("the relay took too long")]
    Timeout,
    /// The connection ended.
    #[error("the connection was lost")]
    ConnectionLost,
    /// The relay does not speak SMTP.
    #[error("the reply is not valid SMTP")]
    ProtocolError,
    /// Every permitted connection was busy for a whole phase.
    #[error("too many messages are under way")]
    Saturated,
}

impl Outcome {
    /// A stable code for APIs and delivery logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Deferred(Deferral::Reply { .. }) => "deferred",
            Self::Deferred(Deferral::Relay(failure)) => failure.code(),
            Self::Rejected { .. } => "rejected",
            Self::Unknown => "answer_lost",
        }
    }

    /// The relay's reply, if there was one about the message.
    pub fn reply(&self) -> Option<Reply> {
        match self {
            Self::Accepted { reply } | Self::Rejected { reply, .. } | Self::Deferred(Deferral::Reply { reply, .. }) => {
                Some(*reply)
            }
            Self::Deferred(Deferral::Relay(_)) | Self::Unknown => None,
        }
    }
}

impl RelayFailure {
    /// A stable code for APIs and delivery logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::AddressRefused => "address_refused",
            Self::NameNotResolved => "name_not_resolved",
            Self::ConnectFailed => "connect_failed",
            Self::TlsFailed => "tls_failed",
            Self::StarttlsRefused => "starttls_refused",
            Self::AuthUnavailable => "auth_unavailable",
            Self::AuthRefused => "auth_refused",
            Self::ServiceRefused => "service_refused",
            Self::Timeout => "timeout",
            Self::ConnectionLost => "connection_lost",
            Self::ProtocolError => "protocol_error",
            Self::Saturated => "saturated",
        }
    }
}

impl From<RelayFailure> for Outcome {
    fn from(failure: RelayFailure) -> Self {
        Self::Deferred(Deferral::Relay(failure))
    }
}

impl From<DialError> for RelayFailure {
    fn from(error: DialError) -> Self {
        match error {
            DialError::NotResolved(_) | DialError::Refused(Refusal::NoAddress) => Self::NameNotResolved,
            DialError::Refused(_) => Self::AddressRefused,
            DialError::Unreachable => Self::ConnectFailed,
        }
    }
}
