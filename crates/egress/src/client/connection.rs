//! One HTTP/1.1 connection, driven by whoever uses it.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::Request;
use http::header::{self, HeaderMap, HeaderName};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio_rustls::TlsConnector;

use super::wire::{Traffic, Wire};
use super::{MAX_RESPONSE_HEAD, SendError, SendErrorKind};
use crate::elapsed::Deadline;
use crate::network::Network;
use crate::stream::Stream;
use crate::target::Origin;

/// How long one TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Response headers that reach the caller.
const KEPT_HEADERS: [HeaderName; 6] =
    [header::RETRY_AFTER, header::CONTENT_TYPE, header::CONTENT_ENCODING, header::ETAG, header::DATE, header::LOCATION];

/// hyper's half of the connection that does the reading and writing.
struct Driver {
    connection: http1::Connection<TokioIo<Wire>, Full<Bytes>>,
    ended: bool,
}

/// An open connection.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
    traffic: Arc<Traffic>,
    peer: SocketAddr,
}

/// An answer, and whether the connection is good for another.
pub(super) struct Exchange {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) truncated: bool,
    pub(super) peer: SocketAddr,
    pub(super) reusable: bool,
}

impl Connection {
    /// Dials `origin` and, for https, shakes hands under the original name.
    pub(super) async fn open(
        network: &Network,
        origin: &Origin,
        config: &Arc<ClientConfig>,
        deadline: Deadline,
    ) -> Result<Self, SendError> {
        let failed = SendError::before_request;
        let stream = deadline
            .run(network.dial(&origin.host, (origin.port, origin.agreed), !origin.tls))
            .await
            .map_err(|_| failed(SendErrorKind::Timeout))??;
        let peer = stream.peer_addr().map_err(|_| failed(SendErrorKind::ConnectFailed))?;
        let wire = if origin.tls {
            let handshake = TlsConnector::from(config.clone()).connect(origin.server_name.clone(), stream);
            let stream = deadline
                .run_phase(HANDSHAKE, handshake)
                .await
                .map_err(|_| failed(SendErrorKind::Timeout))?
                .map_err(|_| failed(SendErrorKind::TlsFailed))?;
            Wire::new(Stream::Tls(Box::new(stream)))
        } else {
            Wire::new(Stream::Plain(stream))
        };
        let traffic = wire.traffic();
        let (sender, connection) = http1::Builder::new()
            .max_header_size(MAX_RESPONSE_HEAD)
            .max_buf_size(MAX_RESPONSE_HEAD)
            .handshake(TokioIo::new(wire))
            .await
            .map_err(|_| failed(SendErrorKind::ConnectFailed))?;
        Ok(Self { sender, driver: Driver { connection, ended: false }, traffic, peer })
    }

    /// Whether an idle connection is still open, as far as what has arrived can tell.
    pub(super) fn is_usable(&mut self) -> bool {
        self.driver.poll_once();
        !self.driver.ended && self.sender.is_ready()
    }

    /// Sends `request` and reads the answer.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        (most, listen): (usize, Option<Duration>),
        deadline: Deadline,
    ) -> Result<Exchange, SendError> {
        self.traffic.begin();
        let outcome = deadline.run(self.request_and_answer(request, most, listen)).await;
        self.traffic.end();
        match outcome {
            // Final statuses only: nobody asked to switch protocols.
            Ok(Ok(exchange)) if exchange.status < 200 => Err(self.failed(SendErrorKind::ProtocolError)),
            Ok(Ok(exchange)) => Ok(exchange),
            Ok(Err(error)) => Err(self.failure(&error)),
            Err(_) => Err(self.failed(SendErrorKind::Timeout)),
        }
    }

    async fn request_and_answer(
        &mut self,
        request: Request<Full<Bytes>>,
        most: usize,
        listen: Option<Duration>,
    ) -> Result<Exchange, hyper::Error> {
        let peer = self.peer;
        let Self { sender, driver, traffic, .. } = self;
        let response = driver.run(sender.send_request(request)).await??;
        let (head, body) = response.into_parts();
        let (body, truncated) = match listen {
            Some(time) => {
                // Whoever is listened to may be silent for as long as it likes.
                traffic.end();
                driver.run(read_for(body, most, time)).await??
            }
            None => match driver.run(read_capped(body, most, traffic)).await {
                Ok(read) => read?,
                // The head says what the receiver thinks; the rest is not waited for.
                Err(_) if traffic.slow() => (Bytes::new(), true),
                Err(error) => return Err(error),
            },
        };
        // The connection becomes ready only when its driver has seen the end of the answer.
        driver.poll_once();
        Ok(Exchange {
            status: head.status.as_u16(),
            headers: keep(&head.headers),
            body,
            truncated,
            peer,
            reusable: !truncated && !driver.ended && sender.is_ready(),
        })
    }

    fn failed(&self, kind: SendErrorKind) -> SendError {
        if self.traffic.wrote() { SendError::after_request(kind) } else { SendError::before_request(kind) }
    }

    fn failure(&self, error: &hyper::Error) -> SendError {
        let kind = if self.traffic.slow() {
            SendErrorKind::Timeout
        } else if error.is_parse_too_large() {
            SendErrorKind::ResponseTooLarge
        } else if error.is_parse() {
            SendErrorKind::ProtocolError
        } else {
            SendErrorKind::ConnectionLost
        };
        let mut failure = self.failed(kind);
        failure.closed_before_answer = kind == SendErrorKind::ConnectionLost && !self.traffic.read();
        failure
    }
}

