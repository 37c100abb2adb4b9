//! What a handler answers.

use std::sync::{Arc, Mutex, PoisonError};

use http::header::{
    CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LOCATION, REFERRER_POLICY, SET_COOKIE,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use hyper::body::Bytes;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::browser;
use crate::problem::Fault;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(crate) const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// An answer. Security headers, request id and limits are added to every one of them later.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What a replay of the same request is answered instead of `body`.
    pub(crate) replay: Option<Bytes>,
    /// What comes instead of a body, as it comes.
    pub(crate) events: Option<Events>,
}

/// Events that are still to come. Whoever takes them first has them.
#[derive(Clone)]
pub(crate) struct Events(Arc<Mutex<Option<mpsc::Receiver<Bytes>>>>);

impl Events {
    pub(crate) fn take(&self) -> Option<mpsc::Receiver<Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Events(…)")
    }
}

impl Reply {
    /// `status` with a JSON document.
    pub fn json<T: Serialize>(status: u16, document: &T) -> Result<Self, Fault> {
        let body = serde_json::to_vec(document).map_err(|error| Fault::new(error).context("serialise the answer"))?;
        Ok(Self::of(status, JSON, body.into()))
    }

    /// 200 with a JSON document.
    pub fn ok<T: Serialize>(document: &T) -> Result<Self, Fault> {
        Self::json(200, document)
    }

    /// `status` with JSON text made elsewhere.
    pub fn json_text(status: u16, text: impl Into<Bytes>) -> Self {
        Self::of(status, JSON, text.into())
    }

    /// 204: done, and nothing to say.
    pub fn empty() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            replay: None,
            events: None,
        }
    }

    /// 200 with a page.
    pub fn html(page: impl Into<Bytes>) -> Self {
        Self::of(200, HTML, page.into())
    }

    /// 200 with plain text.
    pub fn text(text: impl Into<Bytes>) -> Self {
        Self::of(200, TEXT, text.into())
    }

    /// 200 with bytes of a media type.
    pub fn bytes(media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self::of(200, HeaderValue::from_static(media_type), bytes.into())
    }

    /// A document that shows a secret once: `full` now, `replay` if the same request comes again.
    pub fn secret_once<T: Serialize, R: Serialize>(status: u16, full: &T, replay: &R) -> Result<Self, Fault> {
        let replay = serde_json::to_vec(replay).map_err(|error| Fault::new(error).context("serialise the replay"))?;
        Ok(Self { replay: Some(replay.into()), ..Self::json(status, full)? })
    }

    /// 200 with events as they come (HTML Living Standard §9.2).
    pub fn events(events: mpsc::Receiver<Bytes>) -> Self {
        Self::stream("text/event-stream", events)
    }

    /// 200 with bytes of a media type as they come. They end when `bytes` do, when whoever reads them isn't believed any more, or
    /// when the server stops.
    pub fn stream(media_type: &'static str, bytes: mpsc::Receiver<Bytes>) -> Self {
        let events = Some(Events(Arc::new(Mutex::new(Some(bytes)))));
        Self { events, ..Self::of(200, HeaderValue::from_static(media_type), Bytes::new()) }
    }

    /// A file that browsers save under this name.
    pub fn download(self, name: &str) -> Self {
        match HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
            Ok(disposition) => self.header(CONTENT_DISPOSITION, disposition),
            Err(_) => self,
        }
    }

    /// A page that shows a secret once; `again` if the same request comes again. Both are pages already.
    pub fn page_once(self, again: Self) -> Self {
        Self { replay: Some(again.body), ..self }
    }

    /// Adds `Location`, for what was created.
    pub fn location(self, path: &str) -> Self {
        match HeaderValue::from_str(path) {
            Ok(path) => self.header(LOCATION, path),
            Err(_) => self,
        }
    }

    /// Leads somewhere else instead of where it leads, if `on` knows where.
    pub(crate) fn lead_on(&mut self, on: impl FnOnce(&str) -> Option<String>) {
        let there = self.headers.get(LOCATION).and_then(|there| there.to_str().ok());
        if let Some(there) = there.and_then(on).and_then(|there| HeaderValue::try_from(there).ok()) {
            self.headers.insert(LOCATION, there);
        }
    }

    /// Says which version of a resource it shows (RFC 9110 §8.8.3).
    pub fn version(self, tag: &str) -> Self {
        match HeaderValue::from_str(tag) {
            Ok(tag) => self.header(ETAG, tag),
            Err(_) => self,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// 303: what was asked for is done, and this is where to look (a path of ours).
    pub fn see_other(path: &str) -> Self {
        let status = StatusCode::SEE_OTHER;
        Self { status, headers: HeaderMap::new(), body: Bytes::new(), replay: None, events: None }.location(path)
    }

    /// Sends whoever asks on to `path` with what they sent: the method and the body stay (RFC 9110, section 15.4.8).
    pub fn hand_on(path: &str) -> Self {
        Self { status: StatusCode::TEMPORARY_REDIRECT, ..Self::see_other(path) }
    }

    /// The same redirect to what is called `name` below it.
    pub fn leads_to(self, name: &str) -> Self {
        let below = self.headers.get(LOCATION).and_then(|at| at.to_str().ok()).unwrap_or_default();
        let path = format!("{below}/{name}");
        self.location(&path)
    }

    /// 200 with a page of ours, and what it may load and where its forms may lead. A browser says truthfully where a form comes
    /// from only under this referrer policy; to other sites it still says nothing.
    pub fn page(page: impl Into<Bytes>, content_policy: &'static str) -> Self {
        Self::html(page)
            .header(CONTENT_SECURITY_POLICY, HeaderValue::from_static(content_policy))
            .header(REFERRER_POLICY, HeaderValue::from_static("same-origin"))
    }

    /// The same with another status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self
    }

    /// Adds a cookie.
    pub(crate) fn cookie(mut self, cookie: HeaderValue) -> Self {
        self.headers.append(SET_COOKIE, cookie);
        self
    }

    /// Signs the browser in: it presents this token from now on.
    pub fn begin_session(self, token: &str) -> Self {
        self.cookie(browser::session(token)).cookie(browser::clear(browser::VISIT_COOKIE))
    }

    /// Signs the browser out, and has it forget what it kept of us (W3C Clear Site Data §3).
    pub fn end_session(self) -> Self {
        self.cookie(browser::clear(browser::SESSION_COOKIE))
            .header(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"storage\""))
    }

    /// Its status.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// Its body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    pub(crate) fn of(status: u16, media_type: HeaderValue, body: Bytes) -> Self {
        let mut headers = HeaderMap::with_capacity(24);
        headers.insert(CONTENT_TYPE, media_type);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, headers, body, replay: None, events: None }
    }
}
