//! `GET /app/{env}/routes`

use sealpost_access::permissions::{ROUTES_READ, ROUTES_WRITE};
use sealpost_store::RouteId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Pager, When};
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use crate::channels;
use crate::cursor;
use crate::routes::Routes;

/// The list.
#[derive(askama::Template)]
#[template(path = "routes/pages/list.html")]
pub(super) struct ListPage {
    pub(super) new: Option<String>,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// One route in the list.
pub(super) struct Row {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) version: u32,
    pub(super) live: u32,
    pub(super) created: When,
}

pub(super) fn list(routes: &Routes) -> Endpoint {
    let routes = routes.clone();
    get("/app/{env}/routes")
        .needs(ROUTES_READ)
        .page()
        .class(Class::Read)
        .summary("Routes, newest first")
        .queries::<PageQuery>()
        .to(move |call: Call<(), PageQuery>| handle(routes.clone(), call))
}

async fn handle(routes: Routes, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(routes.store().keys(), &(), call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let before = cursor::behind(&listing, cursor, RouteId::from_bytes)?;
    let found = routes.list(&call.ctx, before, listing.fetch()).await?;
    let page = listing.page(
        found,
        |row| row.id.bytes().to_vec(),
        |row| Row {
            href: call.at(&format!("/routes/{}", row.id)),
            name: row.name,
            kind: channels::words(row.kind),
            version: row.version,
            live: row.live,
            created: When::new(row.created_at, call.ctx.now()),
        },
    );
    let new = call.caller.permissions.contains(ROUTES_WRITE).then(|| call.at("/routes/new"));
    let content = ListPage {
        pager: Pager::new(&call.at("/routes"), &call.query.kept(), cursor, page.next_cursor.as_deref()),
        rows: page.data,
        empty: empty(new.clone()),
        new,
    };
    call.show("Routes", &content)
}

pub(super) fn empty(new: Option<String>) -> Empty {
    Empty::new(
        Icon::Route,
        "No route yet",
        "A route sends over several channels: where one fails or takes too long, the next is tried. An event goes along it instead of through one channel.",
    )
    .deed("Make a route", new)
}
