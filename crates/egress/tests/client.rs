//! What the HTTP client does against real servers over TLS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/sink.rs"]
mod sink;
mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header::{self, HeaderName, HeaderValue};
use hyper::body::Bytes;
use rustls::version::TLS12;
use sealpost_egress::Tenant;
use sealpost_egress::client::{Answer, Client, MAX_RESPONSE_BODY, Method, Outbound, SendError, SendErrorKind};
use sealpost_egress::network::Network;
use sealpost_egress::resolve::{FixedResolver, Lookup, Resolver};
use sealpost_egress::target::Target;
use sealpost_egress::tls::MinTls;

use sink::Sink;
use support::{HOST, LOCAL, Pki, TENANT, network, policy};

const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\n\r\n";

fn target(url: &str) -> Target {
    Target::parse(url, &policy()).unwrap()
}

fn client(pki: &Pki) -> Client {
    Client::new(network([LOCAL]), &pki.trust()).unwrap()
}

async fn post(client: &Client, tenant: Tenant, sink: &Sink) -> Result<Answer, SendError> {
    let target = target(&sink.url("/in?token=t"));
    let body = Bytes::from_static(b"{\"id\":1}");
    client.send(Outbound::new(tenant, Method::Post, &target, body)).await
}

async fn get_within(client: &Client, url: &str, deadline: Duration) -> Result<Answer, SendError> {
    let target = target(url);
    let outbound = Outbound { deadline, ..Outbound::new(TENANT, Method::Get, &target, Bytes::new()) };
    client.send(outbound).await
}

fn kind(result: Result<Answer, SendError>) -> SendErrorKind {
    result.expect_err("an error").kind()
}

#[tokio::test]
async fn a_request_arrives_whole_at_the_judged_address() {
    let pki = Pki::new();
    let seen = Arc::new(Mutex::new(String::new()));
    let keep = seen.clone();
    let sink = Sink::start(pki.server(HOST), move |mut peer| {
        let keep = keep.clone();
        async move {
            *keep.lock().unwrap() = peer.request().await.unwrap();
            peer.say(b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nno").await;
        }
    })
    .await;
    let target = target(&sink.url("/in?token=t"));
    let outbound = Outbound {
        headers: vec![(HeaderName::from_static("webhook-id"), HeaderValue::from_static("m1"))],
        ..Outbound::new(TENANT, Method::Post, &target, Bytes::from_static(b"{}"))
    };
    let answer = client(&pki).send(outbound).await.unwrap();
    assert_eq!(answer.status, 429);
    assert_eq!(answer.headers.get(header::RETRY_AFTER).unwrap(), "7");
    assert_eq!(answer.headers.get(header::SET_COOKIE), None);
    assert_eq!(answer.body, "no");
    assert_eq!(answer.peer, (LOCAL, sink.port).into());
    let seen = seen.lock().unwrap().clone();
    assert!(seen.starts_with("POST /in?token=t HTTP/1.1\r\n"), "{seen}");
    assert!(seen.contains(&format!("host: {HOST}:{}\r\n", sink.port)), "{seen}");
    assert!(seen.contains("webhook-id: m1\r\n") && seen.ends_with("\r\n\r\n{}"), "{seen}");
}

#[tokio::test]
async fn one_private_answer_refuses_the_name_and_nothing_is_called() {
    let pki = Pki::new();
    let sink = Sink::always(pki.server(HOST), NO_CONTENT).await;
    for bad in ["10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "2001::1", "192.0.2.1"] {
        let network = network([LOCAL, bad.parse().unwrap()]);
        let client = Client::new(network, &pki.trust()).unwrap();
        let error = post(&client, TENANT, &sink).await.unwrap_err();
        assert_eq!(error.code(), "address_refused", "{bad}");
        assert!(!error.may_have_been_processed());
    }
    assert_eq!(sink.connections(), 0);
}

#[tokio::test]
async fn plain_http_goes_to_loopback_or_nowhere() {
    let names = FixedResolver::new().with("localhost", ["8.8.8.8".parse().unwrap()]);
    let client = Client::new(Network::new(policy(), names), &Pki::new().trust()).unwrap();
    let result = get_within(&client, "http://localhost/", Duration::from_secs(5)).await;
    assert_eq!(kind(result), SendErrorKind::AddressRefused);
}

#[tokio::test]
async fn names_and_ports_that_lead_nowhere_are_told_apart() {
    let pki = Pki::new();
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let deadline = Duration::from_secs(5);
    let refused = get_within(&client(&pki), &format!("https://{HOST}:{port}/"), deadline).await;
    assert_eq!(kind(refused), SendErrorKind::ConnectFailed);
    let unknown = get_within(&client(&pki), "https://unknown.test/", deadline).await;
    assert_eq!(kind(unknown), SendErrorKind::NameNotResolved);
    let empty = Client::new(network([]), &pki.trust()).unwrap();
    let result = get_within(&empty, &format!("https://{HOST}/"), deadline).await;
    assert_eq!(kind(result), SendErrorKind::NameNotResolved);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let pki = Pki::new();
    let response = "HTTP/1.1 302 Found\r\nLocation: https://169.254.169.254/\r\nContent-Length: 0\r\n\r\n";
    let sink = Sink::always(pki.server(HOST), response).await;
    let answer = post(&client(&pki), TENANT, &sink).await.unwrap();
    assert_eq!(answer.status, 302);
    assert_eq!(sink.connections(), 1);
}

#[tokio::test]
async fn a_server_that_hangs_meets_the_deadline() {
    let pki = Pki::new();
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        peer.request().await;
        std::future::pending::<()>().await;
    })
    .await;
    let error = get_within(&client(&pki), &sink.url("/"), Duration::from_millis(300)).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Timeout);
    assert!(error.may_have_been_processed());
}

