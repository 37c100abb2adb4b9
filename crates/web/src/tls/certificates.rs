//! Certificate and key from PEM files, read again when they change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::TlsError;

/// What is served now, and where it came from.
pub struct Certificates {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Current>,
}

struct Current {
    certified: Arc<CertifiedKey>,
    seen: Seen,
}

/// When the two files were last changed.
type Seen = (Option<SystemTime>, Option<SystemTime>);

impl Certificates {
    /// The chain in `certificate` (leaf first) and the private key in `key`, both PEM.
    pub fn load(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Arc<Self>, TlsError> {
        let (certificate, key) = (certificate.into(), key.into());
        let current = read(&certificate, &key)?;
        Ok(Arc::new(Self { certificate, key, current: RwLock::new(current) }))
    }

    /// Reads both files again. What was served before goes on being served if they can't be used.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = read(&self.certificate, &self.key)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Looks every few seconds whether the files have changed, and reads them again if so. Never ends.
    pub async fn watch(self: Arc<Self>, every: Duration) {
        let mut failed = None;
        loop {
            tokio::time::sleep(every).await;
            let now = seen(&self.certificate, &self.key);
            let served = self.current.read().unwrap_or_else(PoisonError::into_inner).seen;
            if now == served || failed == Some(now) {
                continue;
            }
            match self.reload() {
                Ok(()) => tracing::info!("tls.certificate_reloaded"),
                // Half-written, perhaps: said once, tried again at the next change.
                Err(error) => {
                    failed = Some(now);
                    tracing::error!(error = %error, "tls.certificate_unusable");
                }
            }
        }
    }
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).certified.clone())
    }
}

fn read(certificate: &Path, key: &Path) -> Result<Current, TlsError> {
    // The times first: a change while reading is seen as one afterwards.
    let seen = seen(certificate, key);
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(&file(certificate)?).collect::<Result<_, _>>().unwrap_or_default();
    if chain.is_empty() {
        return Err(TlsError::Pem { path: certificate.into(), what: "certificate" });
    }
    let private = PrivateKeyDer::from_pem_slice(&file(key)?)
        .map_err(|_| TlsError::Pem { path: key.into(), what: "private key" })?;
    let certified = CertifiedKey::new(chain, any_supported_type(&private)?);
    certified.keys_match()?;
    Ok(Current { certified: Arc::new(certified), seen })
}

fn seen(certificate: &Path, key: &Path) -> Seen {
    let changed = |path: &Path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    (changed(certificate), changed(key))
}

fn file(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::File { path: path.into(), source })
}
