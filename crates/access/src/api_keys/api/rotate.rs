//! `POST /v1/keys/{id}/rotate`

use schemars::JsonSchema;
use sealpost_store::ApiKeyId;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, post};
use serde::Deserialize;
use serde_json::json;

use super::Api;
use super::create::show_once;
use super::view::IssuedView;
use crate::api_keys::codes::{KEY_NOT_ACTIVE, MASK_PROFILE_EXCEEDED, SCOPES_EXCEEDED};
use crate::api_keys::model::Ceiling;
use crate::api_keys::service::{self, Making};
use crate::permissions::KEYS_MANAGE;
use crate::secrets::Overlap;

/// How to rotate a key.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// For how many more seconds the older key may be used: 0 to 604800 (7 days).
    overlap_seconds: Overlap,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn route(api: Api) -> Endpoint {
    post("/v1/keys/{id}/rotate")
        .needs(KEYS_MANAGE)
        .step_up()
        .class(Class::Write)
        .acts("key.rotate")
        .summary("Rotate an API key")
        .describe(
            "Makes a successor with the same name, scopes, mask profile and networks, and as long a life. Whoever rotates sees the \
             successor's text, so it must not be able to do or see more than they.",
        )
        .takes::<Rotation>()
        .example(json!({ "overlap_seconds": 86_400 }))
        .answers::<IssuedView<'static>>(201)
        .refuses(&[&KEY_NOT_ACTIVE, &SCOPES_EXCEEDED, &MASK_PROFILE_EXCEEDED])
        .to(move |call| rotate(api.clone(), call))
}

async fn rotate(api: Api, call: Call<Rotation>) -> Result<Reply, Failure> {
    let id: ApiKeyId = call.id("id")?;
    let with = Making::ready(&api.house, &call.ctx).await?;
    let (ceiling, overlap) = (Ceiling::of(&call.caller), call.body.overlap_seconds);
    let reply = call.write(&api.house, move |tx| show_once(service::rotate(tx, &with, ceiling, id, overlap)?)).await?;
    api.forget(id);
    Ok(reply)
}