#[tokio::test]
async fn a_body_that_drips_meets_the_deadline() {
    let pki = Pki::new();
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        peer.request().await;
        peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1").await;
        std::future::pending::<()>().await;
    })
    .await;
    let result = get_within(&client(&pki), &sink.url("/"), Duration::from_millis(300)).await;
    assert_eq!(kind(result), SendErrorKind::Timeout);
}

#[tokio::test]
async fn a_body_that_goes_on_dripping_is_cut_and_its_status_stands() {
    let pki = Pki::new();
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        peer.request().await;
        peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n1").await;
        std::future::pending::<()>().await;
    })
    .await;
    let client = client(&pki);
    let answer = get_within(&client, &sink.url("/"), Duration::from_secs(600)).await.unwrap();
    assert_eq!((answer.status, answer.truncated, &answer.body[..]), (200, true, &b"1"[..]));
    // What was given up is not asked a second time.
    get_within(&client, &sink.url("/"), Duration::from_secs(600)).await.unwrap();
    assert_eq!(sink.connections(), 2);
}

#[tokio::test]
async fn a_head_that_drips_is_no_answer() {
    let pki = Pki::new();
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        peer.request().await;
        peer.say(b"HTTP/1.1 2").await;
        std::future::pending::<()>().await;
    })
    .await;
    let result = get_within(&client(&pki), &sink.url("/"), Duration::from_secs(600)).await;
    assert_eq!(kind(result), SendErrorKind::Timeout);
    assert_eq!(sink.connections(), 1);
}

#[tokio::test]
async fn a_handshake_that_hangs_has_processed_nothing() {
    let pki = Pki::new();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{HOST}:{}/", silent.local_addr().unwrap().port());
    let error = get_within(&client(&pki), &url, Duration::from_millis(200)).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Timeout);
    assert!(!error.may_have_been_processed());
}

#[tokio::test]
async fn a_large_body_is_cut_and_its_connection_not_kept() {
    let pki = Pki::new();
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        peer.request().await;
        peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n").await;
        peer.say(&vec![b'x'; 10_000_000]).await;
    })
    .await;
    let client = client(&pki);
    for calls in 1..=2 {
        let answer = post(&client, TENANT, &sink).await.unwrap();
        assert_eq!(answer.body.len(), MAX_RESPONSE_BODY);
        assert!(answer.truncated);
        assert_eq!(sink.connections(), calls);
    }
}

