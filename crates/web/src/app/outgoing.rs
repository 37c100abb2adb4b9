//! The body of an answer: whole, or events as they come.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::{mpsc, oneshot};

use super::withheld::Guard;

/// An answer's body.
pub struct Outgoing(Kind);

enum Kind {
    Whole(Full<Bytes>),
    Events {
        events: mpsc::Receiver<Bytes>,
        /// Ready once the stream has to end: whoever listens isn't believed any more, or the server stops.
        end: oneshot::Receiver<()>,
        guard: Guard,
        /// Told if something had to be kept back; the stream is over then.
        caught: Option<oneshot::Sender<()>>,
    },
}

impl Outgoing {
    pub(crate) fn whole(body: Bytes) -> Self {
        Self(Kind::Whole(Full::new(body)))
    }

    pub(crate) fn events(
        events: mpsc::Receiver<Bytes>,
        end: oneshot::Receiver<()>,
        (guard, caught): (Guard, oneshot::Sender<()>),
    ) -> Self {
        Self(Kind::Events { events, end, guard, caught: Some(caught) })
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
            Kind::Events { caught: None, .. } => Poll::Ready(None),
            Kind::Events { events, end, guard, caught } => match Pin::new(end).poll(context) {
                Poll::Ready(_) => Poll::Ready(None),
                Poll::Pending => match events.poll_recv(context) {
                    Poll::Ready(Some(bytes)) if !guard.admits(&bytes) => {
                        let _ = caught.take().map(|caught| caught.send(()));
                        events.close();
                        Poll::Ready(None)
                    }
                    event => event.map(|event| event.map(|bytes| Ok(Frame::data(bytes)))),
                },
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
