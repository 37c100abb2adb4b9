//! What every answer has in common.

use std::sync::Arc;

use http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    RETRY_AFTER, STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use sealpost_store::RequestId;

use super::streams::Listener;
use super::{Inner, Outgoing, Trail};
use crate::dialect::Dialect;
use crate::limits::Allowance;
use crate::problem::{Failure, Fault, INTERNAL, METHOD_NOT_ALLOWED, PASSKEY_REQUIRED, Refusal};
use crate::reply::{PROBLEM, Reply};

/// An answer as it goes out.
pub(crate) type Response = http::Response<Outgoing>;

/// The stable code of a refusal that is not a problem document.
const PROBLEM_CODE: HeaderName = HeaderName::from_static("sealpost-code");
/// The permission that is missing, if that is the refusal.
const REQUIRED_PERMISSION: HeaderName = HeaderName::from_static("sealpost-required-permission");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const TWO_YEARS: HeaderValue = HeaderValue::from_static("max-age=63072000");
const NO_CONTENT: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const CLOSE: HeaderValue = HeaderValue::from_static("close");
const BEARER: HeaderValue = HeaderValue::from_static("Bearer");

/// A file would leave by a route that doesn't say so.
#[derive(Debug, thiserror::Error)]
#[error("an attachment of a route without `.lets_out(…)`")]
struct Undeclared;

impl Inner {
    /// What is said, whatever came of it.
    pub(super) fn reply(&self, outcome: Result<Reply, Failure>, trail: &Trail) -> Reply {
        match outcome {
            Ok(reply) => reply,
            Err(Failure::Refused(refusal)) => match self.leads_elsewhere(&refusal, trail) {
                Some(path) => Reply::see_other(path),
                None => problem(&refusal, trail),
            },
            Err(Failure::Fault(fault)) => {
                self.log_fault(&fault, trail);
                problem(&Refusal::of(&INTERNAL), trail)
            }
        }
    }

    /// What was answered, unless a file would leave by a route that doesn't say so.
    pub(super) fn let_out(&self, outcome: Result<Reply, Failure>, trail: &Trail) -> Result<Reply, Failure> {
        let is_file = outcome.as_ref().is_ok_and(|reply| reply.headers.contains_key(CONTENT_DISPOSITION));
        let says_so = trail.entry.is_some_and(|at| self.entries[at].info.lets_out.is_some());
        if is_file && !says_so {
            return Err(Failure::Fault(Fault::new(Undeclared)));
        }
        outcome
    }

    /// `reusable`: whether the connection can carry another request, because this one was read to its end.
    pub(super) fn answer(
        self: &Arc<Self>,
        reply: Reply,
        trail: &Trail,
        allowance: &Allowance,
        reusable: bool,
        listener: Option<Listener>,
    ) -> Response {
        let Reply { status, mut headers, body, events, .. } = reply;
        secure(&mut headers);
        if self.config.strict_transport {
            headers.insert(STRICT_TRANSPORT_SECURITY, TWO_YEARS);
        }
        if !reusable {
            headers.insert(CONNECTION, CLOSE);
        }
        self.limits.policies().write(allowance, &mut headers);
        if let Ok(id) = HeaderValue::try_from(trail.request.to_string()) {
            headers.insert(REQUEST_ID, id);
        }
        let body = match (events.and_then(|events| events.take()), listener) {
            (Some(events), Some(listener)) => self.watched(events, listener),
            _ => Outgoing::whole(body),
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}

impl Inner {
    /// Where somebody is led who looked for a page and has to do something else first.
    pub(super) fn leads_elsewhere(&self, refusal: &Refusal, trail: &Trail) -> Option<&'static str> {
        let info = &self.entries[trail.entry?].info;
        if !info.page || info.is_unsafe() {
            return None;
        }
        match refusal.code() {
            code if code.status == 401 => Some(self.config.sign_in),
            code if code == &PASSKEY_REQUIRED => Some(self.config.enrol),
            _ => None,
        }
    }
}

fn problem(refusal: &Refusal, trail: &Trail) -> Reply {
    let code = refusal.code();
    let mut reply = match trail.dialect {
        Some(of) => in_form(of, refusal, trail.request),
        None => Reply::of(code.status, PROBLEM, refusal.document(trail.request).into()),
    };
    if let Some(seconds) = refusal.seconds_to_wait() {
        reply.headers.insert(RETRY_AFTER, seconds.into());
    }
    if code.status == 401 {
        reply.headers.insert(WWW_AUTHENTICATE, BEARER);
    }
    if code == &METHOD_NOT_ALLOWED
        && let Some(allow) = refusal.text_member("allow")
        && let Ok(allow) = HeaderValue::from_str(allow)
    {
        reply.headers.insert(ALLOW, allow);
    }
    reply
}

/// In the form of somebody else; what it is in ours, a header says.
fn in_form(dialect: &Dialect, refusal: &Refusal, request: RequestId) -> Reply {
    let body = (dialect.refusal)(refusal, request).into();
    let mut reply = Reply::of(refusal.code().status, HeaderValue::from_static(dialect.media_type), body);
    reply.headers.insert(PROBLEM_CODE, HeaderValue::from_static(refusal.code().code));
    if let Some(Ok(permission)) = refusal.text_member("required_permission").map(HeaderValue::from_str) {
        reply.headers.insert(REQUIRED_PERMISSION, permission);
    }
    reply
}

/// The same for every answer; a page may have brought policies of its own for content and referrers, a file of ours one for
/// caches.
pub(crate) fn secure(headers: &mut HeaderMap) {
    headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.entry(REFERRER_POLICY).or_insert(NO_REFERRER);
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, NO_CONTENT);
    }
    debug_assert!(headers.contains_key(CONTENT_TYPE) || !headers.contains_key("content-length"));
}
