//! `[tls]`

use figment::value::magic::RelativePathBuf;
use serde::{Deserialize, Serialize};

/// Certificates. Files are watched and read again when they change, and at SIGHUP.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TlsConfig {
    /// The chain in PEM, leaf first. Without it, a local authority in the data folder makes one for `localhost`.
    pub(crate) certificate: Option<RelativePathBuf>,
    /// The private key in PEM.
    pub(crate) key: Option<RelativePathBuf>,
}
