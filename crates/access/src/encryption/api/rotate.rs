//! `POST /v1/settings/encryption/rotate`

use schemars::JsonSchema;
use sealpost_store::Store;
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::encryption::codes::ENCRYPTION_TURNING;
use crate::encryption::service;
use crate::permissions::SECRETS_MANAGE;

/// Nothing but that it shall be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewEncryptionTurn")]
struct Body {
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

/// A turn has begun.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EncryptionTurnBegun")]
struct Begun {
    /// To which version of the organisation's key.
    version: u32,
    /// `turning`: it goes on in the background.
    state: &'static str,
}

pub(super) fn route(house: &Store) -> Endpoint {
    let house = house.clone();
    post("/v1/settings/encryption/rotate")
        .needs(SECRETS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("encryption.rotate")
        .summary("Turn the organisation's key to a new version")
        .describe(
            "Goes on in the background, beside everything else, and whatever is restarted meanwhile: keys of people and messages are \
             wrapped anew, secrets and settings sealed anew. The versions before are destroyed once nothing is under them, which is \
             when the answers that are kept for requests made twice have run out: after three days.",
        )
        .takes::<Body>()
        .example(json!({}))
        .answers::<Begun>(200)
        .refuses(&[&CHANGED_MEANWHILE, &ENCRYPTION_TURNING])
        .to(move |call: Call<Body>| handle(house.clone(), call))
}

async fn handle(house: Store, call: Call<Body>) -> Result<Reply, Failure> {
    let keys = house.keys().organisation(call.ctx.org.id).await?;
    let version = service::next_version(&house, &call.ctx).await?;
    let reply = Reply::ok(&Begun { version, state: "turning" })?;
    call.write(&house, move |tx| Ok(service::begin(tx, &keys, version)?.map(|()| reply))).await
}
