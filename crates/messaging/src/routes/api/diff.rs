//! `GET /v1/routes/{id}/diff`

use schemars::JsonSchema;
use sealpost_access::permissions::ROUTES_READ;
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Reply, get};
use serde::{Deserialize, Serialize};

use crate::routes::codes::ROUTE_VERSION_UNKNOWN;
use crate::routes::{Routes, rules};

/// Which versions.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RouteDiffQuery")]
struct Query {
    /// Compared to this one; the one in force if absent.
    #[schemars(range(min = 1))]
    from: Option<u32>,
    /// This one; the newest if absent.
    #[schemars(range(min = 1))]
    to: Option<u32>,
}

/// What is different between two versions.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RouteDiff")]
struct View {
    /// Compared to this one.
    from: u32,
    /// This one.
    to: u32,
    /// What is different; nothing if they are the same.
    changes: Vec<rules::Change>,
}

pub(super) fn diff(routes: &Routes) -> Endpoint {
    let routes = routes.clone();
    get("/v1/routes/{id}/diff")
        .needs(ROUTES_READ)
        .class(Limit::Read)
        .summary("Compare two versions of a route")
        .queries::<Query>()
        .answers::<View>(200)
        .refuses(&[&ROUTE_VERSION_UNKNOWN])
        .to(move |call: Call<(), Query>| handle(routes.clone(), call))
}

async fn handle(routes: Routes, call: Call<(), Query>) -> Result<Reply, Failure> {
    let route = routes.find(&call.ctx, call.id("id")?).await?;
    let (from, to) = (call.query.from.unwrap_or(route.shown()), call.query.to.unwrap_or(route.version));
    let before = routes.version(&call.ctx, route.id, from).await?;
    let after = routes.version(&call.ctx, route.id, to).await?;
    Ok(Reply::ok(&View { from, to, changes: rules::changes(&before.plan, &after.plan) })?)
}
