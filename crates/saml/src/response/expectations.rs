//! What a response has to be.

use crate::metadata::{IdentityProvider, ServiceProvider};
use crate::request::RequestId;

/// How far clocks may be apart, in milliseconds.
pub const SKEW_MS: i64 = 60_000;

/// What a response has to be: from whom, for whom, to what, when.
#[derive(Clone, Debug)]
pub struct Expectations<'a> {
    /// Now.
    pub now_ms: i64,
    /// Us.
    pub service_provider: &'a ServiceProvider,
    /// Whom the browser was sent to: the connection is known from the request, never from the response.
    pub identity_provider: &'a IdentityProvider,
    /// What it answers.
    pub answers: Answers<'a>,
    /// Whether the response has to be signed too. The assertion always has to be.
    pub response_signed: bool,
    /// Whether the assertion has to be encrypted.
    pub assertion_encrypted: bool,
    /// Ways of authentication of which one is required, by the names of `AuthnContextClassRef`; none means any.
    pub authn_context: &'a [&'a str],
    /// The earliest moment the member may have been authenticated at: that of the request, if it asked for that anew.
    pub authenticated_since_ms: Option<i64>,
}

impl<'a> Expectations<'a> {
    /// An answer to this request; everything else as usual.
    pub fn new(
        now_ms: i64,
        service_provider: &'a ServiceProvider,
        identity_provider: &'a IdentityProvider,
        request: &'a RequestId,
    ) -> Self {
        Self {
            now_ms,
            service_provider,
            identity_provider,
            answers: Answers::Request(request),
            response_signed: false,
            assertion_encrypted: false,
            authn_context: &[],
            authenticated_since_ms: None,
        }
    }

    /// Whether a moment lies in the future, by every clock that may be right.
    pub(super) fn is_future(&self, moment: i64) -> bool {
        moment > self.now_ms.saturating_add(SKEW_MS)
    }

    /// Whether what ends at a moment has ended, by every clock that may be right.
    pub(super) fn is_over(&self, end: i64) -> bool {
        end.saturating_add(SKEW_MS) <= self.now_ms
    }

    /// Whether a moment is before another one, by every clock that may be right.
    pub(super) fn is_before(&self, moment: i64, other: i64) -> bool {
        moment.saturating_add(SKEW_MS) < other
    }

    /// Whether a response or a confirmation names the request it has to.
    pub(super) fn is_answered(&self, in_response_to: Option<&str>) -> bool {
        match self.answers {
            Answers::Request(request) => in_response_to == Some(request.as_str()),
            Answers::Nothing => in_response_to.is_none(),
        }
    }
}

/// What a response answers.
#[derive(Clone, Copy, Debug)]
pub enum Answers<'a> {
    /// The request that this browser carried. The caller takes the ID from the browser's own cookie, and takes it once.
    Request(&'a RequestId),
    /// No request: the identity provider began. Whoever allows it allows somebody to sign others in as themselves.
    Nothing,
}
