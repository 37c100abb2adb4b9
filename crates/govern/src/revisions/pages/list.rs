//! `GET /app/{env}/revisions`

use askama::Template;
use schemars::JsonSchema;
use sealpost_access::permissions::APPROVALS_READ;
use sealpost_access::revisions::Revision;
use sealpost_store::{RevisionId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Chips, Empty, Pager, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::Deserialize;

use super::behind;
use crate::approvals::Line;
use crate::audit::words::short;
use crate::revisions::api::Api;
use crate::revisions::service;
use crate::revisions::setting::Revisables;

/// Which revisions.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RevisionsPageQuery")]
struct Query {
    /// Of which setting; of all, unless said otherwise.
    setting: Option<String>,
    /// Where to begin.
    cursor: Option<String>,
}

/// The list.
#[derive(Template)]
#[template(path = "revisions/pages/list.html")]
pub(super) struct ListPage {
    pub(super) settings: Chips,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// One revision in the list.
pub(super) struct Row {
    id: RevisionId,
    href: String,
    title: &'static str,
    number: u32,
    in_force: bool,
    changes: Vec<Line>,
    by: Option<By>,
    at: When,
}

/// Who did something.
pub(super) struct By {
    pub(super) id: String,
    pub(super) short: String,
    pub(super) page: Option<String>,
}

impl By {
    pub(super) fn of(one: &Revision, page_of: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let id = crate::audit::who(one.actor)?.to_string();
        Some(Self { short: short(&id), page: page_of(&id), id })
    }
}

impl Row {
    /// A revision; `at` leads somewhere after `/app/{env}`, `page_of` to the page of an object.
    pub(super) fn of(
        (one, changes): (Revision, Vec<Line>),
        all: &Revisables,
        now: Time,
        at: impl Fn(&str) -> String,
        page_of: impl Fn(&str) -> Option<String>,
    ) -> Self {
        Self {
            id: one.id,
            href: at(&format!("/revisions/{}", one.id)),
            title: title(all, &one),
            number: one.number,
            in_force: one.is_in_force(),
            by: By::of(&one, page_of),
            at: When::new(one.at, now),
            changes,
        }
    }
}

/// What people call the setting.
pub(super) fn title(all: &Revisables, one: &Revision) -> &'static str {
    all.find(&one.setting).map_or("A setting of another version", |setting| setting.title)
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/revisions")
        .needs(APPROVALS_READ)
        .page()
        .class(Class::Search)
        .summary("What settings said, and what each change changed")
        .queries::<Query>()
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), Query>) -> Result<Reply, Failure> {
    // A setting that there isn't is none: the list is of all.
    let setting = call.query.setting.as_deref().and_then(|word| api.all.find(word)).map(|one| one.setting.word());
    let listing = call.listing(api.house.keys(), &setting, None)?;
    let cursor = call.query.cursor.as_deref();
    let (before, fetch, now) = (behind(&listing, cursor)?, listing.fetch(), call.ctx.now());
    let (keys, all) = (api.house.keys().organisation(call.ctx.org.id).await?, api.all.clone());
    let found = api
        .house
        .read::<_, Failure>(&call.ctx, move |tx| service::list(tx, &keys, &all, setting, (before, fetch)))
        .await?;
    let row = |one| Row::of(one, &api.all, now, |path| call.at(path), |id| call.page_of(id));
    let page = listing.page(found, |(one, _)| one.id.bytes().to_vec(), row);
    let path = call.at("/revisions");
    let kept = setting.map(|word| format!("setting={word}")).unwrap_or_default();
    let content = ListPage {
        settings: settings(&path, &api.all, setting),
        pager: Pager::new(&path, &kept, cursor, page.next_cursor.as_deref()),
        rows: page.data,
        empty: empty(),
    };
    call.show("Revisions", &content)
}

pub(super) fn settings(path: &str, all: &Revisables, current: Option<&str>) -> Chips {
    let chips = Chips::new("Setting").chip("All", path, current.is_none());
    all.iter().fold(chips, |chips, one| {
        let word = one.setting.word();
        chips.chip(one.title, format!("{path}?setting={word}"), current == Some(word))
    })
}

/// What stands where there is nothing.
pub(super) fn empty() -> Empty {
    Empty::new(
        Icon::Rotate,
        "Nothing was changed yet",
        "Every change of a setting stands here from the first on, with who, when and why, and the way back.",
    )
}
