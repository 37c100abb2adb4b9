//! `POST /v1/routes/{id}/promote`

use schemars::JsonSchema;
use sealpost_access::permissions::ROUTES_WRITE;
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Reply, post};
use serde::Deserialize;
use serde_json::json;

use super::view::RouteView;
use crate::routes::codes::{ROUTE_MOVED, ROUTE_VERSION_UNKNOWN};
use crate::routes::{Routes, service};

/// Which version, in place of which.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RoutePromotion")]
struct Body {
    /// What is to be in force.
    #[schemars(range(min = 1))]
    version: u32,
    /// What is in force now, as far as you know: refused if another one is by now.
    #[schemars(range(min = 1))]
    expected_version: u32,
}

pub(super) fn promote(routes: &Routes) -> Endpoint {
    let routes = routes.clone();
    post("/v1/routes/{id}/promote")
        .needs(ROUTES_WRITE)
        .class(Limit::Write)
        .acts("route.promote")
        .summary("Put a version of a route into force")
        .describe("An older version takes the route back to what it was.")
        .takes::<Body>()
        .answers::<RouteView>(200)
        .refuses(&[&ROUTE_MOVED, &ROUTE_VERSION_UNKNOWN])
        .example(json!({ "version": 1, "expected_version": 1 }))
        .to(move |call: Call<Body>| handle(routes.clone(), call))
}

async fn handle(routes: Routes, call: Call<Body>) -> Result<Reply, Failure> {
    let (id, ctx) = (call.id("id")?, call.ctx.clone());
    let Body { version, expected_version } = call.body;
    let reply = call
        .write(routes.store(), move |tx| {
            let promoted = service::promote(tx, id, version, expected_version)?;
            let reply = Reply::ok(&RouteView::of(&ctx, promoted.value()))?;
            Ok(promoted.map(|_| reply))
        })
        .await?;
    routes.changed(&call.ctx);
    Ok(reply)
}
