//! The body of an answer: whole, or events as they come.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::{mpsc, oneshot};

/// An answer's body.
pub struct Outgoing(Kind);

enum Kind {
    Whole(Full<Bytes>),
    Events {
        events: mpsc::Receiver<Bytes>,
        /// Ready once the stream has to end: whoever listens isn't believed any more, or the server stops.
        end: oneshot::Receiver<()>,
    },
}

impl Outgoing {
    pub(crate) fn whole(body: Bytes) -> Self {
        Self(Kind::Whole(Full::new(body)))
    }

    pub(crate) fn events(events: mpsc::Receiver<Bytes>, end: oneshot::Receiver<()>) -> Self {
        Self(Kind::Events { events, end })
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.0 {
            Kind::Whole(body) => Pin::new(body).poll_frame(context),
            Kind::Events { events, end } => match Pin::new(end).poll(context) {
                Poll::Ready(_) => Poll::Ready(None),
                Poll::Pending => events.poll_recv(context).map(|event| event.map(|bytes| Ok(Frame::data(bytes)))),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(body) => body.is_end_stream(),
            Kind::Events { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(body) => body.size_hint(),
            Kind::Events { .. } => SizeHint::default(),
        }
    }
}