#[tokio::test]
async fn a_call_may_want_more_or_less_of_a_body() {
    let pki = Pki::new();
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        while peer.request().await.is_some() {
            peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").await;
            peer.say(&[b'x'; 100_000]).await;
        }
    })
    .await;
    let (client, target) = (client(&pki), target(&sink.url("/in")));
    for (most, read, truncated) in [(100_000, 100_000, false), (99_999, 99_999, true), (10, 10, true)] {
        let outbound = Outbound { most, ..Outbound::new(TENANT, Method::Get, &target, Bytes::new()) };
        let answer = client.send(outbound).await.unwrap();
        assert_eq!((answer.body.len(), answer.truncated), (read, truncated));
    }
}

#[tokio::test]
async fn an_answer_without_end_is_listened_to_for_as_long_as_was_said() {
    let pki = Pki::new();
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        let request = peer.request().await.unwrap_or_default();
        peer.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n").await;
        let end: &[u8] = if request.contains("/ends") { b"4\r\nlast\r\n0\r\n\r\n" } else { b"4\r\nmore\r\n" };
        peer.say(end).await;
        std::future::pending::<()>().await;
    })
    .await;
    let client = client(&pki);
    for (path, most, time, said, cut) in [
        ("/goes-on", 100, Duration::from_secs(2), "firstmore", true),
        ("/goes-on", 7, Duration::from_secs(60), "firstmo", true),
        ("/ends", 100, Duration::from_secs(60), "firstlast", false),
    ] {
        let target = target(&sink.url(path));
        let listen = Some(time);
        let outbound = Outbound { most, listen, ..Outbound::new(TENANT, Method::Get, &target, Bytes::new()) };
        let answer = client.send(Outbound { deadline: Duration::from_secs(90), ..outbound }).await.unwrap();
        assert_eq!((&answer.body[..], answer.truncated), (said.as_bytes(), cut), "{path}");
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_cap_is_whole() {
    let pki = Pki::new();
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        while peer.request().await.is_some() {
            peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n").await;
            peer.say(&[b'x'; 65536]).await;
        }
    })
    .await;
    let client = client(&pki);
    for _ in 0..2 {
        let answer = post(&client, TENANT, &sink).await.unwrap();
        assert_eq!((answer.body.len(), answer.truncated), (65536, false));
    }
    assert_eq!(sink.connections(), 1);
}

#[tokio::test]
async fn compressed_bodies_stay_compressed() {
    let pki = Pki::new();
    let response = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u{1f}\u{0b}\u{08}\u{00}";
    let sink = Sink::always(pki.server(HOST), response).await;
    let answer = post(&client(&pki), TENANT, &sink).await.unwrap();
    assert_eq!(&answer.body[..], b"\x1f\x0b\x08\x00");
}

#[tokio::test]
async fn a_head_over_the_cap_is_refused() {
    let pki = Pki::new();
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        peer.request().await;
        let filler = "x".repeat(20_000);
        peer.say(format!("HTTP/1.1 200 OK\r\nX: {filler}\r\nContent-Length: 0\r\n\r\n").as_bytes()).await;
    })
    .await;
    let result = post(&client(&pki), TENANT, &sink).await;
    assert_eq!(kind(result), SendErrorKind::ResponseTooLarge);
}

#[tokio::test]
async fn what_is_not_http_is_a_protocol_error() {
    let pki = Pki::new();
    let sink = Sink::always(pki.server(HOST), "220 mail.example.com ESMTP\r\n\r\n").await;
    let result = post(&client(&pki), TENANT, &sink).await;
    assert_eq!(kind(result), SendErrorKind::ProtocolError);
}

#[tokio::test]
async fn a_kept_connection_serves_its_tenant_and_no_other() {
    let pki = Pki::new();
    let sink = Sink::always(pki.server(HOST), NO_CONTENT).await;
    let client = client(&pki);
    for _ in 0..3 {
        post(&client, TENANT, &sink).await.unwrap();
    }
    assert_eq!(sink.connections(), 1);
    post(&client, Tenant::new([2; 16]), &sink).await.unwrap();
    assert_eq!(sink.connections(), 2);
}

