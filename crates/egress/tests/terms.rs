//! Receivers that want a certificate of ours, or show one of an authority that nobody else trusts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/sink.rs"]
mod sink;
mod support;

use std::sync::Arc;

use hyper::body::Bytes;
use rcgen::{CertificateParams, KeyPair};
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::PrivateKeyDer;
use sealpost_egress::client::{Client, Method, Outbound, SendErrorKind};
use sealpost_egress::target::Target;
use sealpost_egress::tls::{Authorities, Certificates, Identity, MinTls, Terms, TermsError};
use sealpost_seal::SecretText;

use sink::Sink;
use support::{HOST, LOCAL, Pki, TENANT, network, policy};

const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// A chain and its key, in PEM form.
fn identity(pki: &Pki, name: &str) -> (String, SecretText) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &pki.issuer).unwrap();
    (certificate.pem(), SecretText::new(key.serialize_pem()))
}

fn authority(pki: &Pki) -> Certificates {
    let body = base64(&pki.authority);
    Certificates::parse(&format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A server that talks to nobody without a certificate of `clients`.
fn demanding(pki: &Pki, clients: &Pki) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![HOST.to_owned()]).unwrap().signed_by(&key, &pki.issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(clients.authority.clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone()).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    Arc::new(config)
}

async fn post(client: &Client, terms: Option<&Terms>, min_tls: MinTls, sink: &Sink) -> Result<u16, SendErrorKind> {
    let target = Target::parse(&sink.url("/in"), &policy()).unwrap();
    let outbound = Outbound { terms, min_tls, ..Outbound::new(TENANT, Method::Post, &target, Bytes::new()) };
    client.send(outbound).await.map(|answer| answer.status).map_err(|error| error.kind())
}

#[tokio::test]
async fn who_demands_a_certificate_gets_it_and_nobody_comes_in_without() {
    let (pki, clients) = (Pki::new(), Pki::new());
    let sink = Sink::always(demanding(&pki, &clients), NO_CONTENT).await;
    let client = Client::new(network([LOCAL]), &pki.trust()).unwrap();
    let (chain, key) = identity(&clients, "sealpost.test");
    let ours = Identity::new(Certificates::parse(&chain).unwrap(), &key).unwrap();
    let ours = client.terms(None, Some(&ours)).unwrap();
    let (chain, key) = identity(&Pki::new(), "sealpost.test");
    let strange = Identity::new(Certificates::parse(&chain).unwrap(), &key).unwrap();
    let strange = client.terms(None, Some(&strange)).unwrap();
    for min in [MinTls::V1_2, MinTls::V1_3] {
        assert_eq!(post(&client, Some(&ours), min, &sink).await, Ok(204));
        // In TLS 1.3 the server says no when the client has gone on already.
        let refused = [SendErrorKind::TlsFailed, SendErrorKind::ConnectionLost];
        for other in [None, Some(&strange)] {
            assert!(matches!(post(&client, other, min, &sink).await, Err(kind) if refused.contains(&kind)));
        }
    }
}

#[tokio::test]
async fn connections_are_shared_on_equal_terms_only() {
    let (pki, clients) = (Pki::new(), Pki::new());
    // Every connection answers with a status of its own.
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        while peer.request().await.is_some() {
            let answer = format!("HTTP/1.1 {} Here\r\nContent-Length: 0\r\n\r\n", 210 + peer.number);
            peer.say(answer.as_bytes()).await;
        }
    })
    .await;
    let client = Client::new(network([LOCAL]), &pki.trust()).unwrap();
    let (chain, key) = identity(&clients, "sealpost.test");
    let one = || Identity::new(Certificates::parse(&chain).unwrap(), &key).unwrap();
    let (other_chain, other_key) = identity(&clients, "other.test");
    let other = Identity::new(Certificates::parse(&other_chain).unwrap(), &other_key).unwrap();
    let all = [
        None,
        Some(client.terms(None, Some(&one())).unwrap()),
        Some(client.terms(None, Some(&other)).unwrap()),
        Some(client.terms(Some(&Authorities::Besides(authority(&pki))), None).unwrap()),
        Some(client.terms(Some(&Authorities::Only(authority(&pki))), None).unwrap()),
    ];
    for _ in 0..2 {
        for (terms, number) in all.iter().zip(210..) {
            assert_eq!(post(&client, terms.as_ref(), MinTls::V1_3, &sink).await, Ok(number), "one for each, and kept");
        }
    }
    // Made anew from the same certificates, as after a change of something else.
    let again = client.terms(None, Some(&one())).unwrap();
    assert_eq!(post(&client, Some(&again), MinTls::V1_3, &sink).await, Ok(211));
    assert_eq!(sink.connections(), all.len());
}

#[tokio::test]
async fn a_receivers_own_authority_is_believed_for_it_alone_and_may_stand_for_all_others() {
    let (public, own) = (Pki::new(), Pki::new());
    let client = Client::new(network([LOCAL]), &public.trust()).unwrap();
    let ordinary = Sink::always(public.server(HOST), NO_CONTENT).await;
    let private = Sink::always(own.server(HOST), NO_CONTENT).await;
    let besides = client.terms(Some(&Authorities::Besides(authority(&own))), None).unwrap();
    let only = client.terms(Some(&Authorities::Only(authority(&own))), None).unwrap();
    let untrusted = Err(SendErrorKind::TlsFailed);
    for (terms, at_ordinary, at_private) in
        [(None, Ok(204), untrusted), (Some(&besides), Ok(204), Ok(204)), (Some(&only), untrusted, Ok(204))]
    {
        assert_eq!(post(&client, terms, MinTls::V1_3, &ordinary).await, at_ordinary);
        assert_eq!(post(&client, terms, MinTls::V1_3, &private).await, at_private);
    }
}

#[test]
fn a_key_must_be_the_certificates_own_and_both_be_readable() {
    let pki = Pki::new();
    let ((chain, key), (_, other)) = (identity(&pki, "a.test"), identity(&pki, "b.test"));
    let parsed = || Certificates::parse(&chain).unwrap();
    assert!(Identity::new(parsed(), &key).is_ok());
    assert_eq!(Identity::new(parsed(), &other).err(), Some(TermsError::Mismatch));
    assert_eq!(Identity::new(parsed(), &SecretText::new("hush".into())).err(), Some(TermsError::Key));
    for bad in [String::new(), key.expose().to_owned(), chain.repeat(17), "-----BEGIN CERTIFICATE-----\n".into()] {
        assert_eq!(Certificates::parse(&bad).err(), Some(TermsError::Certificates));
    }
    assert_eq!(Certificates::parse(&chain.repeat(16)).unwrap().count(), 16);
    assert_eq!(parsed().fingerprint().len(), 32);
}
