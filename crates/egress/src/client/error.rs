//! What went wrong, told coarsely.

use thiserror::Error;

use crate::guard::Refusal;
use crate::network::DialError;
use crate::resolve::ResolveError;

/// A call without an answer. Safe to show to the owner of the endpoint: it says which step failed and
/// nothing about addresses, certificates or bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{kind}")]
pub struct SendError {
    kind: SendErrorKind,
    /// Whether the receiver may have acted on the request.
    may_have_been_processed: bool,
    /// The connection ended before one byte of an answer: on a kept connection worth another try.
    pub(super) closed_before_answer: bool,
}

/// The step that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum SendErrorKind {
    /// The request breaks a limit or sets a header that belongs to the client.
    #[error("the request is not acceptable")]
    RequestRefused,
    /// The name leads to an address that may not be called.
    #[error("the address is not permitted")]
    AddressRefused,
    /// The name was not resolved.
    #[error("the name was not resolved")]
    NameNotResolved,
    /// No TCP connection.
    #[error("the connection failed")]
    ConnectFailed,
    /// No TLS session: wrong certificate, unknown authority, protocol version too old.
    #[error("the TLS handshake failed")]
    TlsFailed,
    /// The deadline passed.
    #[error("the deadline passed")]
    Timeout,
    /// Too many calls to this endpoint were under way for the whole deadline.
    #[error("too many calls are under way")]
    Saturated,
    /// The connection ended before the answer was complete.
    #[error("the connection was lost")]
    ConnectionLost,
    /// The head of the response is larger than the cap.
    #[error("the response head is too large")]
    ResponseTooLarge,
    /// The answer was not HTTP/1.1.
    #[error("the response is not valid HTTP")]
    ProtocolError,
}

impl SendErrorKind {
    /// A stable code for APIs and delivery logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::RequestRefused => "request_refused",
            Self::AddressRefused => "address_refused",
            Self::NameNotResolved => "name_not_resolved",
            Self::ConnectFailed => "connect_failed",
            Self::TlsFailed => "tls_failed",
            Self::Timeout => "timeout",
            Self::Saturated => "saturated",
            Self::ConnectionLost => "connection_lost",
            Self::ResponseTooLarge => "response_too_large",
            Self::ProtocolError => "protocol_error",
        }
    }
}

impl SendError {
    /// The step that failed.
    pub fn kind(&self) -> SendErrorKind {
        self.kind
    }

    /// A stable code for APIs and delivery logs.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// Whether the receiver may have acted on the request: `false` only if not one byte of it was written.
    pub fn may_have_been_processed(&self) -> bool {
        self.may_have_been_processed
    }

    pub(super) fn before_request(kind: SendErrorKind) -> Self {
        Self { kind, may_have_been_processed: false, closed_before_answer: false }
    }

    pub(super) fn after_request(kind: SendErrorKind) -> Self {
        Self { may_have_been_processed: true, ..Self::before_request(kind) }
    }

    /// The error of a second attempt, given whether the first had written anything.
    pub(super) fn with_earlier_attempt(mut self, written: bool) -> Self {
        self.may_have_been_processed |= written;
        self
    }

    pub(super) fn record(&self) {
        tracing::debug!(
            code = self.code(),
            may_have_been_processed = self.may_have_been_processed,
            "egress.call_failed"
        );
    }
}

impl From<DialError> for SendError {
    fn from(error: DialError) -> Self {
        Self::before_request(match error {
            DialError::NotResolved(ResolveError::NotFound | ResolveError::TimedOut)
            | DialError::Refused(Refusal::NoAddress) => SendErrorKind::NameNotResolved,
            DialError::Refused(_) => SendErrorKind::AddressRefused,
            DialError::Unreachable => SendErrorKind::ConnectFailed,
        })
    }
}