#[tokio::test]
async fn a_connection_approved_for_tls_1_2_is_not_used_where_1_3_is_required() {
    let pki = Pki::new();
    let sink = Sink::always(pki.server(HOST), NO_CONTENT).await;
    let client = client(&pki);
    let target = target(&sink.url("/"));
    for (min_tls, connections) in [(MinTls::V1_2, 1), (MinTls::V1_3, 2), (MinTls::V1_2, 2)] {
        let outbound = Outbound { min_tls, ..Outbound::new(TENANT, Method::Post, &target, Bytes::new()) };
        client.send(outbound).await.unwrap();
        assert_eq!(sink.connections(), connections);
    }
}

#[tokio::test]
async fn a_kept_connection_that_dies_is_replaced_once() {
    let pki = Pki::new();
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        peer.request().await;
        peer.say(NO_CONTENT.as_bytes()).await;
        peer.request().await;
    })
    .await;
    let client = client(&pki);
    for connections in 1..=3 {
        assert_eq!(post(&client, TENANT, &sink).await.unwrap().status, 204);
        assert_eq!(sink.connections(), connections);
    }
}

#[tokio::test]
async fn a_fresh_connection_that_dies_is_not_replaced() {
    let pki = Pki::new();
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        peer.request().await;
    })
    .await;
    let error = post(&client(&pki), TENANT, &sink).await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::ConnectionLost);
    assert!(error.may_have_been_processed());
    assert_eq!(sink.connections(), 1);
}

/// Answers with a permitted address first and a private one ever after.
struct Rebinding(AtomicBool);

impl Resolver for Rebinding {
    fn resolve<'a>(&'a self, _: &'a str) -> Lookup<'a> {
        let first = self.0.swap(false, Ordering::SeqCst);
        let answer = if first { LOCAL } else { "10.0.0.1".parse().unwrap() };
        Box::pin(std::future::ready(Ok(vec![answer])))
    }
}

#[tokio::test]
async fn a_rebound_name_is_refused_and_the_first_attempt_remembered() {
    let pki = Pki::new();
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        peer.request().await;
        peer.say(NO_CONTENT.as_bytes()).await;
        peer.request().await;
    })
    .await;
    let network = Network::new(policy(), Rebinding(AtomicBool::new(true)));
    let client = Client::new(network, &pki.trust()).unwrap();
    post(&client, TENANT, &sink).await.unwrap();
    let error = post(&client, TENANT, &sink).await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::AddressRefused);
    assert!(error.may_have_been_processed());
    assert_eq!(sink.connections(), 1);
}

#[tokio::test]
async fn a_switch_of_protocols_is_refused() {
    let pki = Pki::new();
    let response = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
    let sink = Sink::always(pki.server(HOST), response).await;
    let result = post(&client(&pki), TENANT, &sink).await;
    assert_eq!(kind(result), SendErrorKind::ProtocolError);
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let pki = Pki::new();
    let response = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
    let sink = Sink::always(pki.server(HOST), response).await;
    assert_eq!(post(&client(&pki), TENANT, &sink).await.unwrap().status, 204);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_asked_for_again() {
    let pki = Pki::new();
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        peer.request().await;
        peer.say(NO_CONTENT.as_bytes()).await;
        peer.request().await;
        peer.say(b"HTTP/1.1 20").await;
    })
    .await;
    let client = client(&pki);
    post(&client, TENANT, &sink).await.unwrap();
    assert_eq!(kind(post(&client, TENANT, &sink).await), SendErrorKind::ConnectionLost);
    assert_eq!(sink.connections(), 1);
}

