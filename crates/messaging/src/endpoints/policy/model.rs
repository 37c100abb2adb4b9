//! What a policy is.

use sealpost_seal::signature::CustomSpec;
use sealpost_store::{EndpointId, SecretId, StoreError};
use serde::{Deserialize, Serialize};

use crate::endpoints::{encryption, transport};

/// The whole policy of an endpoint, in one form only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::endpoints) struct Policy {
    /// Whose.
    pub(in crate::endpoints) endpoint_id: EndpointId,
    /// Where it is.
    pub(in crate::endpoints) url: String,
    /// What it is for.
    pub(in crate::endpoints) description: String,
    /// Which events it hears of.
    pub(in crate::endpoints) events: Vec<String>,
    /// In which profiles what it hears is signed.
    pub(in crate::endpoints) profiles: Vec<String>,
    /// The profile of its own, as it was described.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::endpoints) custom: Option<serde_json::Value>,
    /// How it is called.
    pub(in crate::endpoints) transport: transport::Written,
    /// How it is encrypted for; nothing, if it hears in clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::endpoints) encryption: Option<encryption::Written>,
}

impl Policy {
    /// The profile of its own, as it was described.
    pub(super) fn custom(&self) -> Result<Option<CustomSpec>, StoreError> {
        let read = |value: &serde_json::Value| serde_json::from_value(value.clone());
        self.custom.as_ref().map(read).transpose().map_err(|_| StoreError::Column("definition".into()))
    }

    /// The stored secrets that are named in it.
    pub(super) fn secrets(&self) -> impl Iterator<Item = SecretId> {
        let encryption = self.encryption.as_ref().and_then(encryption::Written::secret);
        self.transport.secrets().chain(encryption)
    }
}
