//! The listener: connections in, requests to the [`App`], a calm end.

mod connection;
mod keep_alive;
mod linger;
mod plain;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::app::{App, Response};
use connection::Connection;
use keep_alive::KeepAlive;

/// What travels on the wire.
#[derive(Clone)]
pub enum Wire {
    /// TLS 1.3; whoever speaks plain HTTP is told so and sent away.
    Tls(Arc<ServerConfig>),
    /// Plain HTTP. Only on a loopback address: [`serve`] refuses any other.
    PlainLoopback,
}

/// Caps of a listener.
#[derive(Clone, Copy, Debug)]
pub struct ServeConfig {
    /// Connections at once; more wait to be accepted.
    pub max_connections: usize,
    /// For a TLS handshake.
    pub handshake_timeout: Duration,
    /// For the headers of a connection's first request to arrive.
    pub header_timeout: Duration,
    /// For the headers of each later one: how long a connection may wait for its next request.
    pub idle_timeout: Duration,
    /// For requests in flight to be finished after the end was asked for.
    pub drain_timeout: Duration,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            idle_timeout: keep_alive::IDLE,
            drain_timeout: Duration::from_secs(20),
        }
    }
}

/// How a listener ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request that had begun was answered.
    Completely,
    /// Time ran out while some were still being served.
    Interrupted,
}

/// Serves the API on `listener` until `shutdown` is ready; then accepts nothing more and finishes what has begun.
pub async fn serve(
    listener: TcpListener,
    wire: Wire,
    app: App,
    config: ServeConfig,
    shutdown: impl Future<Output = ()>,
) -> io::Result<Drained> {
    if matches!(wire, Wire::PlainLoopback) && !listener.local_addr()?.ip().is_loopback() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "plain HTTP is served on loopback addresses only"));
    }
    let ending = app.clone();
    let serve = move |request: Request<Incoming>, peer: IpAddr| {
        let app = app.clone();
        async move { app.respond(request, peer).await }
    };
    let shutdown = async move {
        shutdown.await;
        // An answer that goes on would keep its connection open until nobody waits any longer.
        ending.end_streams();
    };
    Ok(run(listener, wire, config, serve, shutdown).await)
}

/// The accept loop, whatever is served.
pub(crate) async fn run<S, F>(
    listener: TcpListener,
    wire: Wire,
    config: ServeConfig,
    serve: S,
    shutdown: impl Future<Output = ()>,
) -> Drained
where
    S: Fn(Request<Incoming>, IpAddr) -> F + Clone + Send + Sync + Unpin + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let slots = Arc::new(Semaphore::new(config.max_connections));
    let keep_alive = KeepAlive::new(config.idle_timeout, slots.clone());
    let (stop, stopped) = watch::channel(false);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        let Some((stream, peer, slot)) = accepted else { continue };
        let begun = Arc::new(AtomicBool::new(false));
        let connection = Connection { wire: wire.clone(), config, begun: begun.clone(), stopped: stopped.clone() };
        let (serve, keep_alive) = (serve.clone(), keep_alive.clone());
        let service = hyper::service::service_fn(move |request| {
            begun.store(true, Ordering::Relaxed);
            let announcement = keep_alive.announcement(&request);
            let answer = serve(request, peer);
            Box::pin(async move {
                let mut answer = answer.await;
                announcement.write(answer.headers_mut());
                Ok::<_, Infallible>(answer)
            })
        });
        tokio::spawn(async move {
            connection.run(stream, service).await;
            drop(slot);
        });
    }
    drop(listener);
    // Nobody listens if no connection is open.
    let _ = stop.send(true);
    let all = u32::try_from(config.max_connections).unwrap_or(u32::MAX);
    match tokio::time::timeout(config.drain_timeout, slots.acquire_many(all)).await {
        Ok(_) => Drained::Completely,
        Err(_) => Drained::Interrupted,
    }
}

type Accepted = (tokio::net::TcpStream, IpAddr, tokio::sync::OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> Option<Accepted> {
    let slot = slots.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer.ip(), slot)),
        Err(error) => {
            // Out of descriptors, usually: wait for some to be closed instead of spinning.
            tracing::warn!(error = %error, "listener.accept_failed");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}
