//! How we speak TLS to others.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use thiserror::Error;

/// The oldest TLS version accepted from a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MinTls {
    /// TLS 1.2, for endpoints that were approved for it.
    V1_2,
    /// TLS 1.3.
    #[default]
    V1_3,
}

/// Whom we trust: the Mozilla roots and the operator's own authorities.
#[derive(Clone)]
pub struct Trust {
    roots: Arc<RootCertStore>,
}

/// Why a trust store could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TrustError {
    /// A certificate of an extra authority is not valid X.509.
    #[error("an extra certificate authority is not a valid certificate")]
    Certificate,
}

impl Trust {
    /// The Mozilla roots and `extra` authorities (DER), e.g. of a company's own PKI.
    pub fn new<'a>(extra: impl IntoIterator<Item = CertificateDer<'a>>) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        for authority in extra {
            roots.add(authority.into_owned()).map_err(|_| TrustError::Certificate)?;
        }
        Ok(Self { roots: Arc::new(roots) })
    }

    /// A client configuration without ALPN.
    ///
    /// Session resumption is off: a ticket of one organisation's connection would be offered on
    /// another's, and kept connections make it needless.
    pub(crate) fn client_config(&self, min: MinTls) -> Result<ClientConfig, rustls::Error> {
        let versions: &[_] = match min {
            MinTls::V1_2 => &[&TLS13, &TLS12],
            MinTls::V1_3 => &[&TLS13],
        };
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)?
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").field("roots", &self.roots.len()).finish()
    }
}
