//! `POST /v1/keys`

use schemars::JsonSchema;
use sealpost_seal::token::KeyKind;
use sealpost_store::Recorded;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, post};
use serde::Deserialize;
use serde_json::json;

use super::Api;
use super::fields::Kind;
use super::view::IssuedView;
use crate::api_keys::Cidrs;
use crate::api_keys::codes::{MASK_PROFILE_EXCEEDED, SCOPES_EMPTY, SCOPES_EXCEEDED, SCOPES_NOT_PUBLISHABLE};
use crate::api_keys::model::{Ceiling, Issued, KeyMask, KeyName, Lifetime, NewKey};
use crate::api_keys::service::{self, Making};
use crate::permissions::{KEYS_MANAGE, PermissionNames};

/// A key to be made, in the environment of the caller's own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewKeyBody {
    /// What people will call it.
    name: KeyName,
    kind: Kind,
    /// What it may do: at most what the caller may.
    #[serde(default)]
    scopes: PermissionNames,
    /// How much of phone numbers it sees: `full` hides them, `last4` and `first3_last4` show digits. At most what the caller sees;
    /// `full` unless said otherwise.
    #[serde(default)]
    mask_profile: KeyMask,
    /// After how many days it ends; 90 unless said otherwise.
    #[serde(default)]
    expires_in_days: Lifetime,
    /// Where it may be used from; anywhere, if absent.
    #[serde(default)]
    cidrs: Cidrs,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn route(api: Api) -> Endpoint {
    post("/v1/keys")
        .needs(KEYS_MANAGE)
        .step_up()
        .class(Class::Write)
        .acts("key.create")
        .summary("Create an API key")
        .describe("The key's text is in this answer and nowhere else. A repeated request with the same idempotency key answers without it.")
        .takes::<NewKeyBody>()
        .example(json!({ "name": "Shop backend", "kind": "secret", "scopes": ["messages:send"], "expires_in_days": 90 }))
        .answers::<IssuedView<'static>>(201)
        .refuses(&[&SCOPES_EXCEEDED, &SCOPES_NOT_PUBLISHABLE, &SCOPES_EMPTY, &MASK_PROFILE_EXCEEDED])
        .to(move |call| create(api.clone(), call))
}

async fn create(api: Api, call: Call<NewKeyBody>) -> Result<Reply, Failure> {
    let with = Making::ready(&api.house, &call.ctx).await?;
    let ceiling = Ceiling::of(&call.caller);
    let body = &call.body;
    let new = NewKey {
        name: body.name.clone(),
        kind: KeyKind::from(body.kind),
        scopes: body.scopes.0,
        mask: body.mask_profile,
        lifetime: body.expires_in_days,
        cidrs: body.cidrs.clone(),
    };
    call.write(&api.house, move |tx| show_once(service::create(tx, &with, ceiling, new)?)).await
}

/// The one answer that holds the key's text, and the one a repeated request gets.
pub(super) fn show_once(issued: Recorded<Issued>) -> Result<Recorded<Reply>, Failure> {
    let shown = issued.value();
    let path = format!("/v1/keys/{}", shown.key.id);
    let reply = Reply::secret_once(201, &IssuedView::shown(shown), &IssuedView::again(shown))?.location(&path);
    Ok(issued.map(|_| reply))
}
