//! One authority for a run, and a certificate for `localhost` that the server, the bare server and the sink all show.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// Files in PEM.
#[derive(Clone)]
pub(crate) struct Certificates {
    pub(crate) authority: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Certificates {
    fn in_folder(folder: &Path) -> Self {
        let [authority, certificate, key] = ["ca.pem", "localhost.pem", "localhost.key"].map(|name| folder.join(name));
        Self { authority, certificate, key }
    }

    /// Makes them.
    pub(crate) fn make(folder: &Path) -> Result<Self> {
        let files = Self::in_folder(folder);
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let mut leaf = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = leaf.signed_by(&key, &authority)?;
        std::fs::write(&files.authority, authority.pem())?;
        std::fs::write(&files.certificate, leaf.pem())?;
        std::fs::write(&files.key, key.serialize_pem())?;
        Ok(files)
    }

    /// A client that trusts the authority, and speaks TLS 1.3 only.
    pub(crate) fn client(&self) -> Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.authority)?)?;
        let builder = ClientConfig::builder_with_protocol_versions(&[&rustls::version::TLS13]);
        Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
    }

    /// A server as Sealpost configures its own: TLS 1.3, HTTP/1.1 by ALPN.
    pub(crate) fn server(&self) -> Result<Arc<ServerConfig>> {
        let chain = CertificateDer::pem_file_iter(&self.certificate)?.collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_file(&self.key).context("the key just written")?;
        let builder = ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS13]);
        let mut config = builder.with_no_client_auth().with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Those that another process of the run has made in this folder.
    pub(crate) fn made_in(folder: &Path) -> Self {
        Self::in_folder(folder)
    }
}
