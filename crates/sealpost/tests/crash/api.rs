//! A client of the API that knows nothing of the program: TLS, HTTP/1.1, a key.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How to reach one installation.
#[derive(Clone)]
pub(crate) struct Api {
    tls: TlsConnector,
    key: Arc<str>,
}

/// A connection to a server; of no use once anything has failed.
pub(crate) struct Connection {
    requests: SendRequest<Full<Bytes>>,
    key: Arc<str>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// No answer came: the server has died.
#[derive(Debug)]
pub(crate) struct NoAnswer;

impl Api {
    pub(crate) fn new(authority: &Path, key: &str) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { tls: TlsConnector::from(Arc::new(config)), key: key.into() }
    }

    pub(crate) async fn connect(&self, to: SocketAddr) -> Result<Connection, NoAnswer> {
        let tcp = TcpStream::connect(to).await.map_err(|_| NoAnswer)?;
        tcp.set_nodelay(true).map_err(|_| NoAnswer)?;
        let name = ServerName::try_from("localhost").unwrap();
        let tls = self.tls.connect(name, tcp).await.map_err(|_| NoAnswer)?;
        let (requests, connection) = handshake(TokioIo::new(tls)).await.map_err(|_| NoAnswer)?;
        tokio::spawn(connection);
        Ok(Connection { requests, key: self.key.clone() })
    }
}

impl Connection {
    pub(crate) async fn get(&mut self, path: &str) -> Result<Answer, NoAnswer> {
        self.send(Method::GET, path, None, Bytes::new()).await
    }

    /// A request with an idempotency key.
    pub(crate) async fn post(&mut self, path: &str, key: &str, body: &[u8]) -> Result<Answer, NoAnswer> {
        self.send(Method::POST, path, Some(key), Bytes::copy_from_slice(body)).await
    }

    /// A request while nothing is being killed, and the JSON of its 2xx answer.
    pub(crate) async fn make(&mut self, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let answer = self.send(Method::POST, path, None, body).await.unwrap();
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        answer.json()
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        idempotency_key: Option<&str>,
        body: Bytes,
    ) -> Result<Answer, NoAnswer> {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        request = request.header("authorization", format!("Bearer {}", self.key));
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Full::new(body)).unwrap();
        let exchange = async {
            self.requests.ready().await.map_err(|_| NoAnswer)?;
            let (parts, body) = self.requests.send_request(request).await.map_err(|_| NoAnswer)?.into_parts();
            let body = body.collect().await.map_err(|_| NoAnswer)?.to_bytes();
            Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
        };
        tokio::time::timeout(Duration::from_secs(60), exchange).await.expect("a server that runs answers")
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether this is the kept answer of an earlier request.
    pub(crate) fn is_replay(&self) -> bool {
        self.headers.get("idempotency-replayed").is_some_and(|value| value == "true")
    }
}
