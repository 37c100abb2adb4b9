//! Connections in, judged requests out.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::heard::hear;
use super::{Heard, Knows};

/// The largest event.
const LARGEST: usize = 1024 * 1024;
/// Connections at once.
const CONNECTIONS: usize = 64;
/// For a handshake, and for headers to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// Accepts until it is dropped.
pub(super) async fn run(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    knows: Knows,
    tell: mpsc::UnboundedSender<Heard>,
) {
    let (acceptor, slots) = (TlsAcceptor::from(tls), Arc::new(Semaphore::new(CONNECTIONS)));
    // They end with the listener: a sender must not be heard over a connection that it kept.
    let mut connections = JoinSet::new();
    while let Ok(slot) = slots.clone().acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (acceptor, knows, tell) = (acceptor.clone(), knows.clone(), tell.clone());
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            connection(stream, acceptor, knows, tell).await;
            drop(slot);
        });
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, knows: Knows, tell: mpsc::UnboundedSender<Heard>) {
    let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await else { return };
    let service = service_fn(move |request| {
        let (knows, tell) = (knows.clone(), tell.clone());
        async move { Ok::<_, Infallible>(answer(request, &knows, &tell).await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    // A sender that goes away is no news.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    knows: &Knows,
    tell: &mpsc::UnboundedSender<Heard>,
) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST {
        return empty(StatusCode::METHOD_NOT_ALLOWED);
    }
    let Ok(body) = Limited::new(body, LARGEST).collect().await else { return empty(StatusCode::PAYLOAD_TOO_LARGE) };
    let (status, heard) = hear(knows, &parts.headers, body.to_bytes()).await;
    let _ = tell.send(heard);
    empty(status)
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
