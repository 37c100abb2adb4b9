//! How many deliveries per second, and what each costs us: signed-size POSTs over kept TLS 1.3 connections to a
//! light sink in another process.
//!
//! `cargo run --release -p sealpost-egress --example post_rate -- [deliveries] [endpoints] [concurrent]`

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::body::Bytes;
use rustls_pki_types::CertificateDer;
use sealpost_egress::Tenant;
use sealpost_egress::client::{Client, Method, Outbound};
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::resolve::FixedResolver;
use sealpost_egress::target::Target;
use sealpost_egress::tls::Trust;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Body of a delivery, in bytes.
const BODY: usize = 1024;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "sink") {
        return runtime.block_on(sink());
    }
    let number = |index: usize, default: usize| {
        let given = arguments.get(index).and_then(|text| text.parse().ok());
        given.unwrap_or(default)
    };
    runtime.block_on(measure(number(0, 50_000), number(1, 4), number(2, 64)));
}

async fn measure(deliveries: usize, endpoints: usize, concurrent: usize) {
    let mut child = Command::new(std::env::current_exe().unwrap()).arg("sink").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = lines.next().unwrap().unwrap();
    let authority = BASE64.decode(lines.next().unwrap().unwrap()).unwrap();

    let policy = Policy::strict().with_loopback().with_any_port();
    let mut names = FixedResolver::new();
    for endpoint in 0..endpoints {
        names = names.with(&format!("e{endpoint}.test"), ["127.0.0.1".parse().unwrap()]);
    }
    let trust = Trust::new([CertificateDer::from(authority)]).unwrap();
    let client = Client::new(Network::new(policy.clone(), names), &trust).unwrap();
    let url = |endpoint| format!("https://e{endpoint}.test:{port}/in");
    let targets = (0..endpoints).map(|endpoint| Target::parse(&url(endpoint), &policy).unwrap());
    let targets: Arc<Vec<Target>> = Arc::new(targets.collect());

    run(&client, &targets, concurrent * 4, concurrent).await;
    let (started, cpu) = (tokio::time::Instant::now(), cpu_ticks());
    run(&client, &targets, deliveries, concurrent).await;
    let seconds = started.elapsed().as_secs_f64();
    // USER_HZ is 100 on every Linux we run on: a tick is 10 ms.
    let micros = (cpu_ticks() - cpu) as f64 * 10_000.0 / deliveries as f64;
    println!("{:.0} deliveries/s, {micros:.1} us CPU each", deliveries as f64 / seconds);
    child.kill().unwrap();
    child.wait().unwrap();
}

async fn run(client: &Client, targets: &Arc<Vec<Target>>, deliveries: usize, concurrent: usize) {
    let next = Arc::new(AtomicUsize::new(0));
    let body = Bytes::from(vec![b'x'; BODY]);
    let workers: Vec<_> = (0..concurrent)
        .map(|_| {
            let (client, targets) = (client.clone(), targets.clone());
            let (next, body) = (next.clone(), body.clone());
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= deliveries {
                        return;
                    }
                    let target = &targets[number % targets.len()];
                    let mut outbound = Outbound::new(Tenant::new([7; 16]), Method::Post, target, body.clone());
                    outbound.headers = headers();
                    assert_eq!(client.send(outbound).await.unwrap().status, 204);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
}

/// What a signed delivery carries.
fn headers() -> Vec<(HeaderName, HeaderValue)> {
    let signature = "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=";
    vec![
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (HeaderName::from_static("webhook-id"), HeaderValue::from_static("msg_2KWPBgLlAfxdpx2AI54pPJ85f4W")),
        (HeaderName::from_static("webhook-timestamp"), HeaderValue::from_static("1700000000")),
        (HeaderName::from_static("webhook-signature"), HeaderValue::from_static(signature)),
    ]
}

/// User and system time of this process.
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Answers 204 to everything; prints its port and its authority.
async fn sink() {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(params, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let names = (0..64).map(|endpoint| format!("e{endpoint}.test"));
    let leaf = rcgen::CertificateParams::new(names.collect::<Vec<_>>()).unwrap();
    let leaf = leaf.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], rustls_pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    println!("{}", BASE64.encode(authority.der()));
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let mut stream = acceptor.accept(stream).await.unwrap();
            let mut read = Vec::with_capacity(8192);
            while stream.read_buf(&mut read).await.is_ok_and(|length| length > 0) {
                let head = read.windows(4).position(|window| window == b"\r\n\r\n");
                if head.is_some_and(|head| read.len() >= head + 4 + BODY) {
                    read.clear();
                    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
                }
            }
        });
    }
}