impl Driver {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        if self.ended {
            return Poll::Ready(Ok(()));
        }
        let outcome = Pin::new(&mut self.connection).poll(cx);
        self.ended = outcome.is_ready();
        outcome
    }

    /// Lets the connection take note of what has arrived, without waiting for more.
    fn poll_once(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        if let Poll::Ready(Err(error)) = self.poll(&mut cx) {
            tracing::trace!(closed = error.is_closed(), "egress.idle_connection_failed");
        }
    }

    /// Runs `work`, which waits on this connection, and the connection together.
    async fn run<T>(&mut self, work: impl Future<Output = T>) -> Result<T, hyper::Error> {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(Ok(done));
            }
            let connection = self.poll(cx);
            // What the connection has just done is usually what `work` was waiting for, even if it was the
            // connection's last deed.
            match (work.as_mut().poll(cx), connection) {
                (Poll::Ready(done), _) => Poll::Ready(Ok(done)),
                (Poll::Pending, Poll::Ready(Err(error))) => Poll::Ready(Err(error)),
                (Poll::Pending, _) => Poll::Pending,
            }
        })
        .await
    }
}

/// Reads at most so many bytes, and for as long as they keep coming; answers whether there was more.
async fn read_capped(mut body: Incoming, most: usize, traffic: &Traffic) -> Result<(Bytes, bool), hyper::Error> {
    if body.is_end_stream() {
        return Ok((Bytes::new(), false));
    }
    let mut first = Bytes::new();
    let mut read = Vec::new();
    let mut cut = false;
    while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(_) if traffic.slow() => {
                cut = true;
                break;
            }
            Err(error) => return Err(error),
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if first.is_empty() && read.is_empty() {
            first = data;
        } else {
            if read.is_empty() {
                read.extend_from_slice(&first);
            }
            read.extend_from_slice(&data);
        }
        if first.len().max(read.len()) > most {
            break;
        }
    }
    let mut bytes = if read.is_empty() { first } else { read.into() };
    let truncated = cut || bytes.len() > most;
    bytes.truncate(most);
    Ok((bytes, truncated))
}

/// Reads for so long, and at most so many bytes; what ends later was cut off.
async fn read_for(mut body: Incoming, most: usize, time: Duration) -> Result<(Bytes, bool), hyper::Error> {
    let (mut read, mut failed) = (Vec::new(), None);
    let reading = async {
        while read.len() <= most {
            match body.frame().await {
                Some(Ok(frame)) => read.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data)),
                Some(Err(error)) => return failed = Some(error),
                None => return,
            }
        }
    };
    let over = Deadline::after(time).run(reading).await.is_ok();
    if let Some(error) = failed {
        return Err(error);
    }
    let truncated = !over || read.len() > most;
    read.truncate(most);
    Ok((read.into(), truncated))
}

fn keep(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in &KEPT_HEADERS {
        if let Some(value) = headers.get(name) {
            kept.insert(name.clone(), value.clone());
        }
    }
    kept
}
