//! `PUT /v1/settings/networks`

use schemars::JsonSchema;
use sealpost_store::Store;
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Cidrs, Class, Endpoint, Failure, IdempotencyKey, Reply, put};
use serde::Deserialize;
use serde_json::json;

use super::body::StandingView;
use crate::networks::codes::OWN_ADDRESS_EXCLUDED;
use crate::networks::{Lists, service};
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
    /// The version this is decided on: if it isn't that any more, nothing changes.
    version: Option<u32>,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

pub(super) fn route(house: &Store) -> Endpoint {
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
             within ten minutes, it undoes itself. Lists that don't admit the address they are asked for from are refused.",
        )
        .takes::<Body>()
        .example(json!({ "dashboard": ["192.0.2.0/24", "127.0.0.0/8"], "admin": ["127.0.0.0/8"], "keys": [] }))
        .answers::<StandingView>(200)
        .refuses(&[&CHANGED_MEANWHILE, &OWN_ADDRESS_EXCLUDED])
        .to(move |call: Call<Body>| handle(house.clone(), call))
}

async fn handle(house: Store, call: Call<Body>) -> Result<Reply, Failure> {
    let Body { dashboard, admin, keys, version, .. } = &call.body;
    let lists = Lists { dashboard: dashboard.clone(), admin: admin.clone(), keys: keys.clone() };
    let (version, peer, keys) = (*version, call.peer(), house.keys().organisation(call.ctx.org.id).await?);
    call.write(&house, move |tx| {
        let changed = service::change(tx, &keys, lists, peer, version)?;
        let reply = Reply::ok(&StandingView::of(changed.value(), tx.ctx().now()))?;
        Ok(changed.map(|_| reply))
    })
    .await
}
