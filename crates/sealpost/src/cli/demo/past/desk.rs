//! Asking the API without a socket: the same requests and the same code behind them, before anybody listens.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST};
use http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt, Full};
use sealpost_access::links::{self, IssuedLink};
use sealpost_access::sessions::Agent;
use sealpost_store::{Environment, RequestId, Store};
use sealpost_web::{App, SESSION_COOKIE};
use serde_json::Value;

use crate::cli::{Outcome, Stop};

/// Who asks, and from where.
pub(super) struct Seat {
    credential: Credential,
    peer: IpAddr,
}

enum Credential {
    Key(HeaderValue),
    Session { cookie: HeaderValue, csrf: HeaderValue, environment: Environment },
}

/// The API, asked in this process.
pub(super) struct Desk {
    app: App,
    store: Store,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) bytes: Bytes,
}

impl Answer {
    /// What it says, if that is JSON.
    pub(super) fn value(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }
}

/// An address of a network that is reserved for documentation (RFC 5737), by its last number.
pub(super) const fn office(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
}

/// The same, where servers are.
pub(super) const fn rack(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(198, 51, 100, last))
}

impl Seat {
    /// Whoever holds this key.
    pub(super) fn key(text: &str, peer: IpAddr) -> Outcome<Self> {
        Ok(Self { credential: Credential::Key(header(&format!("Bearer {text}"))?), peer })
    }

    /// The same member, looking at another environment.
    pub(super) fn within(&self, environment: Environment) -> Self {
        let credential = match &self.credential {
            Credential::Key(key) => Credential::Key(key.clone()),
            Credential::Session { cookie, csrf, .. } => {
                Credential::Session { cookie: cookie.clone(), csrf: csrf.clone(), environment }
            }
        };
        Self { credential, peer: self.peer }
    }
}

impl Desk {
    pub(super) fn new(app: App, store: Store) -> Self {
        Self { app, store }
    }

    /// Follows a member's link in such a browser: their session.
    pub(super) async fn sign_in(&self, link: &IssuedLink, browser: &str, peer: IpAddr) -> Outcome<Seat> {
        self.follow(link.token.expose(), browser, peer).await
    }

    /// The same with what stands in the link.
    pub(super) async fn follow(&self, token: &str, browser: &str, peer: IpAddr) -> Outcome<Seat> {
        let request = RequestId::new(self.store.world());
        let followed = links::follow(&self.store, token, peer, Agent::of(Some(browser)), request).await;
        let followed = followed.map_err(|_| Stop::failed("a link of the demo leads nowhere"))?;
        let mut cookie = header(&format!("{SESSION_COOKIE}={}", followed.session.token.expose()))?;
        cookie.set_sensitive(true);
        let credential =
            Credential::Session { cookie, csrf: HeaderValue::from_static(""), environment: Environment::Test };
        let mut seat = Seat { credential, peer };
        let own = self.must(&seat, Method::GET, "/v1/session", None).await?;
        if let Credential::Session { csrf, .. } = &mut seat.credential {
            *csrf = header(own["csrf_token"].as_str().unwrap_or_default())?;
        }
        Ok(seat)
    }

    pub(super) async fn get(&self, seat: &Seat, path: &str) -> Outcome<Value> {
        self.must(seat, Method::GET, path, None).await
    }

    pub(super) async fn post(&self, seat: &Seat, path: &str, body: &Value) -> Outcome<Value> {
        self.must(seat, Method::POST, path, Some(body)).await
    }

    pub(super) async fn put(&self, seat: &Seat, path: &str, body: &Value) -> Outcome<Value> {
        self.must(seat, Method::PUT, path, Some(body)).await
    }

    /// A request without a body.
    pub(super) async fn act(&self, seat: &Seat, path: &str) -> Outcome<Value> {
        self.must(seat, Method::POST, path, None).await
    }

    /// An answer that is not a refusal.
    async fn must(&self, seat: &Seat, method: Method, path: &str, body: Option<&Value>) -> Outcome<Value> {
        let said = format!("{method} {path}");
        let answer = self.ask(seat, method, path, body).await?;
        match answer.status {
            200..=299 => Ok(answer.value()),
            status => {
                let code = answer.value();
                Err(Stop::failed(format!("{said}: {status} {}", code["code"].as_str().unwrap_or_default())))
            }
        }
    }

    /// Any answer.
    pub(super) async fn ask(&self, seat: &Seat, method: Method, path: &str, body: Option<&Value>) -> Outcome<Answer> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, "localhost");
        request = match &seat.credential {
            Credential::Key(key) => request.header(AUTHORIZATION, key),
            Credential::Session { cookie, csrf, environment } => request
                .header(COOKIE, cookie)
                .header("x-csrf-token", csrf)
                .header("sec-fetch-site", "same-origin")
                .header("sealpost-environment", environment.as_str()),
        };
        let bytes = match body {
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::new(bytes)).map_err(anyhow::Error::from)?;
        let response = self.app.respond(request, seat.peer).await;
        let status = response.status().as_u16();
        let bytes = match response.into_body().collect().await {
            Ok(body) => body.to_bytes(),
            Err(never) => match never {},
        };
        Ok(Answer { status, bytes })
    }
}

fn header(text: &str) -> Outcome<HeaderValue> {
    HeaderValue::from_str(text).map_err(|_| Stop::failed("an answer can't be sent back in a header"))
}
