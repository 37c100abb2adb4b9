//! `GET /app/{env}/teams`

use askama::Template;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Pager};
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use crate::permissions::{MEMBERS_MANAGE, MEMBERS_READ};
use crate::teams::api::{Api, position};
use crate::teams::model::Team;
use crate::teams::service;

/// The list.
#[derive(Template)]
#[template(path = "teams/pages/list.html")]
pub(super) struct ListPage {
    pub(super) people: String,
    pub(super) new: Option<String>,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// One team in the list.
pub(super) struct Row {
    pub(super) href: Option<String>,
    pub(super) name: String,
    pub(super) members: usize,
    pub(super) remove: Option<String>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/teams")
        .needs(MEMBERS_READ)
        .page()
        .class(Class::Read)
        .summary("Teams")
        .queries::<PageQuery>()
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(api.house.keys(), &(), call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let before = position(&listing, cursor)?;
    let fetch = listing.fetch();
    let found = api.house.read(&call.ctx, move |tx| service::list(tx, before, fetch)).await?;
    let may = call.caller.permissions.contains(MEMBERS_MANAGE);
    let own = |team: &Team, act: &str| may.then(|| call.at(&format!("/teams/{}/{act}", team.id)));
    let row = |team: Team| Row {
        href: own(&team, "edit"),
        remove: own(&team, "remove"),
        members: team.members.len(),
        name: team.name,
    };
    let page = listing.page(found, |team| team.id.bytes().to_vec(), row);
    let new = may.then(|| call.at("/teams/new"));
    let content = ListPage {
        people: call.at("/people"),
        pager: Pager::new(&call.at("/teams"), &call.query.kept(), cursor, page.next_cursor.as_deref()),
        rows: page.data,
        empty: empty(new.clone()),
        new,
    };
    call.show("Teams", &content)
}

pub(super) fn empty(new: Option<String>) -> Empty {
    Empty::new(
        Icon::People,
        "No team yet",
        "Members who answer together: a role can let each see what is with their team.",
    )
    .deed("Make a team", new)
}
