//! A client that knows nothing of the program: TLS 1.3, HTTP/1.1, whatever headers it is given.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;

use crate::house::Member;
use crate::preview::without;

/// Where the server's pages are, as its configuration in these tests has it by default.
pub(crate) const ORIGIN: &str = "https://localhost:7700";
/// The media type of forms.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// One connection to one server, made again when it is closed.
pub(crate) struct Api {
    tls: TlsConnector,
    to: SocketAddr,
    from: Option<IpAddr>,
    connection: Mutex<Option<SendRequest<Full<Bytes>>>>,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Bytes,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Ask {
    pub(crate) fn new(method: &str, path: impl Into<String>) -> Self {
        let method = method.to_uppercase().parse().unwrap();
        Self { method, path: path.into(), headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new("get", path)
    }

    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Self {
        Self::new("post", path).json(body)
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// As a signed-in member's browser asks from one of our pages.
    pub(crate) fn member(self, member: &Member) -> Self {
        self.of_own_page().header("cookie", &member.cookie).header("x-csrf-token", &member.csrf)
    }

    /// As a browser asks that shows one of our pages.
    pub(crate) fn of_own_page(self) -> Self {
        self.header("sec-fetch-site", "same-origin").header("origin", ORIGIN)
    }

    /// The same page of the live environment.
    pub(crate) fn in_live(mut self) -> Self {
        self.path = self.path.replacen("/app/test", "/app/live", 1);
        self
    }

    /// As a browser asks for a page.
    pub(crate) fn page(self) -> Self {
        self.header("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
    }

    /// A form: an object of texts.
    pub(crate) fn form(self, fields: &Value) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields.as_object().unwrap() {
            match value {
                Value::Array(values) => values.iter().for_each(|value| {
                    form.append_pair(&format!("{name}[]"), &plain(value));
                }),
                value => {
                    form.append_pair(name, &plain(value));
                }
            }
        }
        self.bytes(FORM, form.finish())
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.bytes("application/json", body.to_string())
    }

    pub(crate) fn bytes(mut self, media_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", media_type)
    }
}

impl Api {
    pub(crate) fn new(authority: &Path, to: SocketAddr) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { tls: TlsConnector::from(Arc::new(config)), to, from: None, connection: Mutex::new(None) }
    }

    /// The same from another address of this machine.
    pub(crate) fn calling_from(self, address: IpAddr) -> Self {
        Self { from: Some(address), connection: Mutex::new(None), ..self }
    }

    /// Asks, and waits for the whole answer.
    pub(crate) async fn ask(&self, ask: Ask) -> Answer {
        let exchange = async {
            let mut connection = self.connection.lock().await;
            let mut open = match connection.take() {
                Some(open) if !open.is_closed() => open,
                _ => self.connect().await,
            };
            if open.ready().await.is_err() {
                open = self.connect().await;
            }
            let sent = open.send_request(request(&ask)).await;
            let response = match sent {
                Ok(response) => response,
                // It was closed between two requests.
                Err(_) => {
                    open = self.connect().await;
                    open.send_request(request(&ask)).await.unwrap_or_else(|error| panic!("{error}: {ask:?}"))
                }
            };
            let (parts, mut body) = response.into_parts();
            if parts.headers.get("content-type").is_some_and(|of| of == "text/event-stream") {
                // It never ends: what comes at once is enough, and so is this connection.
                let first = body.frame().await.and_then(Result::ok).and_then(|frame| frame.into_data().ok());
                return Answer {
                    status: parts.status.as_u16(),
                    headers: parts.headers,
                    body: first.unwrap_or_default(),
                };
            }
            let body = body.collect().await.unwrap_or_else(|error| panic!("{error}: {ask:?}")).to_bytes();
            *connection = Some(open);
            Answer { status: parts.status.as_u16(), headers: parts.headers, body }
        };
        tokio::time::timeout(Duration::from_secs(60), exchange).await.expect("a server that runs answers")
    }

    /// Asks for what goes on, over a connection of its own.
    pub(crate) async fn listen(&self, ask: Ask) -> Incoming {
        let response = self.connect().await.send_request(request(&ask)).await.unwrap();
        assert_eq!(response.status(), 200, "{ask:?}");
        response.into_body()
    }

    /// Asks for what has to work, and answers its JSON.
    pub(crate) async fn must(&self, ask: Ask) -> Value {
        let answer = self.ask(ask.clone()).await;
        assert!((200..300).contains(&answer.status), "{ask:?}: {} {}", answer.status, answer.text());
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    async fn connect(&self) -> SendRequest<Full<Bytes>> {
        let tcp = match self.from {
            None => TcpStream::connect(self.to).await.unwrap(),
            Some(address) => {
                let socket = TcpSocket::new_v4().unwrap();
                socket.bind(SocketAddr::new(address, 0)).unwrap();
                socket.connect(self.to).await.unwrap()
            }
        };
        tcp.set_nodelay(true).unwrap();
        let tls = self.tls.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
        let (mut open, connection) = handshake(TokioIo::new(tls)).await.unwrap();
        tokio::spawn(connection);
        open.ready().await.unwrap();
        open
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn request(ask: &Ask) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(ask.method.clone()).uri(&ask.path);
    if !ask.headers.iter().any(|(name, _)| name == "host") {
        request = request.header("host", "localhost");
    }
    for (name, value) in &ask.headers {
        request = request.header(name, value);
    }
    request.body(Full::new(ask.body.clone())).unwrap_or_else(|error| panic!("{error}: {ask:?}"))
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The stable code of a problem, or of a page that tells of one; empty if it is none.
    pub(crate) fn code(&self) -> String {
        self.said("code", "data-code")
    }

    /// The permission that is missing.
    pub(crate) fn required_permission(&self) -> String {
        self.said("required_permission", "data-permission")
    }

    /// Whether it says that this field is wrong.
    pub(crate) fn names(&self, field: &str) -> bool {
        if self.is_page() {
            return self.marked("data-wrong").split(' ').any(|one| one == field);
        }
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        if let Some(detail) = self.of_a_standard(&problem) {
            return detail.split(' ').any(|word| word == field);
        }
        problem["errors"].as_array().is_some_and(|errors| errors.iter().any(|error| error["pointer"] == *field))
    }

    /// Whether people look at it.
    pub(crate) fn is_page(&self) -> bool {
        self.header("content-type").starts_with("text/html")
    }

    /// What a refusal says that has the form of SCIM's.
    fn of_a_standard<'p>(&self, problem: &'p Value) -> Option<&'p str> {
        problem["detail"].as_str().filter(|_| self.header("content-type") == "application/scim+json")
    }

    fn said(&self, member: &str, attribute: &str) -> String {
        if self.is_page() {
            return self.marked(attribute);
        }
        // Refusals in the form of others say in a header what they are in ours.
        if !self.header("sealpost-code").is_empty() {
            let header = if member == "code" { "sealpost-code" } else { "sealpost-required-permission" };
            return self.header(header).to_owned();
        }
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        problem[member].as_str().unwrap_or_default().to_owned()
    }

    /// What a page says to programs about what went wrong; nothing if nothing did.
    fn marked(&self, attribute: &str) -> String {
        let page = self.text();
        let found = page.split_once(&format!("{attribute}=\"")).and_then(|(_, rest)| rest.split('"').next());
        found.filter(|_| self.status >= 400).unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A cookie that was set, as a browser sends it back.
    pub(crate) fn cookie(&self, name: &str) -> String {
        let all = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let pair = all.filter_map(|cookie| cookie.split(';').next()).find(|pair| pair.starts_with(&format!("{name}=")));
        pair.unwrap_or_else(|| panic!("no cookie {name}: {self:?}")).to_owned()
    }

    /// The token in the form of a page.
    pub(crate) fn csrf(&self) -> String {
        let page = self.text();
        let (_, rest) = page.split_once("name=\"_csrf\" value=\"").unwrap_or_else(|| panic!("no form: {page}"));
        rest.split('"').next().unwrap().to_owned()
    }

    /// The token in the head of a page, for its script.
    pub(crate) fn csrf_meta(&self) -> String {
        let page = self.text();
        let (_, rest) = page.split_once("name=\"csrf\" content=\"").unwrap_or_else(|| panic!("no token: {page}"));
        rest.split('"').next().unwrap().to_owned()
    }

    /// Status and body, without what names this one request, and without the moment of a page.
    pub(crate) fn without_request_id(&self) -> (u16, String) {
        (self.status, without(&self.text().replace(self.header("x-request-id"), "…"), " data-at=\"", "\""))
    }

    /// Everything a caller can see, as one text.
    pub(crate) fn everything(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for (name, value) in &self.headers {
            all.extend_from_slice(name.as_str().as_bytes());
            all.extend_from_slice(b": ");
            all.extend_from_slice(value.as_bytes());
            all.push(b'\n');
        }
        all.extend_from_slice(&self.body);
        all
    }
}
