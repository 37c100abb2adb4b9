//! How encryption is shown: never a key.

use schemars::JsonSchema;
use sealpost_store::{SecretId, Time};
use serde::Serialize;
use serde_json::Value;

use crate::endpoints::encryption::model::Keys;
use crate::endpoints::encryption::service::Standing;

/// How an endpoint is encrypted for.
#[derive(Serialize, JsonSchema)]
pub(super) struct EncryptionView {
    /// How, or nothing if it isn't.
    encryption: Option<View>,
}

/// A way of encryption.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EndpointEncryptionView")]
struct View {
    /// By what.
    method: &'static str,
    /// Whether what it makes can be changed on the way without anybody noticing.
    legacy: bool,
    /// Which fields of `data`, as JSON pointers; the whole body if there are none.
    fields: Vec<String>,
    /// How an encrypted body is sent: `text` or `json`.
    request: &'static str,
    /// What an object with ciphertext calls it.
    member: String,
    /// Which stored secret.
    secret_id: Option<SecretId>,
    /// Which of its versions, if one was chosen; the newest otherwise.
    version: Option<u32>,
    /// How its text becomes the key.
    encoding: Option<&'static str>,
    /// The receiver's public key (JWK).
    public_key: Option<Value>,
    /// The key's id in what is encrypted now.
    key_id: Option<String>,
    /// Why nothing leaves: `key_form_wrong`, `key_length_wrong` or `key_kind_wrong`, since the secret got another value.
    unusable: Option<&'static str>,
    /// When this was decided.
    updated_at: Time,
}

impl From<Option<&Standing>> for EncryptionView {
    fn from(standing: Option<&Standing>) -> Self {
        Self { encryption: standing.map(View::from) }
    }
}

impl From<&Standing> for View {
    fn from(standing: &Standing) -> Self {
        let e = &standing.encryption;
        let (version, encoding, public_key) = match &e.keys {
            Keys::Shared(key) => (key.version, Some(key.form.name()), None),
            Keys::Recipient { public, .. } => (None, None, Some(public.to_jwk())),
        };
        Self {
            method: e.method.name(),
            legacy: e.method.is_legacy(),
            fields: e.scope.fields(),
            request: e.scope.shape().word(),
            member: e.member.as_str().to_owned(),
            secret_id: e.keys.secret(),
            version,
            encoding,
            public_key,
            key_id: standing.key.as_ref().ok().cloned(),
            unusable: standing.key.as_ref().err().copied(),
            updated_at: e.updated_at,
        }
    }
}
