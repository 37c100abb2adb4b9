//! HTTP/1.1 to addresses that were judged.
//!
//! A call takes a lease for its (tenant, origin, TLS floor, TLS terms), then an idle connection of exactly that key or
//! a new one through [`Network`]. Connections have no task of their own: the caller drives them while a
//! call is on, so nothing is handed between threads per request, and a call that is dropped takes its
//! connection with it.

mod connection;
mod error;
mod pace;
mod request;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use hyper::body::Bytes;
use rustls::ClientConfig;
use thiserror::Error;

use crate::Tenant;
use crate::elapsed::{Deadline, now};
use crate::network::Network;
use crate::pool::{Limits, Pool, Pooled};
use crate::target::Origin;
use crate::tls::{Authorities, Identity, MinTls, Terms, TermsError, Trust};

use connection::{Connection, Exchange};
pub use error::{SendError, SendErrorKind};
pub use request::{Method, OWN_HEADERS, Outbound};

/// Most bytes of a response body that are read, unless the call says otherwise.
pub const MAX_RESPONSE_BODY: usize = 64 * 1024;

/// Most bytes of a response head that are read.
pub const MAX_RESPONSE_HEAD: usize = 16 * 1024;

/// The total time of a call unless it says otherwise.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(20);

/// The one protocol we speak over TLS (RFC 7301).
pub(crate) const ALPN: &[u8] = b"http/1.1";

const LIMITS: Limits =
    Limits { per_key: 32, total: 1024, idle: Duration::from_secs(30), age: Duration::from_secs(300) };

/// Sends requests. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client {
    network: Network,
    trust: Trust,
    tls_1_2: Arc<ClientConfig>,
    tls_1_3: Arc<ClientConfig>,
    pool: Pool<Key, Connection>,
}

/// The TLS provider refuses its own protocol versions: a fault of the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the TLS library offers no usable protocol version")]
pub struct TlsUnavailable;

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code, 200 or above. Redirects are answers like any other: nothing follows them.
    pub status: u16,
    /// `retry-after`, `content-type`, `content-encoding`, `etag`, `date`, `location`; others are dropped.
    pub headers: HeaderMap,
    /// The body as sent, at most [`Outbound::most`] bytes, never decompressed.
    pub body: Bytes,
    /// Whether there was more body than that, or the rest came too slowly to be waited for.
    pub truncated: bool,
    /// From the start of the call to the end of the body.
    pub latency: Duration,
    /// The address that answered.
    pub peer: std::net::SocketAddr,
}

/// What may share a connection.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    tenant: Tenant,
    origin: Arc<Origin>,
    min_tls: MinTls,
    /// Whom we trust and who we are, where that is not what it is for everybody.
    terms: Option<[u8; 32]>,
}

impl Client {
    /// A client on `network` that trusts `trust`.
    pub fn new(network: Network, trust: &Trust) -> Result<Self, TlsUnavailable> {
        let config = |min| {
            let mut config = trust.client_config(min).map_err(|_| TlsUnavailable)?;
            config.alpn_protocols = vec![ALPN.to_vec()];
            Ok(Arc::new(config))
        };
        let (tls_1_2, tls_1_3) = (config(MinTls::V1_2)?, config(MinTls::V1_3)?);
        Ok(Self { network, trust: trust.clone(), tls_1_2, tls_1_3, pool: Pool::new(LIMITS) })
    }

    /// How to speak TLS with one receiver: see [`Terms`]. Public authorities are those this client trusts.
    pub fn terms(&self, authorities: Option<&Authorities>, identity: Option<&Identity>) -> Result<Terms, TermsError> {
        Terms::new(&self.trust, authorities, identity)
    }

    /// The network, e.g. to read targets under its policy.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Sends one request and reads one answer, within the deadline of `outbound`.
    ///
    /// A kept connection that turns out to be closed before the first byte of an answer is replaced once
    /// by a fresh one and the request repeated on it. The receiver may thus see a request twice: it
    /// recognises it by the delivery id that signed requests carry.
    pub async fn send(&self, outbound: Outbound<'_>) -> Result<Answer, SendError> {
        let started = now();
        let deadline = Deadline::after(outbound.deadline);
        let key = Key {
            tenant: outbound.tenant,
            origin: outbound.target.connection_origin().clone(),
            min_tls: outbound.min_tls,
            terms: outbound.terms.map(Terms::mark),
        };
        let result = match outbound.validate() {
            Ok(()) => self.send_leased(&key, &outbound, deadline).await,
            Err(error) => Err(error),
        };
        match result {
            Ok(exchange) => Ok(Answer {
                status: exchange.status,
                headers: exchange.headers,
                body: exchange.body,
                truncated: exchange.truncated,
                latency: now() - started,
                peer: exchange.peer,
            }),
            Err(error) => {
                error.record();
                Err(error)
            }
        }
    }

    async fn send_leased(&self, key: &Key, outbound: &Outbound<'_>, deadline: Deadline) -> Result<Exchange, SendError> {
        let Ok(Some(_lease)) = deadline.run(self.pool.lease(key)).await else {
            return Err(SendError::before_request(SendErrorKind::Saturated));
        };
        let mut written_before = false;
        while let Some(mut kept) = self.pool.take(key) {
            if !kept.connection.is_usable() {
                continue;
            }
            match self.exchange(key, kept, outbound, deadline).await {
                Err(error) if error.closed_before_answer => {
                    written_before = error.may_have_been_processed();
                    break;
                }
                outcome => return outcome,
            }
        }
        self.send_fresh(key, outbound, deadline).await.map_err(|error| error.with_earlier_attempt(written_before))
    }

    async fn send_fresh(&self, key: &Key, outbound: &Outbound<'_>, deadline: Deadline) -> Result<Exchange, SendError> {
        let fresh = self.open(key, outbound, deadline).await?;
        self.exchange(key, fresh, outbound, deadline).await
    }

    async fn open(
        &self,
        key: &Key,
        outbound: &Outbound<'_>,
        deadline: Deadline,
    ) -> Result<Pooled<Connection>, SendError> {
        let config = match (outbound.terms, key.min_tls) {
            (Some(terms), min) => terms.config(min),
            (None, MinTls::V1_2) => &self.tls_1_2,
            (None, MinTls::V1_3) => &self.tls_1_3,
        };
        Ok(Pooled { connection: Connection::open(&self.network, &key.origin, config, deadline).await?, opened: now() })
    }

    /// One request and its answer; keeps the connection if it can carry another.
    async fn exchange(
        &self,
        key: &Key,
        mut pooled: Pooled<Connection>,
        outbound: &Outbound<'_>,
        deadline: Deadline,
    ) -> Result<Exchange, SendError> {
        let request = outbound.to_request()?;
        let exchange = pooled.connection.exchange(request, (outbound.most, outbound.listen), deadline).await?;
        if exchange.reusable {
            self.pool.put(key, pooled);
        }
        Ok(exchange)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("network", &self.network).finish_non_exhaustive()
    }
}
