//! `POST /v1/routes/{id}/versions`

use sealpost_access::permissions::ROUTES_WRITE;
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Reply, post};
use serde_json::json;

use super::body::VersionBody;
use super::view::VersionView;
use crate::routes::codes::{ROUTE_CHANNEL_UNSUITABLE, ROUTE_INVALID, ROUTE_MOVED};
use crate::routes::{Routes, service};

pub(super) fn publish(routes: &Routes) -> Endpoint {
    let routes = routes.clone();
    post("/v1/routes/{id}/versions")
        .needs(ROUTES_WRITE)
        .class(Limit::Write)
        .acts("route.publish")
        .summary("Add a version to a route")
        .describe("It is used from the next message on, unless `in_force` is `false`. Messages that are under way stay on theirs.")
        .takes::<VersionBody>()
        .answers::<VersionView>(201)
        .refuses(&[&ROUTE_INVALID, &ROUTE_CHANNEL_UNSUITABLE, &ROUTE_MOVED])
        .example(json!({
            "strategy": "weighted",
            "steps": [
                { "channel_id": "chn_01kf3b2y5xfh0r4c9v7t8m6e1s", "share": 90 },
                { "channel_id": "chn_01kf3b2y5xfh0r4c9v7t8m6e1t", "share": 10 },
            ],
            "in_force": false,
        }))
        .to(move |call: Call<VersionBody>| handle(routes.clone(), call))
}

async fn handle(routes: Routes, call: Call<VersionBody>) -> Result<Reply, Failure> {
    let (id, plan, in_force) = (call.id("id")?, call.body.plan(), call.body.in_force);
    let reply = call
        .write(routes.store(), move |tx| {
            let published = service::publish(tx, id, plan, in_force)?;
            let reply = Reply::json(201, &VersionView::from(published.value()))?;
            Ok(published.map(|_| reply))
        })
        .await?;
    routes.changed(&call.ctx);
    Ok(reply)
}
