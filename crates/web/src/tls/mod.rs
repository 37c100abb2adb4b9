//! TLS 1.3 and nothing older, from certificate files that may change while the server runs.

mod certificates;
mod local;

pub use certificates::Certificates;
pub use local::{LocalAuthority, local_authority};

use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{NamedGroup, ServerConfig};

/// TLS can't be served as configured.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file could not be read or written.
    #[error("{path} can't be used", path = .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file holds no certificate, or no private key, in PEM.
    #[error("{path} holds no {what} in PEM form", path = .path.display())]
    Pem {
        /// Which.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
    },
    /// Certificate and key don't belong together, or are of a kind that can't be used.
    #[error("the certificate and its key can't be used")]
    Unusable(#[from] rustls::Error),
    /// A certificate could not be made.
    #[error("the local certificate could not be made")]
    Making(#[from] rcgen::Error),
}

/// TLS 1.3 with these certificates: RFC 8446's suites, the hybrid X25519MLKEM768 preferred (recorded traffic stays secret when
/// large quantum computers come), HTTP/1.1 by ALPN, no 0-RTT (it can be replayed).
pub fn server_config(certificates: Arc<Certificates>) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

fn provider() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    provider.kx_groups.sort_by_key(|group| group.name() != NamedGroup::X25519MLKEM768);
    provider
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hybrid_group_is_preferred() {
        assert_eq!(provider().kx_groups[0].name(), NamedGroup::X25519MLKEM768);
    }
}
