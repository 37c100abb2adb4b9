//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::{ServeConfig, Wire, linger, plain};
use crate::app::Response;

/// A head of 16 KiB and a URL of 4 KiB are refused by us, in words; hyper only has to hold them, and ends what is larger.
const READ_BUFFER: usize = 64 * 1024;
/// The first byte of a TLS record that holds a handshake (RFC 8446 §5.1).
const HANDSHAKE: u8 = 0x16;

pub(super) struct Connection {
    pub(super) wire: Wire,
    pub(super) config: ServeConfig,
    /// Whether it has brought a request.
    pub(super) begun: Arc<AtomicBool>,
    pub(super) stopped: watch::Receiver<bool>,
}

impl Connection {
    pub(super) async fn run<S>(self, stream: TcpStream, service: S)
    where
        S: Service<Request<Incoming>, Response = Response, Error = Infallible> + Send + Unpin,
        S::Future: Send + Unpin,
    {
        // Answers are small: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        match self.wire.clone() {
            Wire::PlainLoopback => self.http(stream, service).await,
            Wire::Tls(tls) => {
                if let Some(stream) = self.handshake(tls, stream).await {
                    self.http(stream, service).await;
                }
            }
        }
    }

    async fn handshake(
        &self,
        tls: Arc<ServerConfig>,
        stream: TcpStream,
    ) -> Option<tokio_rustls::server::TlsStream<TcpStream>> {
        let handshake = async {
            let mut first = [0];
            if stream.peek(&mut first).await.ok()? == 0 {
                return None;
            }
            if first[0] != HANDSHAKE {
                plain::refuse(stream).await;
                return None;
            }
            TlsAcceptor::from(tls).accept(stream).await.ok()
        };
        let mut stopped = self.stopped.clone();
        tokio::select! {
            done = tokio::time::timeout(self.config.handshake_timeout, handshake) => done.ok().flatten(),
            _ = stopped.wait_for(|stopped| *stopped) => None,
        }
    }

    async fn http<I, S>(mut self, stream: I, service: S)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send,
        S: Service<Request<Incoming>, Response = Response, Error = Infallible> + Send + Unpin,
        S::Future: Send + Unpin,
    {
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(self.config.idle_timeout).max_buf_size(READ_BUFFER);
        let mut connection = builder.serve_connection(TokioIo::new(stream), service);
        let stopped = tokio::select! {
            _ = poll_fn(|context| connection.poll_without_shutdown(context)) => false,
            () = silence(self.config.header_timeout, self.begun) => false,
            _ = self.stopped.wait_for(|stopped| *stopped) => true,
        };
        if stopped {
            Pin::new(&mut connection).graceful_shutdown();
            // A client that goes away is no news.
            let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
        }
        linger::close(connection.into_parts().io.into_inner()).await;
    }
}

/// Ready if nothing was asked in this time; never otherwise.
async fn silence(at_most: Duration, begun: Arc<AtomicBool>) {
    tokio::time::sleep(at_most).await;
    if begun.load(Ordering::Relaxed) {
        std::future::pending().await
    }
}
