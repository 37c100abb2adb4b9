//! What browsers and authenticators say, as it stands in requests and answers.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_seal::webauthn::Algorithm;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use crate::passkeys::model::{Answer, CreationOptions, RequestOptions};

/// Bytes as base64url without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base64(pub(crate) Vec<u8>);

/// The most bytes of one value: attestation objects are the longest.
const MOST: usize = 32 * 1024;

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() <= MOST);
        bytes.map(Self).ok_or_else(|| D::Error::custom("not_base64url"))
    }
}

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

impl JsonSchema for Base64 {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Base64Url".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_-]*$", "maxLength": 43_691 })
    }
}

/// A passkey that was made: parts of `RegistrationResponseJSON`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PasskeyRegistration")]
pub(crate) struct Registration {
    /// `response.clientDataJSON`
    pub(crate) client_data: Base64,
    /// `response.attestationObject`
    pub(crate) attestation: Base64,
}

/// A passkey that was used: parts of `AuthenticationResponseJSON`.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PasskeyAssertion")]
pub struct AssertionBody {
    /// `rawId`
    credential_id: Base64,
    /// `response.clientDataJSON`
    client_data: Base64,
    /// `response.authenticatorData`
    authenticator_data: Base64,
    /// `response.signature`
    signature: Base64,
    /// `response.userHandle`
    user_handle: Option<Base64>,
}

impl AssertionBody {
    /// As it is judged.
    pub fn answer(self) -> Answer {
        Answer {
            credential_id: self.credential_id.0,
            client_data: self.client_data.0,
            authenticator_data: self.authenticator_data.0,
            signature: self.signature.0,
            user_handle: self.user_handle.map(|handle| handle.0),
        }
    }
}

/// Well-formed, and nobody's.
pub(crate) fn example_registration() -> Value {
    json!({ "client_data": "e30", "attestation": "oA" })
}

/// Well-formed, and nobody's.
pub(crate) fn example_assertion() -> Value {
    json!({ "credential_id": "AAAA", "client_data": "e30", "authenticator_data": "AAAA", "signature": "AAAA" })
}

/// What a script gives to `navigator.credentials.create`, once its bytes are bytes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PasskeyCreationOptions")]
pub(crate) struct CreationView {
    challenge: Base64,
    rp_id: String,
    user_id: Base64,
    user_name: String,
    /// Numbers of COSE algorithms, the preferred one first.
    algorithms: Vec<i64>,
    exclude: Vec<Base64>,
    timeout_ms: u32,
}

/// What a script gives to `navigator.credentials.get`, once its bytes are bytes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PasskeyRequestOptions")]
pub struct RequestView {
    challenge: Base64,
    rp_id: String,
    allow: Vec<Base64>,
    timeout_ms: u32,
}

/// A little less than the challenge is good for.
const TIMEOUT_MS: u32 = 110_000;

impl From<CreationOptions> for CreationView {
    fn from(options: CreationOptions) -> Self {
        Self {
            challenge: Base64(options.challenge.to_vec()),
            rp_id: options.party,
            user_id: Base64(options.user.to_vec()),
            user_name: options.user_name,
            algorithms: Algorithm::ALL.map(Algorithm::number).into(),
            exclude: options.exclude.into_iter().map(Base64).collect(),
            timeout_ms: TIMEOUT_MS,
        }
    }
}

impl From<RequestOptions> for RequestView {
    fn from(options: RequestOptions) -> Self {
        Self {
            challenge: Base64(options.challenge),
            rp_id: options.party,
            allow: options.allow.into_iter().map(Base64).collect(),
            timeout_ms: TIMEOUT_MS,
        }
    }
}
