//! `GET /app/{env}/networks`

use askama::Template;
use sealpost_store::{Store, StoreError, Time, Tx};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::When;
use sealpost_web::{Call, Cidrs, Class, Endpoint, Failure, Reply, get};

use crate::networks::{Gate, Standing, service};
use crate::permissions::{APPROVALS_READ, NETWORKS_MANAGE, NETWORKS_READ};

/// How it stands.
#[derive(Template)]
#[template(path = "networks/pages/show.html")]
pub(super) struct ShowPage {
    changed: Option<When>,
    edit: Option<String>,
    pending: Option<PendingShown>,
    /// Where each of what waits for others is.
    pub(super) waits: Vec<String>,
    lists: [List; 3],
}

struct PendingShown {
    until: When,
    /// Where it is confirmed, and where it is taken back.
    settle: Option<(String, String)>,
}

struct List {
    title: &'static str,
    says: &'static str,
    networks: Vec<String>,
}

pub(super) fn route(house: &Store, gate: Gate) -> Endpoint {
    let house = house.clone();
    get("/app/{env}/networks")
        .needs(NETWORKS_READ)
        .page()
        .class(Class::Read)
        .summary("From where whom is admitted")
        .to(move |call| show(house.clone(), gate, call))
}

async fn show(house: Store, gate: Gate, call: Call) -> Result<Reply, Failure> {
    let look = move |tx: &mut Tx<'_>| Ok::<_, StoreError>((service::standing(tx)?, (gate.waiting)(tx, None)?));
    let (standing, waiting) = house.read(&call.ctx, look).await?;
    let may = |permission| call.caller.permissions.contains(permission);
    let page = page(&standing, may(NETWORKS_MANAGE), call.ctx.now(), |path| call.at(path));
    let waits = if may(APPROVALS_READ) { waiting } else { Vec::new() };
    let waits = waits.into_iter().map(|approval| call.at(&format!("/approvals/{approval}"))).collect();
    call.show("Networks", &ShowPage { waits, ..page })
}

/// The page for somebody who may change it or not; `at` leads somewhere after `/app/{env}`.
pub(super) fn page(standing: &Standing, may: bool, now: Time, at: impl Fn(&str) -> String) -> ShowPage {
    let lists = standing.in_force(now);
    let list = |title, says, list: &Cidrs| List {
        title,
        says,
        networks: list.as_slice().iter().map(ToString::to_string).collect(),
    };
    ShowPage {
        changed: standing.since.map(|since| When::new(since, now)),
        edit: may.then(|| at("/networks/edit")),
        pending: standing.open(now).map(|pending| PendingShown {
            until: When::new(pending.until, now),
            settle: may.then(|| (at("/networks/confirm"), at("/networks/revert"))),
        }),
        waits: Vec::new(),
        lists: [
            list("Members", "Whatever a member asks.", &lists.dashboard),
            list("Administrators", "What members do as administrators, on top of that.", &lists.admin),
            list("Keys", "Whatever a key asks, on top of its own networks.", &lists.keys),
        ],
    }
}
