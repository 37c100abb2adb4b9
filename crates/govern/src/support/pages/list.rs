//! `GET /app/{env}/support`

use askama::Template;
use schemars::JsonSchema;
use sealpost_access::permissions::{SUPPORT_MANAGE, SUPPORT_READ};
use sealpost_store::{SupportGrantId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Pager, State, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::Deserialize;

use super::{sign, whom};
use crate::support::api::{Api, behind};
use crate::support::model::{Content, Grant};
use crate::support::store;

/// Which page of it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SupportPageQuery")]
struct Query {
    /// Where to begin.
    cursor: Option<String>,
}

/// The list.
#[derive(Template)]
#[template(path = "support/pages/list.html")]
pub(super) struct ListPage {
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
    pub(super) ask: Option<String>,
}

/// One grant.
pub(super) struct Row {
    id: SupportGrantId,
    href: String,
    whom: String,
    state: State,
    environment: &'static str,
    began: When,
    until: When,
    looks: String,
    refused: String,
}

impl Row {
    /// A grant as it stands now; `at` leads somewhere after `/app/{env}`.
    pub(super) fn of(grant: &Grant, content: &Content, now: Time, at: impl Fn(&str) -> String) -> Self {
        let count = |of: fn(&crate::support::summary::Summary) -> u64| {
            grant.summary.as_ref().map_or_else(|| "–".to_owned(), |summary| of(summary).to_string())
        };
        Self {
            id: grant.id,
            href: at(&format!("/support/{}", grant.id)),
            whom: whom(grant, content),
            state: sign(grant, now),
            environment: grant.environment.as_str(),
            began: When::new(grant.created_at, now),
            until: When::new(grant.ended(now).map_or(grant.until, |(at, _)| at), now),
            looks: count(|summary| summary.looks()),
            refused: count(|summary| summary.refused()),
        }
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/support")
        .needs(SUPPORT_READ)
        .page()
        .class(Class::Search)
        .summary("Who is let in to help, and what came of it")
        .queries::<Query>()
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), Query>) -> Result<Reply, Failure> {
    let listing = call.listing(api.house.keys(), &(), None)?;
    let cursor = call.query.cursor.as_deref();
    let (before, fetch, now) = (behind(&listing, cursor)?, listing.fetch(), call.ctx.now());
    let (org, keys) = (call.ctx.org.id, api.house.keys().organisation(call.ctx.org.id).await?);
    let found = api
        .house
        .read::<_, Failure>(&call.ctx, move |tx| {
            let stored = store::page(tx, before, fetch)?.into_iter();
            let opened = stored.map(|stored| Ok((store::content(&keys, org, &stored)?, stored.0)));
            opened.collect::<Result<Vec<_>, Failure>>()
        })
        .await?;
    let row = |(content, grant): (Content, Grant)| Row::of(&grant, &content, now, |path| call.at(path));
    let page = listing.page(found, |(_, grant)| grant.id.bytes().to_vec(), row);
    let content = ListPage {
        pager: Pager::new(&call.at("/support"), "", cursor, page.next_cursor.as_deref()),
        rows: page.data,
        empty: empty(),
        ask: call.caller.permissions.contains(SUPPORT_MANAGE).then(|| call.at("/support/ask")),
    };
    call.show("Support access", &content)
}

pub(super) fn empty() -> Empty {
    Empty::new(
        Icon::SignIn,
        "Nobody was let in",
        "Nobody looks at what you hold without having been let in: for a reason, for a while, by two people, and with everybody seeing it.",
    )
}
