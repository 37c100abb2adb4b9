//! `POST /v1/settings/encryption/turn-indexes`

use schemars::JsonSchema;
use sealpost_store::Store;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::encryption::service;
use crate::permissions::SECRETS_MANAGE;

/// Nothing but that it shall be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewIndexTurn")]
struct Body {
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

/// The keys of the blind indexes turn.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "IndexTurnBegun")]
struct Begun {
    /// `turning`: people are indexed anew in the background.
    state: &'static str,
}

pub(super) fn route(house: &Store) -> Endpoint {
    let house = house.clone();
    post("/v1/settings/encryption/turn-indexes")
        .needs(SECRETS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("index_key.turn")
        .summary("Turn the keys of the blind indexes now")
        .describe(
            "They turn with every month by themselves. People are indexed anew within the hour, and the key before is destroyed a day \
             after nobody is found under it: an index in an older backup tells nobody then who was there.",
        )
        .takes::<Body>()
        .example(json!({}))
        .answers::<Begun>(200)
        .to(move |call: Call<Body>| handle(house.clone(), call))
}

async fn handle(house: Store, call: Call<Body>) -> Result<Reply, Failure> {
    let reply = Reply::ok(&Begun { state: "turning" })?;
    let reply = call.write(&house, move |tx| Ok(service::turn_indexes(tx).map(|()| reply))).await?;
    // After it: a turn that nobody knows of must not be. Whoever hears of a failure asks again.
    house.keys().turn_indexes(call.ctx.org.id).await?;
    Ok(reply)
}
