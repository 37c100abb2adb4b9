//! How endpoints are shown.

use schemars::JsonSchema;
use sealpost_store::{ApprovalId, EndpointId, SecretId, Time};
use serde::Serialize;

use crate::endpoints::model::{Endpoint, State};
use crate::endpoints::service::{Tried, TriedEncryption};
use crate::endpoints::signing::{ShownView, SignatureView};

/// An endpoint.
#[derive(Serialize, JsonSchema)]
pub(crate) struct EndpointView {
    /// Its id.
    id: EndpointId,
    /// Its name: what messages call it by.
    name: String,
    /// Where it is.
    url: String,
    /// What it is for.
    description: String,
    /// Which events it hears of.
    events: Vec<String>,
    /// How deliveries are signed.
    profiles: Vec<&'static str>,
    /// Whether it hears of messages that name no endpoint.
    default: bool,
    /// Those in which a receiver can't tell a delivery from its repetition: their time isn't signed.
    replayable_profiles: Vec<&'static str>,
    /// Whether there is one in which it can.
    replay_protected: bool,
    /// `pending`, `active`, `failing` or `disabled`.
    state: &'static str,
    /// Why it is disabled: `failing`, `gone` or `manual`.
    reason: Option<&'static str>,
    /// Which stored secret it signs with, if not with one of its own.
    secret_id: Option<SecretId>,
    /// The number of its policy: what decides what leaves for it, and how.
    version: u32,
    /// Whether others have agreed to it, where that takes an approval; until then it is not called.
    admitted: bool,
    /// When it was made.
    created_at: Time,
    /// When it was last changed.
    updated_at: Time,
}

impl From<&Endpoint> for EndpointView {
    fn from(e: &Endpoint) -> Self {
        let reason = match e.state {
            State::Disabled { reason, .. } => Some(reason),
            _ => None,
        };
        Self {
            id: e.id,
            name: e.name.clone(),
            url: e.url.clone(),
            description: e.description.clone(),
            events: e.events.patterns().to_vec(),
            profiles: e.profiles.names().to_vec(),
            default: e.is_default,
            replayable_profiles: e.replayable(),
            replay_protected: e.is_replay_protected(),
            state: e.state.word(),
            reason,
            secret_id: e.secret.stored(),
            version: e.version,
            admitted: e.is_admitted,
            created_at: e.created_at,
            updated_at: e.updated_at,
        }
    }
}

/// A new endpoint, with what is shown once.
#[derive(Serialize, JsonSchema)]
pub(super) struct CreatedView {
    /// The endpoint.
    #[serde(flatten)]
    pub(super) endpoint: EndpointView,
    /// The shared signing secret. Shown this once; absent where you brought it.
    pub(super) secret: Option<String>,
    /// The public key of the Ed25519 signatures.
    pub(super) public_key: String,
    /// Secrets that were made for single profiles. Shown this once.
    pub(super) profile_secrets: Vec<ShownView>,
    /// What waits for others, if they have to agree before it is called.
    pub(super) approval_id: Option<ApprovalId>,
}

/// A changed endpoint, with what is shown once.
#[derive(Serialize, JsonSchema)]
pub(super) struct ChangedView {
    /// The endpoint.
    #[serde(flatten)]
    pub(super) endpoint: EndpointView,
    /// Secrets that were made for single profiles. Shown this once.
    pub(super) profile_secrets: Vec<ShownView>,
}

/// What a ping or test came to.
#[derive(Serialize, JsonSchema)]
pub(in crate::endpoints) struct TriedView {
    /// Whether the receiver took it (2xx).
    pub(super) succeeded: bool,
    /// What it came to: `delivered` or `proved`; else `refused`, `record_missing`, `text_missing`, `timeout`, `tls_failed`, …
    pub(super) outcome: &'static str,
    /// The receiver's HTTP status.
    pub(super) status: Option<u16>,
    /// How long it took, in milliseconds.
    pub(super) latency_ms: Option<u64>,
    /// The exact bytes that were signed and sent; empty where nothing was.
    pub(super) body: String,
    /// What they are: `application/json`, unless the endpoint takes forms or is encrypted for.
    pub(super) content_type: &'static str,
    /// The headers that signed them.
    pub(super) headers: Vec<HeaderView>,
    /// Each signature: what it signs, by which key, and how to do it again.
    pub(super) signatures: Vec<SignatureView>,
    /// What of them was encrypted, if the endpoint is encrypted for.
    pub(super) encryption: Option<TriedEncryptionView>,
}

impl From<Tried> for TriedView {
    fn from(tried: Tried) -> Self {
        Self {
            succeeded: tried.succeeded,
            outcome: tried.outcome,
            status: tried.status,
            latency_ms: tried.latency_ms,
            body: String::from_utf8_lossy(&tried.body).into_owned(),
            content_type: tried.content_type,
            headers: tried.headers.into_iter().map(|(name, value)| HeaderView { name, value }).collect(),
            signatures: tried.signatures.iter().map(SignatureView::from).collect(),
            encryption: tried.encryption.map(Into::into),
        }
    }
}

/// What was sent, on both sides of its encryption.
#[derive(Serialize, JsonSchema)]
pub(super) struct TriedEncryptionView {
    /// By what.
    method: &'static str,
    /// The key's id.
    key_id: String,
    /// What the receiver reads once it is open.
    clear: String,
    /// How many fields are encrypted, where single ones are.
    fields: u32,
    /// How many are to be and aren't there.
    skipped: u32,
    /// What the answer was: `none`, `decrypted`, or `response_undecryptable` for everything else. Nothing if none came.
    answer: Option<&'static str>,
}

impl From<TriedEncryption> for TriedEncryptionView {
    fn from(tried: TriedEncryption) -> Self {
        Self {
            method: tried.method,
            key_id: tried.key_id,
            clear: String::from_utf8_lossy(&tried.clear).into_owned(),
            fields: tried.fields,
            skipped: tried.skipped,
            answer: tried.answer,
        }
    }
}

/// A header.
#[derive(Serialize, JsonSchema)]
pub(super) struct HeaderView {
    /// Its name.
    pub(super) name: String,
    /// Its value.
    pub(super) value: String,
}
