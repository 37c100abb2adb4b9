//! Mail to a relay (RFC 5321, RFC 3207, RFC 4954), never in clear over a network.
//!
//! The dialogue is our own: it is short, it keeps the connection that [`Network`] has judged, it drops what was
//! said in clear before STARTTLS (RFC 3207 §4.2), and it knows at every moment whether the relay may already
//! have taken the message, which decides between trying again and not knowing.

mod dialogue;
mod outcome;
mod relay;
mod reply;
mod session;

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use crate::Tenant;
use crate::client::TlsUnavailable;
use crate::elapsed::{Deadline, now};
use crate::mail::Mail;
use crate::network::Network;
use crate::pool::{Limits, Pool, Pooled};
use crate::tls::{MinTls, Trust};

use dialogue::Patience;
pub use outcome::{Deferral, Outcome, RelayFailure, Stage};
pub use relay::{Credentials, RelayError, Security, SmtpRelay};
pub use reply::{EnhancedStatus, Reply};
use session::{Interruption, Session};

/// How long each phase of the dialogue may take: connecting, TLS, each command, the message, its reply.
pub const DEFAULT_PHASE: Duration = Duration::from_secs(30);

/// Messages over one connection; relays dislike connections that never end.
const MAX_MESSAGES: u32 = 100;

const LIMITS: Limits = Limits { per_key: 8, total: 256, idle: Duration::from_secs(30), age: Duration::from_secs(300) };

type Key = (Tenant, Arc<SmtpRelay>);

/// Sends mail. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Mailer {
    network: Network,
    tls_1_2: Arc<ClientConfig>,
    tls_1_3: Arc<ClientConfig>,
    phase: Duration,
    pool: Pool<Key, Session>,
}

impl Mailer {
    /// A mailer on `network` (see [`crate::guard::Policy::strict_mail`]) that trusts `trust`.
    pub fn new(network: Network, trust: &Trust) -> Result<Self, TlsUnavailable> {
        let config = |min| trust.client_config(min).map(Arc::new).map_err(|_| TlsUnavailable);
        Ok(Self {
            network,
            tls_1_2: config(MinTls::V1_2)?,
            tls_1_3: config(MinTls::V1_3)?,
            phase: DEFAULT_PHASE,
            pool: Pool::new(LIMITS),
        })
    }

    /// Another limit per phase than [`DEFAULT_PHASE`].
    pub fn with_phase(mut self, phase: Duration) -> Self {
        self.phase = phase;
        self
    }

    /// Hands one message to `relay` on behalf of `tenant`.
    ///
    /// A kept connection that ends before the relay has heard of the message is replaced once by a fresh one.
    pub async fn send(&self, tenant: Tenant, relay: &Arc<SmtpRelay>, mail: &Mail) -> Outcome {
        self.send_within(tenant, relay, mail, None).await
    }

    /// The same, all phases together within `limit`. Time that is up before the end of the message is a
    /// [`RelayFailure::Timeout`], and the relay has certainly not taken it; afterwards it is [`Outcome::Unknown`].
    pub async fn send_within(
        &self,
        tenant: Tenant,
        relay: &Arc<SmtpRelay>,
        mail: &Mail,
        limit: Option<Duration>,
    ) -> Outcome {
        let patience = Patience { phase: self.phase, until: limit.map(Deadline::after) };
        let outcome = self.send_leased(&(tenant, relay.clone()), mail, patience).await;
        tracing::debug!(code = outcome.code(), "egress.mail_handed_over");
        outcome
    }

    async fn send_leased(&self, key: &Key, mail: &Mail, patience: Patience) -> Outcome {
        let lease = patience.within(async { self.pool.lease(key).await.ok_or(RelayFailure::Saturated) }).await;
        let Ok(_lease) = lease else {
            return RelayFailure::Saturated.into();
        };
        if let Some(kept) = self.pool.take(key) {
            match self.deliver(key, kept, mail, patience).await {
                Err(interruption) if interruption.is_stale_connection() => {}
                outcome => return outcome.unwrap_or_else(Outcome::from),
            }
        }
        match self.open(&key.1, patience).await {
            Ok(fresh) => self.deliver(key, fresh, mail, patience).await.unwrap_or_else(Outcome::from),
            Err(failure) => failure.into(),
        }
    }

    async fn open(&self, relay: &SmtpRelay, patience: Patience) -> Result<Pooled<Session>, RelayFailure> {
        let config = match relay.min_tls() {
            MinTls::V1_2 => &self.tls_1_2,
            MinTls::V1_3 => &self.tls_1_3,
        };
        Ok(Pooled { connection: Session::open(&self.network, relay, config, patience).await?, opened: now() })
    }

    /// One message; keeps the session if the dialogue is where it began.
    async fn deliver(
        &self,
        key: &Key,
        mut pooled: Pooled<Session>,
        mail: &Mail,
        patience: Patience,
    ) -> Result<Outcome, Interruption> {
        let outcome = pooled.connection.deliver(mail, patience).await?;
        if pooled.connection.is_reusable() {
            self.pool.put(key, pooled);
        } else {
            pooled.connection.quit().await;
        }
        Ok(outcome)
    }
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").field("network", &self.network).finish_non_exhaustive()
    }
}
