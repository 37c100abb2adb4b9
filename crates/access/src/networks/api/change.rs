//! `PUT /v1/settings/networks`

use schemars::JsonSchema;
use sealpost_store::Store;
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Cidrs, Class, Endpoint, Failure, IdempotencyKey, Reply, put};
use serde::Deserialize;
use serde_json::json;

use super::body;
use super::body::StandingView;
use crate::networks::codes::{NETWORKS_MOVED, OWN_ADDRESS_EXCLUDED};
use crate::networks::{Gate, Known, Lists, Outcome, service};
use crate::permissions::NETWORKS_MANAGE;

/// The lists that shall hold.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewNetworkPolicy")]
struct Body {
    /// From where members are admitted at all; from anywhere, if empty.
    dashboard: Cidrs,
    /// From where members do what administrators do, on top of that.
    admin: Cidrs,
    /// From where keys are admitted, on top of what each says itself.
    keys: Cidrs,
    /// The version this is decided on: if it isn't that any more, nothing changes. The `ETag` in `If-Match` says the same.
    version: Option<u32>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn route(house: &Store, gate: Gate) -> Endpoint {
    let house = house.clone();
    put("/v1/settings/networks")
        .needs(NETWORKS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("networks.change")
        .summary("Change from where whom is admitted")
        .describe(
            "In force for both environments within a second, on every node, also for streams that are open. Unless it is confirmed \
             within ten minutes, it undoes itself. Lists that don't admit the address they are asked for from are refused. Where lists that \
             let more in take an approval, the answer is `202` with what waits.",
        )
        .takes::<Body>()
        .example(json!({ "dashboard": ["192.0.2.0/24", "127.0.0.0/8"], "admin": ["127.0.0.0/8"], "keys": [] }))
        .answers::<StandingView>(200)
        .also_answers(202, "application/json")
        .refuses(&[&CHANGED_MEANWHILE, &NETWORKS_MOVED, &OWN_ADDRESS_EXCLUDED])
        .to(move |call: Call<Body>| handle(house.clone(), gate, call))
}

async fn handle(house: Store, gate: Gate, call: Call<Body>) -> Result<Reply, Failure> {
    let Body { dashboard, admin, keys, version, .. } = &call.body;
    let lists = Lists { dashboard: dashboard.clone(), admin: admin.clone(), keys: keys.clone() };
    let known = Known { version: *version, tags: call.header("if-match").map(str::to_owned) };
    let (peer, keys) = (call.peer(), house.keys().organisation(call.ctx.org.id).await?);
    call.write(&house, move |tx| {
        let decided = service::decide_from(tx, &keys, gate, lists, (peer, &known))?;
        let reply = match decided.value() {
            Outcome::InForce(standing) => body::answer(standing, tx.ctx().now())?,
            Outcome::Waits(asked) => asked.reply.clone(),
        };
        Ok(decided.map(|_| reply))
    })
    .await
}
