//! `[keys]`

use serde::{Deserialize, Serialize};

use super::SecretSource;

/// Where the root key is: the one secret outside the database.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct KeysConfig {
    /// 64 hexadecimal digits. `sealpost init` makes one.
    pub(crate) root: Option<SecretSource>,
}
