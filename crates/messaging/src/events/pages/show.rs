//! `GET /app/{env}/events/{id}`

use sealpost_access::permissions::{EVENTS_READ, EVENTS_WRITE};
use sealpost_store::EventId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Ident, Line, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use crate::events::Events;
use crate::templates::Templates;

/// One event.
#[derive(askama::Template)]
#[template(path = "events/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) list: String,
    pub(super) name: String,
    pub(super) id: Ident,
    pub(super) versions: Vec<VersionLine>,
    pub(super) publish: Option<String>,
    pub(super) fire: Line,
}

/// One version.
pub(super) struct VersionLine {
    pub(super) number: u32,
    pub(super) class: &'static str,
    pub(super) template: (String, Option<String>),
    pub(super) template_version: String,
    pub(super) made: When,
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
    let versions = events.versions(&call.ctx, id).await?;
    let names = templates.names(&call.ctx, versions.iter().map(|version| version.template).collect()).await?;
    let line = |version: &crate::events::EventVersion| VersionLine {
        number: version.version,
        class: version.class.as_str(),
        template: (
            names.get(&version.template).cloned().unwrap_or_else(|| version.template.to_string()),
            call.page_of(&version.template.to_string()),
        ),
        template_version: match version.template_version {
            Some(number) => format!("version {number}"),
            None => "always the newest".to_owned(),
        },
        made: When::new(version.created_at, call.ctx.now()),
    };
    let page = ShowPage {
        list: call.at("/events"),
        id: Ident::new(id),
        versions: versions.iter().map(line).collect(),
        publish: call.caller.permissions.contains(EVENTS_WRITE).then(|| call.at(&format!("/events/{id}/publish"))),
        fire: Line::new(format!("sealpost send --event {} --to +15550100124 --data code=417233", event.name)),
        name: event.name,
    };
    call.show(&page.name, &page)
}
