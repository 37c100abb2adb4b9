//! `POST /v1/routes/{id}/versions`

use sealpost_access::permissions::ROUTES_WRITE;
use sealpost_govern::approvals;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Reply, post};
use serde_json::json;

use super::body::VersionBody;
use super::view::VersionView;
use crate::routes::codes::{ROUTE_CHANNEL_UNSUITABLE, ROUTE_INVALID, ROUTE_MOVED};
use crate::routes::{Routes, service};
use crate::versions::Published;

pub(super) fn publish(routes: &Routes) -> Endpoint {
    let routes = routes.clone();
    post("/v1/routes/{id}/versions")
        .needs(ROUTES_WRITE)
        .class(Limit::Write)
        .acts("route.publish")
        .summary("Add a version to a route")
        .describe(
            "It is used from the next message on, unless `in_force` is `false`. Messages that are under way stay on theirs. Where live \
             routes take an approval it is a draft until then, and the answer is `202` with what waits.",
        )
        .takes::<VersionBody>()
        .answers::<VersionView>(201)
        .also_answers(202, "application/json")
        .refuses(&[&ROUTE_INVALID, &ROUTE_CHANNEL_UNSUITABLE, &ROUTE_MOVED, &APPROVAL_PERSON_UNKNOWN])
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
    let keys = routes.store().keys().organisation(call.ctx.org.id).await?;
    let reply = call
        .write(routes.store(), move |tx| {
            let published = service::publish(tx, &keys, id, plan, in_force)?;
            let Published { version, waits } = &published.value().1;
            let reply = match waits {
                Some(approval) => approvals::accepted(approval)?,
                None => Reply::json(201, &VersionView::from(version))?,
            };
            Ok(published.map(|_| reply))
        })
        .await?;
    routes.changed(&call.ctx);
    Ok(reply)
}
