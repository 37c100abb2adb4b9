//! Whom we trust besides the public authorities.

use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sealpost_egress::tls::Trust;

/// The certificates in these PEM files.
pub(crate) fn certificates<P: AsRef<Path>>(
    paths: impl IntoIterator<Item = P>,
) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let mut all = Vec::new();
    for path in paths {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
        let found: Vec<_> = CertificateDer::pem_slice_iter(&bytes).collect::<Result<_, _>>().unwrap_or_default();
        anyhow::ensure!(!found.is_empty(), "{} holds no certificate in PEM form", path.display());
        all.extend(found);
    }
    Ok(all)
}

/// The public authorities and those in these PEM files.
pub(crate) fn of_files<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> anyhow::Result<Trust> {
    Ok(Trust::new(certificates(paths)?)?)
}
