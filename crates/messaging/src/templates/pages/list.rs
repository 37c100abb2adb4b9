//! `GET /app/{env}/templates`

use sealpost_access::permissions::{TEMPLATES_READ, TEMPLATES_WRITE};
use sealpost_store::TemplateId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Pager, When};
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use crate::channels;
use crate::cursor;
use crate::templates::Templates;

/// The list.
#[derive(askama::Template)]
#[template(path = "templates/pages/list.html")]
pub(super) struct ListPage {
    pub(super) new: Option<String>,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// One template in the list.
pub(super) struct Row {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) channel: &'static str,
    /// The version in force, if any is.
    pub(super) in_force: Option<u32>,
    pub(super) created: When,
}

pub(super) fn list(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    get("/app/{env}/templates")
        .needs(TEMPLATES_READ)
        .page()
        .class(Class::Read)
        .summary("Templates, newest first")
        .queries::<PageQuery>()
        .to(move |call: Call<(), PageQuery>| handle(templates.clone(), call))
}

async fn handle(templates: Templates, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(templates.store().keys(), &(), call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let before = cursor::behind(&listing, cursor, TemplateId::from_bytes)?;
    let found = templates.list(&call.ctx, before, listing.fetch()).await?;
    let page = listing.page(
        found,
        |row| row.id.bytes().to_vec(),
        |row| Row {
            href: call.at(&format!("/templates/{}", row.id)),
            name: row.name,
            channel: channels::words(row.channel),
            in_force: row.in_force,
            created: When::new(row.created_at, call.ctx.now()),
        },
    );
    let new = call.caller.permissions.contains(TEMPLATES_WRITE).then(|| call.at("/templates/new"));
    let content = ListPage {
        pager: Pager::new(&call.at("/templates"), &call.query.kept(), cursor, page.next_cursor.as_deref()),
        rows: page.data,
        empty: empty(new.clone()),
        new,
    };
    call.show("Templates", &content)
}

pub(super) fn empty(new: Option<String>) -> Empty {
    Empty::new(
        Icon::Template,
        "No template yet",
        "A template is what a message says, with places for its data. Versions are numbered and never change.",
    )
    .deed("Make a template", new)
}
