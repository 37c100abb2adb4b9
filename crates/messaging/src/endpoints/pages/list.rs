//! `GET /app/{env}/endpoints`

use sealpost_access::permissions::{ENDPOINTS_MANAGE, ENDPOINTS_READ};
use sealpost_store::Store;
use sealpost_web::shell::Icon;
use sealpost_web::shell::figure::Spark;
use sealpost_web::shell::parts::{Empty, State as Badge};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Reply, get};

use super::words;
use crate::deliveries;
use crate::endpoints::Endpoints;

/// Deliveries in a spark.
const DELIVERIES: u32 = 24;

/// The list.
#[derive(askama::Template)]
#[template(path = "endpoints/pages/list.html")]
pub(super) struct ListPage {
    pub(super) new: Option<String>,
    pub(super) dead: String,
    pub(super) rows: Vec<Row>,
    pub(super) empty: Empty,
}

/// One endpoint in the list.
pub(super) struct Row {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) url: String,
    pub(super) state: Badge,
    pub(super) is_default: bool,
    pub(super) profiles: String,
    pub(super) replay_safe: bool,
    pub(super) spark: Spark,
    pub(super) says: String,
}

pub(super) fn list(store: &Store, endpoints: &Endpoints) -> Route {
    let (store, endpoints) = (store.clone(), endpoints.clone());
    get("/app/{env}/endpoints")
        .needs(ENDPOINTS_READ)
        .page()
        .class(Class::Read)
        .summary("Endpoints and how they do")
        .to(move |call: Call| handle(store.clone(), endpoints.clone(), call))
}

async fn handle(store: Store, endpoints: Endpoints, call: Call) -> Result<Reply, Failure> {
    let mut rows = Vec::new();
    for endpoint in endpoints.all(&call.ctx).await? {
        let id = endpoint.id;
        let last = store.read(&call.ctx, move |tx| deliveries::newest_of(tx, id, DELIVERIES)).await?;
        let (spark, says) = deliveries::spark(&last);
        rows.push(Row {
            href: call.at(&format!("/endpoints/{id}")),
            state: words::badge(&endpoint.state),
            is_default: endpoint.is_default,
            profiles: endpoint.profiles.names().join(", "),
            replay_safe: endpoint.is_replay_protected(),
            name: endpoint.name,
            url: endpoint.url,
            spark,
            says,
        });
    }
    let may_manage = call.caller.permissions.contains(ENDPOINTS_MANAGE);
    let new = may_manage.then(|| call.at("/endpoints/new"));
    let page = ListPage { rows, empty: empty(new.clone()), new, dead: call.at("/deliveries?state=dead") };
    call.show("Endpoints", &page)
}

pub(super) fn empty(new: Option<String>) -> Empty {
    Empty::new(
        Icon::Link,
        "No endpoint yet",
        "An endpoint is an allowlisted URL of yours that hears of what happens: every call signed, every attempt on record.",
    )
    .line("sealpost listen --forward http://localhost:3000/hooks")
    .deed("Add an endpoint", new)
}
