//! A customer's endpoint: remembers what came, answers 204.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sealpost_store::{Clock as _, World};
use sealpost_web::tls::{Certificates, local_authority, server_config};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Where it refuses whatever is no ping, and repeats it.
pub(crate) const ECHO: &str = "/echo";

/// Runs until the test's runtime ends.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    published: Published,
}

/// What stands at `/.well-known/sealpost-verify`.
type Published = Arc<Mutex<Option<String>>>;

/// One delivery.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Heard {
    /// Whether it is of this kind.
    pub(crate) fn tells(&self, kind: &str) -> bool {
        serde_json::from_slice::<Value>(&self.body).is_ok_and(|told| told["type"] == kind)
    }
}

impl Receiver {
    pub(crate) async fn start(tls: &Path) -> Self {
        let files = local_authority(tls, World::real().clock.now()).unwrap();
        let config = server_config(Certificates::load(files.certificate, files.key).unwrap()).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::<Mutex<Vec<Heard>>>::default();
        let (shared, published) = (heard.clone(), Published::default());
        let publishing = published.clone();
        tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(config);
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, heard, published) = (acceptor.clone(), shared.clone(), publishing.clone());
                tokio::spawn(async move {
                    let Ok(tls) = acceptor.accept(tcp).await else { return };
                    let hear = service_fn(|request| hear(heard.clone(), published.clone(), address.port(), request));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(tls), hear).await;
                });
            }
        });
        Self { address, heard, published }
    }

    /// From now on it says so that an endpoint is its own.
    pub(crate) fn publish(&self, text: &str) {
        *self.published.lock().unwrap() = Some(text.to_owned());
    }

    /// Where it is, as endpoints name it.
    pub(crate) fn url(&self) -> String {
        format!("{}/hooks", self.origin())
    }

    /// What it is called as an OpenID provider.
    pub(crate) fn origin(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// All that came so far.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// The report of this kind about this message, once it has come.
    pub(crate) async fn report(&self, kind: &str, message: &str) -> Heard {
        self.notice(kind, "message_id", message).await
    }

    /// The event of this kind about this object, once it has come.
    pub(crate) async fn notice(&self, kind: &str, about: &str, id: &str) -> Heard {
        let look = async {
            loop {
                let found = self.heard().into_iter().find(|heard| {
                    let event = heard.event();
                    event["type"] == kind && event["data"][about] == id
                });
                match found {
                    Some(heard) => return heard,
                    None => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        };
        let heard = tokio::time::timeout(Duration::from_secs(60), look).await;
        heard.unwrap_or_else(|_| panic!("no {kind} about {id} among {:?}", self.heard()))
    }
}

impl Heard {
    pub(crate) fn event(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Its headers, as a verifier takes them.
    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        self.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
    }
}

async fn hear(
    heard: Arc<Mutex<Vec<Heard>>>,
    published: Published,
    port: u16,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    if let Some(document) = as_provider(parts.uri.path(), port) {
        let mut response = Response::new(Full::new(document.to_string().into()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Ok(response);
    }
    if parts.uri.path() == "/.well-known/sealpost-verify"
        && let Some(text) = published.lock().unwrap().clone()
    {
        return Ok(Response::new(Full::new(text.into())));
    }
    let echoes = parts.uri.path() == ECHO;
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let is_ping = String::from_utf8_lossy(&body).contains("endpoint.ping");
    let mut echo = Response::new(Full::new(body.clone()));
    *echo.status_mut() = http::StatusCode::UNPROCESSABLE_ENTITY;
    heard.lock().unwrap().push(Heard { headers: parts.headers, body });
    if echoes && !is_ping {
        return Ok(echo);
    }
    let mut response = Response::new(Full::default());
    *response.status_mut() = http::StatusCode::NO_CONTENT;
    Ok(response)
}

/// What it says of itself as an OpenID provider (OpenID Connect Discovery 1.0 §3). Nobody signs in by it.
fn as_provider(path: &str, port: u16) -> Option<Value> {
    let issuer = format!("https://localhost:{port}");
    match path {
        "/.well-known/openid-configuration" => Some(json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
        })),
        "/jwks" => Some(json!({ "keys": [] })),
        _ => None,
    }
}
