//! `POST /v1/settings/networks/confirm`, `POST /v1/settings/networks/revert`

use schemars::JsonSchema;
use sealpost_store::Store;
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Reply, post};
use serde::Deserialize;
use serde_json::json;

use super::body::{self, StandingView};
use crate::networks::codes::{NETWORKS_MOVED, NETWORKS_NOT_PENDING, OWN_ADDRESS_EXCLUDED};
use crate::networks::{Known, service};
use crate::permissions::NETWORKS_MANAGE;

/// Which change is meant.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NetworkDecision")]
struct Body {
    /// The version that was looked at: if it isn't that any more, nothing happens. The `ETag` in `If-Match` says the same.
    version: Option<u32>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn confirm(house: &Store) -> Endpoint {
    let house = house.clone();
    post("/v1/settings/networks/confirm")
        .needs(NETWORKS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("networks.confirm")
        .summary("Let a change of the networks stay")
        .describe("Asked from an address that the change admits: that it can be asked at all is what it proves.")
        .takes::<Body>()
        .example(json!({}))
        .answers::<StandingView>(200)
        .refuses(&[&CHANGED_MEANWHILE, &NETWORKS_MOVED, &NETWORKS_NOT_PENDING, &OWN_ADDRESS_EXCLUDED])
        .to(move |call: Call<Body>| {
            let house = house.clone();
            async move {
                let (known, peer) = (known(&call), call.peer());
                let keys = house.keys().organisation(call.ctx.org.id).await?;
                answer(&house, &call, move |tx| service::confirm(tx, &keys, peer, &known)).await
            }
        })
}

pub(super) fn revert(house: &Store) -> Endpoint {
    let house = house.clone();
    post("/v1/settings/networks/revert")
        .needs(NETWORKS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("networks.revert")
        .summary("Take a change of the networks back")
        .takes::<Body>()
        .example(json!({}))
        .answers::<StandingView>(200)
        .refuses(&[&CHANGED_MEANWHILE, &NETWORKS_MOVED, &NETWORKS_NOT_PENDING])
        .to(move |call: Call<Body>| {
            let house = house.clone();
            async move {
                let known = known(&call);
                let keys = house.keys().organisation(call.ctx.org.id).await?;
                answer(&house, &call, move |tx| service::revert(tx, &keys, &known)).await
            }
        })
}

fn known(call: &Call<Body>) -> Known {
    Known { version: call.body.version, tags: call.header("if-match").map(str::to_owned) }
}

async fn answer(
    house: &Store,
    call: &Call<Body>,
    act: impl FnOnce(&mut sealpost_store::Tx<'_>) -> Result<sealpost_store::Recorded<crate::networks::Standing>, Failure>
    + Send
    + 'static,
) -> Result<Reply, Failure> {
    call.write(house, move |tx| {
        let settled = act(tx)?;
        let reply = body::answer(settled.value(), tx.ctx().now())?;
        Ok(settled.map(|_| reply))
    })
    .await
}
