//! `GET /app/{env}/events`

use sealpost_access::permissions::{EVENTS_READ, EVENTS_WRITE};
use sealpost_store::EventId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Pager, When};
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use crate::cursor;
use crate::events::Events;

/// The list.
#[derive(askama::Template)]
#[template(path = "events/pages/list.html")]
pub(super) struct ListPage {
    pub(super) new: Option<String>,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// One event in the list.
pub(super) struct Row {
    pub(super) href: String,
    pub(super) name: String,
    /// The version in force, if any is.
    pub(super) in_force: Option<u32>,
    pub(super) created: When,
}

pub(super) fn list(events: &Events) -> Endpoint {
    let events = events.clone();
    get("/app/{env}/events")
        .needs(EVENTS_READ)
        .page()
        .class(Class::Read)
        .summary("Events, newest first")
        .queries::<PageQuery>()
        .to(move |call: Call<(), PageQuery>| handle(events.clone(), call))
}

async fn handle(events: Events, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(events.store().keys(), &(), call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let before = cursor::behind(&listing, cursor, EventId::from_bytes)?;
    let found = events.list(&call.ctx, before, listing.fetch()).await?;
    let page = listing.page(
        found,
        |row| row.id.bytes().to_vec(),
        |row| Row {
            href: call.at(&format!("/events/{}", row.id)),
            name: row.name,
            in_force: row.in_force,
            created: When::new(row.created_at, call.ctx.now()),
        },
    );
    let new = call.caller.permissions.contains(EVENTS_WRITE).then(|| call.at("/events/new"));
    let content = ListPage {
        pager: Pager::new(&call.at("/events"), &call.query.kept(), cursor, page.next_cursor.as_deref()),
        rows: page.data,
        empty: empty(new.clone()),
        new,
    };
    call.show("Events", &content)
}

pub(super) fn empty(new: Option<String>) -> Empty {
    Empty::new(
        Icon::Bolt,
        "No event yet",
        "An event is what your program fires by name. It says what a message is for, which template it uses and through what it goes.",
    )
    .line(r#"{ "event": "otp.login", "to": { "phone": "+15550100124" }, "data": { "code": "417233" } }"#)
    .deed("Make an event", new)
}
