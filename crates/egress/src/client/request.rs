//! What is sent.

use std::time::Duration;

use http::header::{self, HeaderName, HeaderValue};
use http::{Request, Uri};
use http_body_util::Full;
use hyper::body::Bytes;

use super::{DEFAULT_DEADLINE, MAX_RESPONSE_BODY, SendError, SendErrorKind};
use crate::Tenant;
use crate::target::Target;
use crate::tls::{MinTls, Terms};

/// Most headers a caller may set.
const MAX_HEADERS: usize = 64;

/// Most bytes of all header names and values a caller may set.
const MAX_HEADER_BYTES: usize = 16 * 1024;

/// Most bytes of a request body.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// Headers that frame the message or steer the connection: the client's own business (RFC 9110 §7.6.1,
/// RFC 9112 §6). `expect` would let a server hold the body back.
pub const OWN_HEADERS: [HeaderName; 9] = [
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
    header::PROXY_AUTHORIZATION,
];

/// The methods Sealpost uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Read.
    Get,
    /// Ask for the head alone.
    Head,
    /// Deliver.
    Post,
    /// Store an object.
    Put,
    /// Change a part of an object (RFC 5789).
    Patch,
    /// Remove an object.
    Delete,
}

/// One request.
#[derive(Clone)]
pub struct Outbound<'a> {
    /// On whose behalf.
    pub tenant: Tenant,
    /// Where to.
    pub target: &'a Target,
    /// What for.
    pub method: Method,
    /// Headers in sending order, at most 64 and 16 KiB; `host` and framing headers are the client's.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, at most 8 MiB.
    pub body: Bytes,
    /// How long everything together may take, name look-up to last byte.
    pub deadline: Duration,
    /// The oldest TLS version accepted.
    pub min_tls: MinTls,
    /// How TLS is spoken with this receiver, where that is not as with everybody.
    pub terms: Option<&'a Terms>,
    /// Most bytes of the answer's body that are read.
    pub most: usize,
    /// For how long an answer is listened to that has no end, such as a stream of events; what came until then is the answer.
    pub listen: Option<Duration>,
}

impl<'a> Outbound<'a> {
    /// A request with the default deadline, TLS 1.3 and no headers.
    pub fn new(tenant: Tenant, method: Method, target: &'a Target, body: Bytes) -> Self {
        Self {
            tenant,
            target,
            method,
            headers: Vec::new(),
            body,
            deadline: DEFAULT_DEADLINE,
            min_tls: MinTls::default(),
            terms: None,
            most: MAX_RESPONSE_BODY,
            listen: None,
        }
    }

    /// Limits and headers, checked before anything is looked up.
    pub(super) fn validate(&self) -> Result<(), SendError> {
        let header_bytes: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        let acceptable = self.headers.len() <= MAX_HEADERS
            && header_bytes <= MAX_HEADER_BYTES
            && self.body.len() <= MAX_BODY
            && self.headers.iter().all(|(name, _)| !OWN_HEADERS.contains(name));
        if acceptable { Ok(()) } else { Err(SendError::before_request(SendErrorKind::RequestRefused)) }
    }

    pub(super) fn to_request(&self) -> Result<Request<Full<Bytes>>, SendError> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.into();
        *request.uri_mut() = Uri::from(self.target.path_and_query().clone());
        let authority = self.target.connection_origin().authority.clone();
        request.headers_mut().insert(header::HOST, authority);
        for (name, value) in &self.headers {
            request
                .headers_mut()
                .try_append(name.clone(), value.clone())
                .map_err(|_| SendError::before_request(SendErrorKind::RequestRefused))?;
        }
        Ok(request)
    }
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Head => Self::HEAD,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
        }
    }
}
