//! `GET /app/{env}/workflows`

use sealpost_access::permissions::{WORKFLOWS_READ, WORKFLOWS_WRITE};
use sealpost_store::WorkflowId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Pager, When};
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use crate::cursor;
use crate::workflows::Workflows;

/// The list.
#[derive(askama::Template)]
#[template(path = "workflows/pages/list.html")]
pub(super) struct ListPage {
    pub(super) new: Option<String>,
    pub(super) runs: String,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// One workflow in the list.
pub(super) struct Row {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) version: u32,
    pub(super) live: u32,
    pub(super) created: When,
}

pub(super) fn list(workflows: &Workflows) -> Endpoint {
    let workflows = workflows.clone();
    get("/app/{env}/workflows")
        .needs(WORKFLOWS_READ)
        .page()
        .class(Class::Read)
        .summary("Workflows, newest first")
        .queries::<PageQuery>()
        .to(move |call: Call<(), PageQuery>| handle(workflows.clone(), call))
}

async fn handle(workflows: Workflows, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(workflows.store().keys(), &(), call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let before = cursor::behind(&listing, cursor, WorkflowId::from_bytes)?;
    let found = workflows.list(&call.ctx, before, listing.fetch()).await?;
    let page = listing.page(
        found,
        |row| row.id.bytes().to_vec(),
        |row| Row {
            href: call.at(&format!("/workflows/{}", row.id)),
            name: row.name,
            version: row.version,
            live: row.live_version,
            created: When::new(row.created_at, call.ctx.now()),
        },
    );
    let new = call.caller.permissions.contains(WORKFLOWS_WRITE).then(|| call.at("/workflows/new"));
    let content = ListPage {
        pager: Pager::new(&call.at("/workflows"), &call.query.kept(), cursor, page.next_cursor.as_deref()),
        rows: page.data,
        runs: call.at("/workflow-runs"),
        empty: empty(new.clone()),
        new,
    };
    call.show("Workflows", &content)
}

pub(super) fn empty(new: Option<String>) -> Empty {
    Empty::new(
        Icon::Flow,
        "No workflow yet",
        "A workflow is what is done step by step for one contact: it sends, asks your endpoints, waits and decides, and outlives a crash at any step.",
    )
    .line(r#"{ "workflow": "visit.follow-up", "to": { "phone": "+15550100124" }, "data": { "code": "417233" } }"#)
    .deed("Make a workflow", new)
}
