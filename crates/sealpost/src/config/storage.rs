//! `[storage]`

use figment::value::magic::RelativePathBuf;
use serde::{Deserialize, Serialize};

use super::SecretSource;

/// Where the data is: SQLite in a folder, or PostgreSQL.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StorageConfig {
    /// The data folder. With PostgreSQL it holds certificates of the local authority only.
    #[serde(serialize_with = "RelativePathBuf::serialize_original")]
    pub(crate) folder: RelativePathBuf,
    /// PostgreSQL instead of SQLite.
    pub(crate) postgres: Option<PostgresConfig>,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { folder: RelativePathBuf::from(std::path::PathBuf::from("sealpost-data")), postgres: None }
    }
}

/// Two databases: backups of the data must not contain the keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostgresConfig {
    /// The `postgres://` URL of the data; it holds a password, so it is a secret.
    pub(crate) data: SecretSource,
    /// The `postgres://` URL of the keys.
    pub(crate) keys: SecretSource,
    /// Connections that write, each with a thread: 1 to 64.
    #[serde(default = "writers")]
    pub(crate) writers: usize,
    /// Certificates in PEM trusted besides the public authorities.
    #[serde(default)]
    pub(crate) authorities: Vec<RelativePathBuf>,
}

impl PostgresConfig {
    /// These databases, with as many writers as unless said otherwise.
    pub(crate) fn new(data: SecretSource, keys: SecretSource, authorities: Vec<RelativePathBuf>) -> Self {
        Self { data, keys, writers: writers(), authorities }
    }
}

/// One commits while the other runs what has come meanwhile; more would only make the batches smaller.
fn writers() -> usize {
    2
}