#[tokio::test]
async fn an_answer_nobody_asked_for_is_never_taken() {
    let pki = Pki::new();
    let sink = Sink::start(pki.server(HOST), |mut peer| async move {
        while peer.request().await.is_some() {
            let answer = format!("HTTP/1.1 20{} OK\r\nContent-Length: 0\r\n\r\n", peer.number);
            let stray = "HTTP/1.1 299 Stray\r\nContent-Length: 0\r\n\r\n";
            peer.say(format!("{answer}{stray}").as_bytes()).await;
        }
    })
    .await;
    let client = client(&pki);
    for number in 0..3 {
        assert_eq!(post(&client, TENANT, &sink).await.unwrap().status, 200 + number);
    }
}

#[tokio::test]
async fn connection_close_is_obeyed() {
    let pki = Pki::new();
    let response = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
    let sink = Sink::always(pki.server(HOST), response).await;
    let client = client(&pki);
    for connections in 1..=2 {
        assert_eq!(post(&client, TENANT, &sink).await.unwrap().body, "ok");
        assert_eq!(sink.connections(), connections);
    }
}

#[tokio::test]
async fn tls_1_2_is_for_endpoints_approved_for_it() {
    let pki = Pki::new();
    let sink = Sink::always(pki.server_with(HOST, &[&TLS12]), NO_CONTENT).await;
    let client = client(&pki);
    let error = post(&client, TENANT, &sink).await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::TlsFailed);
    assert!(!error.may_have_been_processed());
    let target = target(&sink.url("/"));
    let outbound = Outbound { min_tls: MinTls::V1_2, ..Outbound::new(TENANT, Method::Post, &target, Bytes::new()) };
    assert_eq!(client.send(outbound).await.unwrap().status, 204);
}

#[tokio::test]
async fn certificates_of_others_are_refused() {
    let (pki, stranger) = (Pki::new(), Pki::new());
    let other_name = Sink::always(pki.server("other.test"), NO_CONTENT).await;
    let other_authority = Sink::always(stranger.server(HOST), NO_CONTENT).await;
    for sink in [other_name, other_authority] {
        let result = post(&client(&pki), TENANT, &sink).await;
        assert_eq!(kind(result), SendErrorKind::TlsFailed);
    }
}

#[tokio::test]
async fn framing_headers_and_oversized_requests_are_refused_before_any_look_up() {
    let client = Client::new(network([]), &Pki::new().trust()).unwrap();
    let target = target(&format!("https://{HOST}/"));
    let value = HeaderValue::from_static("x");
    let own = [header::HOST, header::TRANSFER_ENCODING, header::CONNECTION, header::EXPECT];
    let mut bad: Vec<Outbound<'_>> = own
        .into_iter()
        .map(|name| Outbound {
            headers: vec![(name, value.clone())],
            ..Outbound::new(TENANT, Method::Post, &target, Bytes::new())
        })
        .collect();
    bad.push(Outbound {
        headers: vec![(header::ACCEPT, value); 65],
        ..Outbound::new(TENANT, Method::Post, &target, Bytes::new())
    });
    let body = Bytes::from(vec![0; 8 * 1024 * 1024 + 1]);
    bad.push(Outbound::new(TENANT, Method::Post, &target, body));
    for outbound in bad {
        assert_eq!(kind(client.send(outbound).await), SendErrorKind::RequestRefused);
    }
}

#[tokio::test]
async fn one_endpoint_gets_at_most_32_connections() {
    let pki = Pki::new();
    let all_here = Arc::new(tokio::sync::Barrier::new(32));
    let sink = Sink::start(pki.server(HOST), move |mut peer| {
        let all_here = all_here.clone();
        async move {
            while peer.request().await.is_some() {
                all_here.wait().await;
                peer.say(NO_CONTENT.as_bytes()).await;
            }
        }
    })
    .await;
    let client = client(&pki);
    let calls = (0..64).map(|_| post(&client, TENANT, &sink));
    let calls: Vec<_> = calls.collect();
    for result in join_all(calls).await {
        assert_eq!(result.unwrap().status, 204);
    }
    assert_eq!(sink.connections(), 32);
}

/// Polls all futures to their ends on one task.
async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        for (future, output) in &mut running {
            if output.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(cx)
            {
                *output = Some(value);
            }
        }
        if running.iter().all(|(_, output)| output.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}
