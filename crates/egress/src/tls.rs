//! How we speak TLS to others.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sealpost_seal::SecretText;
use sealpost_seal::key::sha256;
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
        config(self.roots.clone(), min, None)
    }
}

fn config(roots: Arc<RootCertStore>, min: MinTls, identity: Option<&Identity>) -> Result<ClientConfig, rustls::Error> {
    let versions: &[_] = match min {
        MinTls::V1_2 => &[&TLS13, &TLS12],
        MinTls::V1_3 => &[&TLS13],
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)?
        .with_root_certificates(roots);
    let mut config = match identity {
        // Refuses a key that isn't the certificate's.
        Some(identity) => builder.with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())?,
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Most certificates in one text.
const MOST_CERTIFICATES: usize = 16;

/// Certificates as people hand them over: PEM (RFC 7468), read once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificates(Vec<CertificateDer<'static>>);

/// Why a receiver's own TLS can't be spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TermsError {
    /// Not one to sixteen certificates in PEM form.
    #[error("not certificates in PEM form")]
    Certificates,
    /// Not a private key in PEM form.
    #[error("not a private key in PEM form")]
    Key,
    /// The key is not the one the certificate speaks of, or of a kind we can't sign with.
    #[error("the key doesn't belong to the certificate")]
    Mismatch,
    /// A certificate can't be an authority.
    #[error("a certificate can't be trusted as an authority")]
    Authority,
}

impl Certificates {
    /// Reads 1 to 16 certificates; whatever else stands in the text is passed over.
    pub fn parse(pem: &str) -> Result<Self, TermsError> {
        let all: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
            .take(MOST_CERTIFICATES + 1)
            .collect::<Result<_, _>>()
            .map_err(|_| TermsError::Certificates)?;
        if all.is_empty() || all.len() > MOST_CERTIFICATES {
            return Err(TermsError::Certificates);
        }
        Ok(Self(all))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// SHA-256 of the first one, as certificates are told apart (RFC 4387 §2.2).
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256(&[self.0.first().map_or(&[], |first| first.as_ref())])
    }
}

/// Who we are to a receiver that asks for a certificate: a chain and the key of its first certificate. Has no `Debug`: it holds a key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// The chain with its key in PEM form (PKCS#8, PKCS#1 or SEC1), which must belong together.
    pub fn new(chain: Certificates, key: &SecretText) -> Result<Self, TermsError> {
        let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|_| TermsError::Key)?;
        let identity = Self { chain: chain.0, key };
        config(Arc::new(RootCertStore::empty()), MinTls::V1_3, Some(&identity)).map_err(|_| TermsError::Mismatch)?;
        Ok(identity)
    }
}

/// Whose certificates a receiver may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorities {
    /// Those everybody trusts, and these.
    Besides(Certificates),
    /// These alone.
    Only(Certificates),
}

/// How TLS is spoken with one receiver where that differs from how it is spoken with everybody. Cheap to clone.
///
/// Connections are shared only between calls on equal terms: what a receiver trusts in a client's certificate must not be had by
/// whoever else calls the same host, and who is believed there by one must not be believed by another.
#[derive(Clone)]
pub struct Terms {
    tls_1_2: Arc<ClientConfig>,
    tls_1_3: Arc<ClientConfig>,
    mark: [u8; 32],
}

impl Terms {
    /// Showing `identity` if asked for one, and believing `authorities`; where there are none, whom `trust` believes.
    pub fn new(
        trust: &Trust,
        authorities: Option<&Authorities>,
        identity: Option<&Identity>,
    ) -> Result<Self, TermsError> {
        let (tag, extra): (&[u8], &[_]) = match authorities {
            None => (b"public", &[]),
            Some(Authorities::Besides(these)) => (b"besides", &these.0),
            Some(Authorities::Only(these)) => (b"only", &these.0),
        };
        let mut roots = match authorities {
            Some(Authorities::Only(_)) => RootCertStore::empty(),
            _ => (*trust.roots).clone(),
        };
        for authority in extra {
            roots.add(authority.clone()).map_err(|_| TermsError::Authority)?;
        }
        let roots = Arc::new(roots);
        let speak = |min| {
            let mut config = config(roots.clone(), min, identity).map_err(|_| TermsError::Mismatch)?;
            config.alpn_protocols = vec![crate::client::ALPN.to_vec()];
            Ok(Arc::new(config))
        };
        let chain: &[_] = identity.map_or(&[], |identity| &identity.chain);
        Ok(Self { tls_1_2: speak(MinTls::V1_2)?, tls_1_3: speak(MinTls::V1_3)?, mark: mark(tag, extra, chain) })
    }

    pub(crate) fn config(&self, min: MinTls) -> &Arc<ClientConfig> {
        match min {
            MinTls::V1_2 => &self.tls_1_2,
            MinTls::V1_3 => &self.tls_1_3,
        }
    }

    pub(crate) fn mark(&self) -> [u8; 32] {
        self.mark
    }
}

/// What tells terms apart. A certificate names its key, so that needn't be in it.
fn mark(tag: &[u8], authorities: &[CertificateDer<'_>], chain: &[CertificateDer<'_>]) -> [u8; 32] {
    let digests = |all: &[CertificateDer<'_>]| all.iter().flat_map(|one| sha256(&[one.as_ref()])).collect::<Vec<u8>>();
    sha256(&[&sha256(&[tag]), &sha256(&[&digests(authorities)]), &sha256(&[&digests(chain)])])
}

impl std::fmt::Debug for Terms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terms").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").field("roots", &self.roots.len()).finish()
    }
}
