//! A TLS server that answers as the test says.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub(crate) struct Sink {
    pub(crate) port: u16,
    connections: Arc<AtomicUsize>,
}

/// One accepted connection.
pub(crate) struct Peer {
    stream: TlsStream<TcpStream>,
    unread: Vec<u8>,
    /// 0 for the first connection of the sink.
    pub(crate) number: usize,
}

impl Sink {
    /// Runs `talk` for every connection that completes its handshake.
    pub(crate) async fn start<F, Fut>(config: Arc<ServerConfig>, talk: F) -> Self
    where
        F: Fn(Peer) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = connections.clone();
        let talk = Arc::new(talk);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counter.fetch_add(1, Ordering::SeqCst);
                let (acceptor, talk) = (TlsAcceptor::from(config.clone()), talk.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let unread = Vec::new();
                        talk(Peer { stream, unread, number }).await;
                    }
                });
            }
        });
        Self { port, connections }
    }

    /// Answers every request on every connection with `response`.
    pub(crate) async fn always(config: Arc<ServerConfig>, response: &'static str) -> Self {
        Self::start(config, move |mut peer| async move {
            while peer.request().await.is_some() {
                peer.say(response.as_bytes()).await;
            }
        })
        .await
    }

    /// TCP connections accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{}:{}{path}", crate::support::HOST, self.port)
    }
}

impl Peer {
    /// The next request, head and body as text; `None` at the end of the connection.
    pub(crate) async fn request(&mut self) -> Option<String> {
        loop {
            if let Some(length) = request_length(&self.unread) {
                let request: Vec<u8> = self.unread.drain(..length).collect();
                return String::from_utf8(request).ok();
            }
            if self.stream.read_buf(&mut self.unread).await.ok()? == 0 {
                return None;
            }
        }
    }

    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        // A client that has read enough hangs up; that is its right.
        let _ = self.stream.write_all(bytes).await;
        let _ = self.stream.flush().await;
    }
}

fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).ok()?.to_ascii_lowercase();
    let body = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.trim().parse().unwrap());
    (bytes.len() >= head + body).then_some(head + body)
}
