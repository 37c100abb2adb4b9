//! The byte stream under HTTP: whether it has been written to and has answered, and whether the answer keeps coming.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::stream::Stream;

use super::pace::Pace;

/// What has passed over a [`Wire`] since the flags were last cleared.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    wrote: AtomicBool,
    read: AtomicBool,
    slow: AtomicBool,
    /// Which exchange is under way; 0 between two.
    exchange: AtomicU32,
    exchanges: AtomicU32,
}

impl Traffic {
    /// An exchange begins.
    pub(super) fn begin(&self) {
        self.wrote.store(false, Ordering::Relaxed);
        self.read.store(false, Ordering::Relaxed);
        let number = self.exchanges.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        self.exchange.store(number.max(1), Ordering::Relaxed);
    }

    /// It is over: nobody waits for bytes any more.
    pub(super) fn end(&self) {
        self.exchange.store(0, Ordering::Relaxed);
    }

    pub(super) fn wrote(&self) -> bool {
        self.wrote.load(Ordering::Relaxed)
    }

    pub(super) fn read(&self) -> bool {
        self.read.load(Ordering::Relaxed)
    }

    /// Whether an answer was given up because it came too slowly.
    pub(super) fn slow(&self) -> bool {
        self.slow.load(Ordering::Relaxed)
    }
}

/// A connected stream that notes its traffic.
pub(super) struct Wire {
    stream: Stream,
    traffic: Arc<Traffic>,
    pace: Pace,
}

impl Wire {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, traffic: Arc::default(), pace: Pace::new() }
    }

    pub(super) fn traffic(&self) -> Arc<Traffic> {
        self.traffic.clone()
    }

    /// Noted before the attempt: a write that fails half way has been written.
    fn about_to_write(&mut self) -> Pin<&mut Stream> {
        self.traffic.wrote.store(true, Ordering::Relaxed);
        Pin::new(&mut self.stream)
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buf);
        let exchange = self.traffic.exchange.load(Ordering::Relaxed);
        let came = buf.filled().len() - before;
        if came > 0 {
            self.traffic.read.store(true, Ordering::Relaxed);
            self.pace.took(exchange, came);
        }
        if outcome.is_pending() {
            ready!(self.pace.poll_too_slow(exchange, cx));
            self.traffic.slow.store(true, Ordering::Relaxed);
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        outcome
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.about_to_write().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.about_to_write().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
