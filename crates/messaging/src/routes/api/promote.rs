//! `POST /v1/routes/{id}/promote`

use schemars::JsonSchema;
use sealpost_access::permissions::ROUTES_WRITE;
use sealpost_govern::approvals;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Reply, post};
use serde::Deserialize;
use serde_json::json;

use super::view::RouteView;
use crate::routes::codes::{ROUTE_MOVED, ROUTE_VERSION_UNKNOWN};
use crate::routes::{Routes, promotion};
use crate::versions::Promoted;

/// Which version, in place of which.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RoutePromotion")]
struct Body {
    /// What is to be in force.
    #[schemars(range(min = 1))]
    version: u32,
    /// What is in force now, as far as you know; 0: nothing. Refused if another one is by now.
    expected_version: u32,
}

pub(super) fn promote(routes: &Routes) -> Endpoint {
    let routes = routes.clone();
    post("/v1/routes/{id}/promote")
        .needs(ROUTES_WRITE)
        .class(Limit::Write)
        .acts("route.promote")
        .summary("Put a version of a route into force")
        .describe(
            "An older version takes the route back to what it was. In live, where routes take an approval, a version that was never in \
             force waits for one: then the answer is `202` with what waits.",
        )
        .takes::<Body>()
        .answers::<RouteView>(200)
        .also_answers(202, "application/json")
        .refuses(&[&ROUTE_MOVED, &ROUTE_VERSION_UNKNOWN, &APPROVAL_PERSON_UNKNOWN])
        .example(json!({ "version": 1, "expected_version": 1 }))
        .to(move |call: Call<Body>| handle(routes.clone(), call))
}

async fn handle(routes: Routes, call: Call<Body>) -> Result<Reply, Failure> {
    let (id, ctx) = (call.id("id")?, call.ctx.clone());
    let Body { version, expected_version } = call.body;
    let keys = routes.store().keys().organisation(ctx.org.id).await?;
    let reply = call
        .write(routes.store(), move |tx| {
            let promoted = promotion::promote(tx, &keys, id, version, expected_version)?;
            let reply = match promoted.value() {
                Promoted::Waits(approval) => approvals::accepted(approval)?,
                Promoted::InForce(route) => Reply::ok(&RouteView::of(&ctx, route))?,
            };
            Ok(promoted.map(|_| reply))
        })
        .await?;
    routes.changed(&call.ctx);
    Ok(reply)
}
