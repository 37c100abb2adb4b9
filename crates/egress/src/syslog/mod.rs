//! Syslog to a collector: messages as RFC 5424 writes them, over TLS as RFC 5425 frames them.
//!
//! Syslog has no acknowledgement: what was written may never have been read. The one thing a collector says is that it closes,
//! and it must once we have (RFC 5425 §4.4). [`Session::finish`] uses that: it closes our half and takes the collector's orderly
//! end as the proof that everything before it was read. A sender that must not lose anything keeps what it sent until then.

mod collector;
mod message;
mod session;

use std::sync::Arc;

use rustls::ClientConfig;
use thiserror::Error;

use crate::client::TlsUnavailable;
use crate::network::{DialError, Network};
use crate::tls::{MinTls, Trust};

pub use collector::{Collector, CollectorError};
pub use message::{Facility, Message, Severity};
pub use session::Session;

/// A collector and how to reach it. Cheap to clone.
#[derive(Clone)]
pub struct Syslog {
    network: Network,
    tls: Arc<ClientConfig>,
    collector: Arc<Collector>,
}

/// The collector did not get everything, or it is not known that it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SyslogError {
    /// There is no connection.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// No TLS session: wrong certificate, unknown authority, protocol version too old.
    #[error("the TLS handshake failed")]
    Tls,
    /// The collector hung up, or the connection broke.
    #[error("the connection was lost")]
    Lost,
    /// The collector did not read, or did not close, in time.
    #[error("the collector did not answer in time")]
    Timeout,
}

impl Syslog {
    /// Reaches `collector` through `network` with the authorities in `trust`. TLS 1.2 is the floor, as in RFC 9662 §5.
    pub fn new(network: Network, trust: &Trust, collector: Collector) -> Result<Self, TlsUnavailable> {
        let tls = trust.client_config(MinTls::V1_2).map_err(|_| TlsUnavailable)?;
        Ok(Self { network, tls: Arc::new(tls), collector: Arc::new(collector) })
    }

    /// Connects.
    pub async fn open(&self) -> Result<Session, SyslogError> {
        Session::open(&self.network, &self.tls, &self.collector).await
    }
}

impl std::fmt::Debug for Syslog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Syslog").field("collector", &self.collector).finish_non_exhaustive()
    }
}
