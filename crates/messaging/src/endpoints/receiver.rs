//! A receiver over real TLS, for tests: it answers as it is told and remembers what came.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use sealpost_egress::client::Client;
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::resolve::FixedResolver;
use sealpost_egress::tls::Trust;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What every receiver is called.
pub(crate) const HOST: &str = "hooks.test";

/// An authority of a test's own.
pub(crate) struct Pki {
    authority: CertificateDer<'static>,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Pki {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).unwrap();
        Self { authority: authority.der().clone(), pem: authority.pem(), issuer: Issuer::new(params, key) }
    }

    /// Its certificate in PEM form.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A client's chain and key, in PEM form.
    pub(crate) fn client(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["sealpost.test".to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    /// An HTTP client that believes this authority, and finds every receiver.
    pub(crate) fn http(&self) -> Client {
        let names = FixedResolver::new().with(HOST, [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
        let policy = Policy::strict().with_loopback().with_any_port();
        Client::new(Network::new(policy, names), &Trust::new([self.authority.clone()]).unwrap()).unwrap()
    }

    fn server(&self, clients: Option<&Self>) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![HOST.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(clients.authority.clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
                builder.with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        builder.with_single_cert(vec![certificate.der().clone()], key).unwrap()
    }
}

/// Runs until the test's runtime ends.
#[derive(Clone)]
pub(crate) struct Receiver {
    port: u16,
    status: Arc<AtomicU16>,
    served: Arc<Mutex<HashMap<String, String>>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    /// One that talks to everybody.
    pub(crate) async fn start(pki: &Pki) -> Self {
        Self::with(pki.server(None)).await
    }

    /// One that talks to nobody without a certificate of `clients`.
    pub(crate) async fn demanding(pki: &Pki, clients: &Pki) -> Self {
        Self::with(pki.server(Some(clients))).await
    }

    async fn with(config: ServerConfig) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let this = Self {
            port: listener.local_addr().unwrap().port(),
            status: Arc::new(AtomicU16::new(204)),
            served: Arc::default(),
            heard: Arc::default(),
        };
        let (acceptor, serving) = (TlsAcceptor::from(Arc::new(config)), this.clone());
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, serving) = (acceptor.clone(), serving.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(tcp).await else { return };
                    let mut unread = Vec::new();
                    loop {
                        while let Some(length) = whole(&unread) {
                            let request: Vec<u8> = unread.drain(..length).collect();
                            let answer = serving.answer(String::from_utf8(request).unwrap());
                            if stream.write_all(answer.as_bytes()).await.is_err() || stream.flush().await.is_err() {
                                return;
                            }
                        }
                        if stream.read_buf(&mut unread).await.is_ok_and(|read| read > 0) {
                            continue;
                        }
                        return;
                    }
                });
            }
        });
        this
    }

    fn answer(&self, request: String) -> String {
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let served = self.served.lock().unwrap().get(&path).cloned();
        let (status, body) = match served {
            Some(body) => (200, body),
            None if request.starts_with("GET") => (404, String::new()),
            None => (self.status.load(Ordering::SeqCst), String::new()),
        };
        self.heard.lock().unwrap().push(request);
        match status {
            204 => "HTTP/1.1 204 It\r\n\r\n".to_owned(),
            _ => format!("HTTP/1.1 {status} It\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
        }
    }

    /// Where it is.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{HOST}:{}{path}", self.port)
    }

    /// From now on it answers with this status.
    pub(crate) fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// From now on this stands at this path.
    pub(crate) fn serves(&self, path: &str, text: &str) {
        self.served.lock().unwrap().insert(path.to_owned(), text.to_owned());
    }

    /// The requests that came so far, whole.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// The length of the request that is there, once it is whole.
fn whole(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).ok()?.to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let body: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    (bytes.len() >= head + body).then_some(head + body)
}
