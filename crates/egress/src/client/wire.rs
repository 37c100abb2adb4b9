//! The byte stream under HTTP, and whether it has been written to and has answered.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::stream::Stream;

/// What has passed over a [`Wire`] since the flags were last cleared.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    wrote: AtomicBool,
    read: AtomicBool,
}

impl Traffic {
    pub(super) fn clear(&self) {
        self.wrote.store(false, Ordering::Relaxed);
        self.read.store(false, Ordering::Relaxed);
    }

    pub(super) fn wrote(&self) -> bool {
        self.wrote.load(Ordering::Relaxed)
    }

    pub(super) fn read(&self) -> bool {
        self.read.load(Ordering::Relaxed)
    }
}

/// A connected stream that notes its traffic.
pub(super) struct Wire {
    stream: Stream,
    traffic: Arc<Traffic>,
}

impl Wire {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, traffic: Arc::default() }
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
        if buf.filled().len() > before {
            self.traffic.read.store(true, Ordering::Relaxed);
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
