//! How to reach the server.

use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::StoreError;

/// How to reach the server.
#[derive(Clone)]
pub(crate) struct Server {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
}

impl Server {
    /// From a `postgres://` URL. TLS as its `sslmode` says, certificates checked against the public roots and `roots`.
    pub(crate) fn new(url: &str, roots: &rustls::RootCertStore) -> Result<Self, StoreError> {
        let mut config: Config =
            url.parse().map_err(|_| StoreError::Unsuitable("the PostgreSQL URL can't be read".into()))?;
        config
            .application_name("sealpost")
            .connect_timeout(Duration::from_secs(5))
            .keepalives_idle(Duration::from_secs(30));
        let mut trusted = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        trusted.extend(roots.roots.iter().cloned());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| StoreError::Unsuitable("TLS can't be set up".into()))?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        Ok(Self { config, tls: MakeRustlsConnect::new(tls) })
    }

    pub(super) async fn connect(&self) -> Result<Client, StoreError> {
        let (client, connection) = self.config.connect(self.tls.clone()).await.map_err(not_connected)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(error = %error, "postgres.connection_lost");
            }
        });
        client.batch_execute(SETTINGS).await?;
        Ok(client)
    }
}

/// Statements are few, prepared and always of the same shape: planning each anew costs more than running it. All of them find their
/// rows by an index; a plan that was made while a table was small would go on reading all of it, however large it becomes.
const SETTINGS: &str = "set plan_cache_mode = force_generic_plan; set jit = off; \
    set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off";

/// Without a connection: a refusal of the server's is its answer, anything else means that there is none.
fn not_connected(error: tokio_postgres::Error) -> StoreError {
    if error.as_db_error().is_some() { StoreError::from(error) } else { StoreError::Unreachable(error) }
}
