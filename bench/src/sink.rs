//! A receiver of webhooks that does as little as HTTP lets it: reads a request, counts it, answers 200.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// A running receiver.
pub(crate) struct Sink {
    pub(crate) port: u16,
    received: Arc<AtomicU64>,
}

impl Sink {
    pub(crate) async fn start(tls: Arc<ServerConfig>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let received = Arc::new(AtomicU64::new(0));
        let count = received.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, count) = (TlsAcceptor::from(tls.clone()), count.clone());
                // A sender that goes away in the middle is not this side's trouble.
                tokio::spawn(async move { receive(&acceptor, stream, &count).await.ok() });
            }
        });
        Ok(Self { port, received })
    }

    /// How many requests have been answered so far.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Waits until `wanted` requests have come; answers when the last one was seen.
    pub(crate) async fn wait_for(&self, wanted: u64, patience: Duration) -> Result<Instant> {
        let until = Instant::now() + patience;
        while self.received() < wanted {
            if Instant::now() > until {
                bail!("{} of {wanted} webhooks are still missing after {patience:?}", wanted - self.received());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(Instant::now())
    }
}

async fn receive(acceptor: &TlsAcceptor, stream: TcpStream, count: &AtomicU64) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = acceptor.accept(stream).await?;
    let mut buffer = Vec::with_capacity(16 * 1024);
    loop {
        while let Some((_, length)) = whole_request(&buffer) {
            buffer.drain(..length);
            count.fetch_add(1, Ordering::Relaxed);
            stream.write_all(ANSWER).await?;
            stream.flush().await?;
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}

/// How long the head of the first request in the buffer is, and all of it, once it is there.
pub(crate) fn whole_request(buffer: &[u8]) -> Option<(usize, usize)> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&buffer[..head]).ok()?;
    let length = text.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let whole = head + length.unwrap_or(0);
    (buffer.len() >= whole).then_some((head, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_counted_once_all_of_it_is_there() {
        let request = b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbodyPOST";
        assert_eq!(whole_request(request), Some((request.len() - 8, request.len() - 4)));
        assert_eq!(whole_request(&request[..request.len() - 5]), None);
    }
}
