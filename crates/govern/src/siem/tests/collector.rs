//! A syslog collector as others write one: TLS, octet counting, and a death now and then.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::PrivateKeyDer;
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::resolve::FixedResolver;
use sealpost_egress::syslog::{self, Syslog};
use sealpost_egress::tls::Trust;
use serde_json::Value;
use tokio::io::{AsyncReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::siem::Sink;

const HOST: &str = "siem.test";

/// How a collector treats one connection.
#[derive(Clone, Copy, Debug)]
pub(super) enum Life {
    /// Hangs up without shaking hands.
    Refuses,
    /// Reads so many messages and dies, whatever is on its way.
    DiesAfter(usize),
    /// Never reads.
    Hangs,
    /// Reads to the end, then closes.
    Lives,
}

/// Runs until the test's runtime ends.
pub(super) struct Collector {
    port: u16,
    trust: Trust,
    lines: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Collector {
    /// Lives these lives, one for each connection, and the last for all further ones.
    pub(super) async fn start(lives: &'static [Life]) -> Self {
        let (config, trust) = certified();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lines = Arc::<Mutex<Vec<Vec<String>>>>::default();
        let heard = lines.clone();
        tokio::spawn(async move {
            let mut number = 0;
            while let Ok((tcp, _)) = listener.accept().await {
                let life = lives[number.min(lives.len() - 1)];
                heard.lock().unwrap().push(Vec::new());
                tokio::spawn(live(tcp, TlsAcceptor::from(config.clone()), life, heard.clone(), number));
                number += 1;
            }
        });
        Self { port, trust, lines }
    }

    pub(super) fn sink(&self) -> Sink {
        let network = Network::new(
            Policy::strict().with_loopback().with_any_port(),
            FixedResolver::new().with(HOST, [IpAddr::V4(Ipv4Addr::LOCALHOST)]),
        );
        let there = syslog::Collector::parse(&format!("tls://{HOST}:{}", self.port)).unwrap();
        let collector = Syslog::new(network, &self.trust, there).unwrap();
        Sink::Syslog { collector, hostname: "messages.example.com".into() }
    }

    /// What came over each connection, message by message.
    pub(super) fn lines(&self) -> Vec<Vec<String>> {
        self.lines.lock().unwrap().clone()
    }

    /// The JSON of every message, connection by connection.
    pub(super) fn events(&self) -> Vec<Vec<Value>> {
        let body = |line: &String| serde_json::from_str(&line[line.find('{').unwrap()..]).unwrap();
        self.lines().iter().map(|lines| lines.iter().map(body).collect()).collect()
    }
}

async fn live(
    tcp: TcpStream,
    acceptor: TlsAcceptor,
    life: Life,
    heard: Arc<Mutex<Vec<Vec<String>>>>,
    number: usize,
) -> Option<()> {
    let most = match life {
        Life::Refuses => return None,
        Life::DiesAfter(most) => most,
        Life::Hangs => {
            std::future::pending::<()>().await;
            0
        }
        Life::Lives => usize::MAX,
    };
    let mut stream = BufReader::new(acceptor.accept(tcp).await.ok()?);
    for _ in 0..most {
        let Some(message) = frame(&mut stream).await else { break };
        heard.lock().unwrap()[number].push(message);
    }
    if matches!(life, Life::Lives) {
        use tokio::io::AsyncWriteExt as _;
        stream.shutdown().await.ok()?;
    }
    Some(())
}

/// RFC 5425 §4.3: the length in digits, a space, and so many octets.
async fn frame(stream: &mut (impl AsyncReadExt + Unpin)) -> Option<String> {
    let mut length = 0;
    loop {
        match stream.read_u8().await.ok()? {
            b' ' => break,
            digit => length = length * 10 + usize::from(digit - b'0'),
        }
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await.ok()?;
    Some(String::from_utf8(message).unwrap())
}

fn certified() -> (Arc<ServerConfig>, Trust) {
    let authority = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&authority).unwrap().der().clone();
    let issuer = Issuer::new(params, authority);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![HOST.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    (Arc::new(config), Trust::new([root]).unwrap())
}
