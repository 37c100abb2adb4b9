//! What can be set, and where each value comes from.
//!
//! One precedence, lowest first: built-in defaults, the file (`sealpost.toml`), environment variables
//! (`SEALPOST_SERVER__BIND`: section, two underscores, key), flags. What isn't known is refused, and so is a secret written into
//! the file: secrets are named, as `{ file = "…" }` or `{ env = "…" }`, and read when they are needed.
//!
//! To add a setting: a field with its documentation in the file of its section, its default beside it. It then has a variable, a
//! line in `config check` and an error text by itself.

mod doors;
mod egress;
mod environment;
mod keys;
mod ledger;
mod load;
mod log;
mod problem;
mod report;
mod secret;
mod security_txt;
mod server;
mod siem;
mod storage;
mod telemetry;
#[cfg(test)]
mod tests;
mod tls;

use serde::{Deserialize, Serialize};

use sealpost_web::LimitsConfig;

pub(crate) use doors::DoorsConfig;
pub(crate) use egress::EgressConfig;
pub(crate) use environment::Environment;
pub(crate) use keys::{AwsKmsConfig, KeysConfig, VaultConfig};
pub(crate) use ledger::LedgerConfig;
pub(crate) use load::{Flags, Loaded, load};
pub(crate) use log::{LogConfig, LogFormat};
pub(crate) use problem::Problems;
pub(crate) use report::Setting;
pub(crate) use secret::{SecretError, SecretSource, read_file as read_secret_file};
pub(crate) use security_txt::SecurityTxtConfig;
pub(crate) use server::{PublicUrl, ServerConfig};
pub(crate) use siem::SiemConfig;
pub(crate) use storage::{PostgresConfig, StorageConfig};
pub(crate) use telemetry::TelemetryConfig;
pub(crate) use tls::TlsConfig;

/// Where the file is looked for unless said otherwise.
pub(crate) const DEFAULT_FILE: &str = "sealpost.toml";

/// Everything that can be set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Where Sealpost listens, and what it is called.
    pub(crate) server: ServerConfig,
    /// Certificates.
    pub(crate) tls: TlsConfig,
    /// Where the data is.
    pub(crate) storage: StorageConfig,
    /// Where the root key is.
    pub(crate) keys: KeysConfig,
    /// The audit ledger.
    pub(crate) ledger: LedgerConfig,
    /// Where the audit ledger is streamed to.
    pub(crate) siem: SiemConfig,
    /// What may be called.
    pub(crate) egress: EgressConfig,
    /// Rate limits.
    pub(crate) limits: LimitsConfig,
    /// What is logged, and how.
    pub(crate) log: LogConfig,
    /// Traces and metrics by OTLP.
    pub(crate) telemetry: TelemetryConfig,
    /// How to report a vulnerability (RFC 9116).
    pub(crate) security_txt: SecurityTxtConfig,
    /// Doors for clients of other systems.
    pub(crate) doors: DoorsConfig,
}

/// The sections, in the order of the file.
const SECTIONS: [&str; 12] = [
    "server",
    "tls",
    "storage",
    "keys",
    "ledger",
    "siem",
    "egress",
    "limits",
    "log",
    "telemetry",
    "security_txt",
    "doors",
];
