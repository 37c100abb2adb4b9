//! Over real sockets: TLS 1.3 only, plain HTTP told no, a calm end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod house;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use house::{House, house};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use sealpost_store::Time;
use sealpost_web::serve::{Drained, ServeConfig, Wire, serve};
use sealpost_web::tls::{Certificates, LocalAuthority, local_authority, server_config};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

struct Listening {
    house: House,
    address: SocketAddr,
    files: LocalAuthority,
    certificates: Arc<Certificates>,
    folder: tempfile::TempDir,
    stop: oneshot::Sender<()>,
    done: JoinHandle<std::io::Result<Drained>>,
}

async fn listening() -> Listening {
    listening_with(ServeConfig::default()).await
}

async fn listening_with(config: ServeConfig) -> Listening {
    let house = house().await;
    let folder = tempfile::tempdir().unwrap();
    let files = local_authority(folder.path(), Time::from_unix_ms(1_768_469_400_000)).unwrap();
    let certificates = Certificates::load(&files.certificate, &files.key).unwrap();
    let wire = Wire::Tls(server_config(certificates.clone()).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async { drop(stopped.await) };
    let done = tokio::spawn(serve(listener, wire, house.registry.app(), config, shutdown));
    Listening { house, address, files, certificates, folder, stop, done }
}

/// A client that believes the local authority, whatever the calendar says.
async fn connect(
    listening: &Listening,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let authority = std::fs::read(&listening.files.authority).unwrap();
    roots.add(CertificateDer::from_pem_slice(&authority).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier =
        rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Then(verifier)))
        .with_no_client_auth();
    let stream = TcpStream::connect(listening.address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// Verifies at the moment the test's certificates are made for.
#[derive(Debug)]
struct Then(Arc<rustls::client::WebPkiServerVerifier>);

impl rustls::client::danger::ServerCertVerifier for Then {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        let then = rustls::pki_types::UnixTime::since_unix_epoch(Duration::from_secs(1_768_469_400));
        self.0.verify_server_cert(end_entity, intermediates, name, ocsp, then)
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }
    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

const GET: &[u8] = b"GET /v1/open HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Reads one answer's head.
async fn head(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn a_request_over_tls_1_3_is_served_with_the_hybrid_key_exchange() {
    let listening = listening().await;
    let mut stream = connect(&listening, &[&rustls::version::TLS13]).await.unwrap();
    for _ in 0..2 {
        stream.write_all(GET).await.unwrap();
        let head = head(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 204 No Content\r\n"), "{head}");
        assert!(!head.to_ascii_lowercase().contains("\r\nserver:"));
    }
    let (_, connection) = stream.get_ref();
    assert_eq!(connection.negotiated_key_exchange_group().unwrap().name(), rustls::NamedGroup::X25519MLKEM768);
    assert_eq!(connection.alpn_protocol(), None);
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let listening = listening().await;
    let error = connect(&listening, &[&rustls::version::TLS12]).await.unwrap_err();
    assert!(error.to_string().contains("ProtocolVersion"), "{error}");
}

#[tokio::test]
async fn plain_http_is_told_no_and_not_redirected() {
    let listening = listening().await;
    let mut stream = TcpStream::connect(listening.address).await.unwrap();
    stream.write_all(b"GET /v1/things HTTP/1.1\r\nhost: localhost\r\nx-api-key: writer\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
    assert!(answer.contains("\"code\":\"https_required\"") && !answer.to_ascii_lowercase().contains("location:"));
}

#[tokio::test]
async fn a_changed_certificate_is_served_without_a_restart() {
    let listening = listening().await;
    let before = leaf(&listening).await;
    let later = Time::from_unix_ms(1_768_469_400_000 + 380 * 86_400_000);
    // The new leaf is from the same authority; this client only compares.
    local_authority(listening.folder.path(), later).unwrap();
    assert_eq!(leaf(&listening).await, before);
    listening.certificates.reload().unwrap();
    let served = std::fs::read(&listening.files.certificate).unwrap();
    assert_ne!(before, CertificateDer::from_pem_slice(&served).unwrap().to_vec());
    std::fs::write(&listening.files.key, "not a key").unwrap();
    listening.certificates.reload().unwrap_err();
}

async fn leaf(listening: &Listening) -> Vec<u8> {
    let stream = connect(listening, &[&rustls::version::TLS13]).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn what_has_begun_is_finished_before_the_end() {
    let listening = listening().await;
    let mut idle = connect(&listening, &[&rustls::version::TLS13]).await.unwrap();
    let mut busy = connect(&listening, &[&rustls::version::TLS13]).await.unwrap();
    let body = r#"{"name":"kettle"}"#;
    let request = format!(
        "POST /v1/things HTTP/1.1\r\nhost: localhost\r\nx-api-key: writer\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    busy.write_all(request.as_bytes()).await.unwrap();
    idle.write_all(GET).await.unwrap();
    assert!(head(&mut idle).await.starts_with("HTTP/1.1 204"));
    wait_until_in_flight(&listening.house).await;
    listening.stop.send(()).unwrap();
    let mut end = Vec::new();
    idle.read_to_end(&mut end).await.unwrap();
    assert!(end.is_empty(), "an idle connection is closed");
    busy.write_all(body.as_bytes()).await.unwrap();
    let head = head(&mut busy).await;
    assert!(head.starts_with("HTTP/1.1 201 Created\r\n"), "{head}");
    drop(busy);
    assert_eq!(listening.done.await.unwrap().unwrap(), Drained::Completely);
    assert!(TcpStream::connect(listening.address).await.is_err());
}

/// Times that a test can wait for.
fn hasty() -> ServeConfig {
    let (header_timeout, idle_timeout) = (Duration::from_millis(200), Duration::from_secs(2));
    ServeConfig { header_timeout, idle_timeout, ..ServeConfig::default() }
}

#[tokio::test]
async fn a_connection_that_was_used_waits_longer_than_one_that_was_not_and_says_how_long() {
    let listening = listening_with(hasty()).await;
    let mut used = connect(&listening, &[&rustls::version::TLS13]).await.unwrap();
    used.write_all(GET).await.unwrap();
    assert!(head(&mut used).await.starts_with("HTTP/1.1 204"));
    let mut silent = connect(&listening, &[&rustls::version::TLS13]).await.unwrap();
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0, "who asks nothing is sent away");
    used.write_all(GET).await.unwrap();
    let head = head(&mut used).await;
    assert!(head.starts_with("HTTP/1.1 204"), "long after others were sent away: {head}");
    assert_eq!(used.read(&mut [0]).await.unwrap(), 0, "nobody waits for ever");
}

#[tokio::test]
async fn a_client_is_told_how_long_its_connection_waits() {
    let listening = listening().await;
    let mut stream = connect(&listening, &[&rustls::version::TLS13]).await.unwrap();
    stream.write_all(GET).await.unwrap();
    let kept = head(&mut stream).await;
    assert!(kept.contains("connection: keep-alive\r\n") && kept.contains("keep-alive: timeout=90\r\n"), "{kept}");
    stream.write_all(b"GET /v1/open HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let last = head(&mut stream).await;
    assert!(last.contains("connection: close\r\n") && !last.contains("keep-alive"), "{last}");
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn connections_are_given_back_with_a_word_where_few_are_left() {
    let listening = listening_with(ServeConfig { max_connections: 8, ..ServeConfig::default() }).await;
    let mut open = Vec::new();
    // One more slot is held for who comes next.
    for left in (0..7).rev() {
        let mut stream = connect(&listening, &[&rustls::version::TLS13]).await.unwrap();
        stream.write_all(GET).await.unwrap();
        let head = head(&mut stream).await;
        assert_eq!(head.contains("connection: close\r\n"), left < 2, "{left} left: {head}");
        open.push(stream);
        if left < 2 {
            break;
        }
    }
    assert_eq!(open.pop().unwrap().read(&mut [0]).await.unwrap(), 0);
}

async fn wait_until_in_flight(house: &House) {
    loop {
        let mut page = String::new();
        sealpost_web::metrics::Metric::write(&house.registry.app(), &mut page);
        if page.contains("requests_in_flight 1\n") {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// As many clients do: the head first, the body when the system gets round to it.
async fn post_in_two_pieces(house: &House, stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin), body: &[u8]) {
    let head = format!(
        "POST /v1/things HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    wait_until_in_flight(house).await;
    stream.write_all(body).await.unwrap();
    stream.flush().await.unwrap();
}

#[tokio::test]
async fn a_refusal_ahead_of_the_body_leaves_the_connection_whole() {
    let listening = listening().await;
    let mut stream = connect(&listening, &[&rustls::version::TLS13]).await.unwrap();
    for _ in 0..3 {
        post_in_two_pieces(&listening.house, &mut stream, br#"{"name":"kettle"}"#).await;
        let head = head(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 401 ") && !head.contains("connection: close"), "{head}");
        let length = head.split_once("content-length: ").unwrap().1.split_once("\r\n").unwrap().0;
        let mut body = vec![0; length.parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
    }
}

#[tokio::test]
async fn a_refusal_of_a_body_too_large_reaches_a_client_that_is_still_sending() {
    let listening = listening().await;
    let stream = connect(&listening, &[&rustls::version::TLS13]).await.unwrap();
    let (mut read, mut write) = tokio::io::split(stream);
    let sending = tokio::spawn(async move {
        let size = 8 * 1024 * 1024;
        let head = format!(
            "POST /v1/things HTTP/1.1\r\nhost: localhost\r\nx-api-key: writer\r\ncontent-type: application/json\r\n\
             content-length: {size}\r\n\r\n"
        );
        write.write_all(head.as_bytes()).await.unwrap();
        // Broken off as soon as the other side has had enough.
        let _ = write.write_all(&vec![b' '; size]).await;
    });
    let head = head(&mut read).await;
    assert!(head.starts_with("HTTP/1.1 413 ") && head.contains("connection: close"), "{head}");
    sending.await.unwrap();
}

#[tokio::test]
async fn plain_http_is_never_served_beyond_this_machine() {
    let house = house().await;
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let served =
        serve(listener, Wire::PlainLoopback, house.registry.app(), ServeConfig::default(), std::future::pending());
    assert_eq!(served.await.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
}
