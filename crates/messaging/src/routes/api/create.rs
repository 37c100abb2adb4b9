//! `POST /v1/routes`

use sealpost_access::permissions::ROUTES_WRITE;
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Reply, post};
use serde_json::json;

use super::body::NewBody;
use super::view::{FullView, RouteView};
use crate::routes::codes::{ROUTE_CHANNEL_UNSUITABLE, ROUTE_EXISTS, ROUTE_INVALID};
use crate::routes::{NewRoute, Routes, service};

pub(super) fn create(routes: &Routes) -> Endpoint {
    let routes = routes.clone();
    post("/v1/routes")
        .needs(ROUTES_WRITE)
        .class(Limit::Write)
        .acts("route.create")
        .summary("Create a route with its first version, which is in force")
        .takes::<NewBody>()
        .answers::<FullView>(201)
        .refuses(&[&ROUTE_EXISTS, &ROUTE_INVALID, &ROUTE_CHANNEL_UNSUITABLE])
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
    let reply = call
        .write(routes.store(), move |tx| {
            let created = service::create(tx, new)?;
            let (route, version) = created.value();
            let view = FullView { route: RouteView::of(&ctx, route), versions: vec![version.into()] };
            let reply = Reply::json(201, &view)?.location(&format!("/v1/routes/{}", route.id));
            Ok(created.map(|_| reply))
        })
        .await?;
    routes.changed(&call.ctx);
    Ok(reply)
}
