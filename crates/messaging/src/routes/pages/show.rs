//! `GET /app/{env}/routes/{id}`

use sealpost_access::permissions::{ROUTES_READ, ROUTES_WRITE};
use sealpost_store::RouteId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::figure::Twin;
use sealpost_web::shell::parts::{Ident, Shape, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::edit::names;
use super::words;
use crate::channels::{self, Channels};
use crate::routes::{Plan, Routes, rules};
use crate::versions::{By, authors_of};

/// One route.
#[derive(askama::Template)]
#[template(path = "routes/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) list: String,
    pub(super) name: String,
    pub(super) id: Ident,
    pub(super) kind: &'static str,
    /// The version whose steps are listed, and whether that one is in force.
    pub(super) shown: (u32, bool),
    pub(super) strategy: &'static str,
    pub(super) on_unknown: &'static str,
    pub(super) steps: Vec<StepLine>,
    pub(super) twin: Twin,
    pub(super) made: When,
    pub(super) versions: Vec<VersionLine>,
    pub(super) publish: Option<String>,
    pub(super) promote: Option<String>,
}

/// One step of the version in force.
pub(super) struct StepLine {
    pub(super) name: String,
    pub(super) says: String,
}

/// One version.
pub(super) struct VersionLine {
    pub(super) number: u32,
    pub(super) in_force: bool,
    /// Whether it was never in force.
    pub(super) is_draft: bool,
    pub(super) strategy: &'static str,
    pub(super) changes: Vec<String>,
    pub(super) made: When,
    pub(super) by: By,
}

pub(super) fn show(routes: &Routes, channels: &Channels) -> Endpoint {
    let (routes, channels) = (routes.clone(), channels.clone());
    get("/app/{env}/routes/{id}")
        .needs(ROUTES_READ)
        .page()
        .class(Class::Read)
        .summary("A route with its steps and versions")
        .to(move |call: Call| handle(routes.clone(), channels.clone(), call))
}

async fn handle(routes: Routes, channels: Channels, call: Call) -> Result<Reply, Failure> {
    let id: RouteId = call.id("id")?;
    let route = routes.find(&call.ctx, id).await?;
    let versions = routes.versions(&call.ctx, id).await?;
    let authors = authors_of(routes.store(), &call.ctx, id.bytes()).await?;
    let plan = routes.version(&call.ctx, id, route.shown()).await?.plan;
    let names = names(&channels, &call).await?;
    let now = call.ctx.now();
    let steps: Vec<_> = (0..)
        .zip(&plan.steps)
        .map(|(at, step)| StepLine {
            name: names.get(&step.channel).cloned().unwrap_or_else(|| step.channel.to_string()),
            says: words::step(&plan, at),
        })
        .collect();
    let may_write = call.caller.permissions.contains(ROUTES_WRITE);
    let page = ShowPage {
        list: call.at("/routes"),
        id: Ident::new(id),
        kind: channels::words(route.kind),
        shown: (route.shown(), route.live > 0),
        strategy: words::strategy(plan.strategy),
        on_unknown: words::on_unknown(plan.on_unknown),
        twin: twin(&plan, &steps),
        steps,
        made: When::new(route.created_at, now),
        versions: versions
            .iter()
            .map(|version| VersionLine {
                number: version.version,
                in_force: version.version == route.live,
                is_draft: version.released_at.is_none(),
                strategy: words::strategy(version.plan.strategy),
                changes: rules::changes(&plan, &version.plan).iter().map(words::change).collect(),
                made: When::new(version.created_at, now),
                by: By::of(&call, authors.get(&version.version)),
            })
            .collect(),
        publish: may_write.then(|| call.at(&format!("/routes/{id}/publish"))),
        promote: (may_write && (route.version > 1 || route.live == 0))
            .then(|| call.at(&format!("/routes/{id}/promote"))),
        name: route.name,
    };
    call.show(&page.name, &page)
}

/// The steps as a table.
pub(super) fn twin(plan: &Plan, steps: &[StepLine]) -> Twin {
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let rows = (1..).zip(steps.iter().zip(&plan.steps)).map(|(at, (line, step)): (u32, _)| {
        vec![at.to_string(), line.name.clone(), number(step.share), number(step.accepted_within_s)]
    });
    let heads = ["Step", "Channel", "Share", "Seconds"].map(str::to_owned).to_vec();
    Twin::new("Steps of the version in force", heads, rows.collect())
}
