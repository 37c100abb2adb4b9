//! `GET /app/{env}/events/{id}`

use sealpost_access::permissions::{EVENTS_READ, EVENTS_WRITE};
use sealpost_store::{Environment, EventId};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Ident, Line, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use crate::events::{EventVersion, Events, Face};
use crate::templates::Templates;
use crate::versions::{By, Elsewhere, Known, Row, authors_of, rows};

/// One event.
#[derive(askama::Template)]
#[template(path = "events/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) list: String,
    pub(super) name: String,
    pub(super) id: Ident,
    pub(super) versions: Vec<VersionLine>,
    pub(super) publish: Option<String>,
    /// Where what is in force is taken to live.
    pub(super) go_live: Option<String>,
    pub(super) elsewhere: Elsewhere,
    pub(super) fire: Line,
}

/// One version.
pub(super) struct VersionLine {
    pub(super) row: Row,
    pub(super) class: &'static str,
    pub(super) template: (String, Option<String>),
    pub(super) template_version: String,
}

pub(super) fn show(events: &Events, templates: &Templates) -> Endpoint {
    let (events, templates) = (events.clone(), templates.clone());
    get("/app/{env}/events/{id}")
        .needs(EVENTS_READ)
        .page()
        .class(Class::Read)
        .summary("An event with its versions")
        .to(move |call: Call| handle(events.clone(), templates.clone(), call))
}

async fn handle(events: Events, templates: Templates, call: Call) -> Result<Reply, Failure> {
    let id: EventId = call.id("id")?;
    let event = events.find(&call.ctx, id).await?;
    let versions = events.faces(&call.ctx, id).await?;
    let names = templates.names(&call.ctx, versions.iter().map(|(version, _)| version.template).collect()).await?;
    let (page, may_write) = (call.at(&format!("/events/{id}")), call.caller.permissions.contains(EVENTS_WRITE));
    let in_test = call.ctx.org.environment == Environment::Test;
    let authors = authors_of(events.store(), &call.ctx, id.bytes()).await?;
    let known = |(version, face): &(EventVersion, Face)| Known {
        number: version.version,
        was_in_force: version.released_at.is_some(),
        digest: face.digest(),
        made: When::new(version.created_at, call.ctx.now()),
        by: By::of(&call, authors.get(&version.version)),
    };
    let rows = rows(&event.standing(), versions.iter().map(known).collect(), &page, may_write);
    let line = |(row, (version, _)): (Row, &(EventVersion, Face))| VersionLine {
        row,
        class: version.class.as_str(),
        template: (
            names.get(&version.template).cloned().unwrap_or_else(|| version.template.to_string()),
            call.page_of(&version.template.to_string()),
        ),
        template_version: match version.template_version {
            Some(number) => format!("version {number}"),
            None => "always the one in force".to_owned(),
        },
    };
    let there = if in_test { Environment::Live } else { Environment::Test };
    let found = events.elsewhere(&call.ctx, &event).await?.map(|(other, standing)| {
        let page = call.page_of_in(there, &other.id.to_string());
        (page, standing.map(|(number, face)| (number, face.digest())))
    });
    let here: Vec<_> = versions.iter().map(|(version, face)| (version.version, face.digest())).collect();
    let page = ShowPage {
        list: call.at("/events"),
        id: Ident::new(id),
        versions: rows.into_iter().zip(&versions).map(line).collect(),
        publish: may_write.then(|| format!("{page}/publish")),
        go_live: (may_write && in_test && event.in_force.is_some()).then(|| format!("{page}/go-live")),
        elsewhere: Elsewhere::new(there.as_str(), found, &here),
        fire: Line::new(format!("sealpost send --event {} --to +15550100124 --data code=417233", event.name)),
        name: event.name,
    };
    call.show(&page.name, &page)
}
