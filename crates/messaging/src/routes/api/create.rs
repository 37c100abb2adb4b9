//! `POST /v1/routes`

use sealpost_access::permissions::ROUTES_WRITE;
use sealpost_govern::approvals;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Reply, post};
use serde_json::json;

use super::body::NewBody;
use super::view::{FullView, RouteView};
use crate::routes::codes::{ROUTE_CHANNEL_UNSUITABLE, ROUTE_EXISTS, ROUTE_INVALID};
use crate::routes::{NewRoute, Routes, service};
use crate::versions::Published;

pub(super) fn create(routes: &Routes) -> Endpoint {
    let routes = routes.clone();
    post("/v1/routes")
        .needs(ROUTES_WRITE)
        .class(Limit::Write)
        .acts("route.create")
        .summary("Create a route with its first version, which is in force")
        .describe("Where live routes take an approval nothing is in force until then, and the answer is `202` with what waits.")
        .takes::<NewBody>()
        .answers::<FullView>(201)
        .also_answers(202, "application/json")
        .refuses(&[&ROUTE_EXISTS, &ROUTE_INVALID, &ROUTE_CHANNEL_UNSUITABLE, &APPROVAL_PERSON_UNKNOWN])
        .example(json!({
            "name": "codes", "strategy": "fail_over", "on_unknown": "next",
            "steps": [
                { "channel_id": "chn_01kf3b2y5xfh0r4c9v7t8m6e1s", "accepted_within_s": 20 },
                { "channel_id": "chn_01kf3b2y5xfh0r4c9v7t8m6e1t" },
            ],
        }))
        .to(move |call: Call<NewBody>| handle(routes.clone(), call))
}

async fn handle(routes: Routes, call: Call<NewBody>) -> Result<Reply, Failure> {
    let (new, ctx) = (NewRoute { name: call.body.name.clone(), plan: call.body.plan() }, call.ctx.clone());
    let keys = routes.store().keys().organisation(ctx.org.id).await?;
    let reply = call
        .write(routes.store(), move |tx| {
            let created = service::create(tx, &keys, new)?;
            let (route, Published { version, waits }) = created.value();
            let view = FullView { route: RouteView::of(&ctx, route), versions: vec![version.into()] };
            let reply = match waits {
                Some(approval) => approvals::accepted(approval)?,
                None => Reply::json(201, &view)?.location(&format!("/v1/routes/{}", route.id)),
            };
            Ok(created.map(|_| reply))
        })
        .await?;
    routes.changed(&call.ctx);
    Ok(reply)
}
