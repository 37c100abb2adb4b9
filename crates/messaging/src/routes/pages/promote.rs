//! `GET` and `POST /app/{env}/routes/{id}/promote`

use schemars::JsonSchema;
use sealpost_access::permissions::ROUTES_WRITE;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_store::RouteId;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::routes::codes::{ROUTE_MOVED, ROUTE_VERSION_UNKNOWN};
use crate::routes::{Route, Routes, promotion};
use crate::versions::Promoted;

/// Which version, in place of which.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RoutePromotionForm")]
struct Form {
    version: u32,
    expected_version: u32,
}

/// Which version is meant.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RoutePromotionQuery")]
struct Query {
    /// The version to be put into force; the newest if absent.
    version: Option<u32>,
}

pub(super) fn ask(routes: &Routes) -> Endpoint {
    let routes = routes.clone();
    get("/app/{env}/routes/{id}/promote")
        .needs(ROUTES_WRITE)
        .page()
        .class(Limit::Read)
        .summary("Ask which version of a route is to be in force")
        .queries::<Query>()
        .to(move |call: Call<(), Query>| {
            let routes = routes.clone();
            async move {
                let route = routes.find(&call.ctx, call.id("id")?).await?;
                question(&call, &route, call.query.version.unwrap_or(route.version)).show(&call)
            }
        })
}

pub(super) fn promote(routes: &Routes) -> Endpoint {
    let routes = routes.clone();
    post("/app/{env}/routes/{id}/promote")
        .needs(ROUTES_WRITE)
        .session()
        .class(Limit::Write)
        .acts("route.promote")
        .done("Version in force")
        .summary("Put a version of a route into force")
        .takes_form::<Form>()
        .example(json!({ "version": 1, "expected_version": 1 }))
        .answers_with(303, "")
        .refuses(&[&ROUTE_MOVED, &ROUTE_VERSION_UNKNOWN, &APPROVAL_PERSON_UNKNOWN])
        .to(move |call: Call<Form>| handle(routes.clone(), call))
}

async fn handle(routes: Routes, call: Call<Form>) -> Result<Reply, Failure> {
    let id: RouteId = call.id("id")?;
    let Form { version, expected_version } = call.body;
    let keys = routes.store().keys().organisation(call.ctx.org.id).await?;
    let (done, approvals) = (call.done(&format!("/routes/{id}")), call.at("/approvals"));
    let made = call
        .write(routes.store(), move |tx| {
            let promoted = promotion::promote(tx, &keys, id, version, expected_version)?;
            Ok(promoted.map(|promoted| match promoted {
                Promoted::InForce(_) => done,
                Promoted::Waits(approval) => Reply::see_other(&format!("{approvals}/{}", approval.id)),
            }))
        })
        .await;
    routes.changed(&call.ctx);
    match made {
        Ok(reply) => Ok(reply),
        Err(failure) => {
            let route = routes.find(&call.ctx, id).await?;
            question(&call, &route, version).again(&call, failure)
        }
    }
}

fn question<B, Q>(call: &Call<B, Q>, route: &Route, version: u32) -> Ask {
    let says = "Messages accepted from then on go along it. Those that are under way stay on theirs.";
    let versions = (1..=route.version).rev().map(|number| {
        let of = if number == route.live { " · in force" } else { "" };
        Choice::new(number, format!("Version {number}{of}"))
    });
    Ask::new(call, "Put a version into force", says, &format!("/routes/{}", route.id))
        .field(Field::new("version", "Version").kind(Kind::Choice(versions.collect())).value(version.to_string()))
        .hidden("expected_version", route.live.to_string())
        .submit("Put into force")
}
