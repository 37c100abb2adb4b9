//! `[keys]`

use serde::{Deserialize, Serialize};

use super::SecretSource;
use super::egress::Block;

/// Where the root key is: the one secret outside the database.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct KeysConfig {
    /// 64 hexadecimal digits, which `sealpost init` makes; or a root key that a key service has sealed, which
    /// `sealpost keys wrap-root` makes.
    pub(crate) root: Option<SecretSource>,
    /// AWS KMS, if it keeps the root key.
    pub(crate) aws_kms: Option<AwsKmsConfig>,
    /// The transit engine of HashiCorp Vault or OpenBao, if it keeps the root key.
    pub(crate) vault: Option<VaultConfig>,
    /// Blocks in which the key service may be although they aren't public: `10.20.0.7/32`. They are opened for nothing else.
    pub(crate) allow: Vec<Block>,
    /// How long a start waits for a key service that can't be reached.
    pub(crate) patience_seconds: u64,
}

impl Default for KeysConfig {
    fn default() -> Self {
        Self { root: None, aws_kms: None, vault: None, allow: Vec::new(), patience_seconds: 60 }
    }
}

/// AWS KMS.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AwsKmsConfig {
    /// Such as `eu-central-1`.
    pub(crate) region: String,
    /// The key's ARN, id or alias: `alias/sealpost`.
    pub(crate) key: String,
    /// Another address than the region's own, such as that of a VPC endpoint: `https://vpce-….kms.eu-central-1.vpce.amazonaws.com`.
    pub(crate) endpoint: Option<String>,
    /// A shared credentials file. Without it the variables `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`
    /// count, or the file that `AWS_SHARED_CREDENTIALS_FILE` names.
    pub(crate) credentials: Option<SecretSource>,
    /// The profile in that file; `default` unless said otherwise.
    pub(crate) profile: Option<String>,
}

/// The transit engine of Vault or OpenBao.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VaultConfig {
    /// Where it is, by name: `https://vault.example.com:8200`, or `http://` on loopback, where an agent may listen.
    pub(crate) address: String,
    /// The name of the key: of a type that takes associated data, such as `aes256-gcm96`.
    pub(crate) key: String,
    /// A token that may `update` `<mount>/encrypt/<key>` and `<mount>/decrypt/<key>`.
    pub(crate) token: SecretSource,
    /// Where the engine is mounted.
    #[serde(default = "transit")]
    pub(crate) mount: String,
    /// The namespace, where there are any.
    #[serde(default)]
    pub(crate) namespace: Option<String>,
}

fn transit() -> String {
    "transit".into()
}

#[cfg(test)]
impl AwsKmsConfig {
    pub(crate) fn of(region: &str, key: &str) -> Self {
        Self { region: region.into(), key: key.into(), endpoint: None, credentials: None, profile: None }
    }
}
