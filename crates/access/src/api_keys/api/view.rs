//! How a key looks on the wire.

use schemars::JsonSchema;
use sealpost_store::{ApiKeyId, Environment, Time};
use serde::Serialize;

use super::fields::Kind;
use crate::api_keys::Cidr;
use crate::api_keys::model::{ApiKey, Issued, KeyMask, KeyState};
use crate::api_keys::rules;
use crate::permissions::PermissionNames;

/// An API key, without its text.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApiKey")]
pub(super) struct KeyView {
    id: ApiKeyId,
    name: String,
    kind: Kind,
    /// `test` or `live`: the environment it acts in.
    #[schemars(with = "String")]
    environment: Environment,
    /// The last four characters of its text.
    last4: String,
    /// What it may do.
    scopes: PermissionNames,
    /// How much of phone numbers it sees.
    mask_profile: KeyMask,
    /// Where it may be used from; anywhere, if empty.
    #[schemars(with = "Vec<String>")]
    cidrs: Vec<Cidr>,
    state: State,
    created_at: Time,
    /// When it ends by itself; for a rotated key, when the overlap ends.
    expires_at: Time,
    revoked_at: Option<Time>,
    /// The key that took over.
    successor: Option<ApiKeyId>,
    /// How often it was used, up to a few seconds ago.
    uses: u64,
    last_used_at: Option<Time>,
    /// Eight hexadecimal digits: the same for uses from one network (/24 or /48) on one day, and nothing more.
    last_used_network: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "KeyState")]
enum State {
    Active,
    Rotated,
    Expired,
    Revoked,
}

impl KeyView {
    pub(super) fn of(key: &ApiKey, now: Time) -> Self {
        Self {
            id: key.id,
            name: key.name.as_str().to_owned(),
            kind: key.kind.into(),
            environment: key.environment,
            last4: key.last4.clone(),
            scopes: PermissionNames(key.scopes),
            mask_profile: key.mask,
            cidrs: key.cidrs.as_slice().to_vec(),
            state: match rules::state(key, now) {
                KeyState::Active => State::Active,
                KeyState::Rotated { until, .. } if now < until => State::Rotated,
                KeyState::Rotated { .. } | KeyState::Expired { .. } => State::Expired,
                KeyState::Revoked { .. } => State::Revoked,
            },
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            successor: key.successor,
            uses: key.uses,
            last_used_at: key.last_use.map(|last| last.at),
            last_used_network: key.last_use.map(|last| last.network()),
        }
    }
}

/// An API key that was just made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewApiKey")]
pub(super) struct IssuedView<'a> {
    #[serde(flatten)]
    view: KeyView,
    /// Its text: shown now and never again. `null` if this answers a repeated request.
    key: Option<&'a str>,
}

impl<'a> IssuedView<'a> {
    /// With the text, for the one answer that shows it.
    pub(super) fn shown(issued: &'a Issued) -> Self {
        Self { view: KeyView::of(&issued.key, issued.key.created_at), key: Some(issued.plain.expose()) }
    }

    /// Without it, for a repeated request.
    pub(super) fn again(issued: &'a Issued) -> Self {
        Self { view: KeyView::of(&issued.key, issued.key.created_at), key: None }
    }
}
