//! `GET /app/{env}/keys`

use askama::Template;
use sealpost_store::{ApiKeyId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Pager, State, Tone, When, grouped};
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use super::words::{self, Life};
use crate::api_keys::api::{Api, position};
use crate::api_keys::model::ApiKey;
use crate::api_keys::service;
use crate::permissions::{ALL, KEYS_MANAGE, KEYS_READ};

/// The list.
#[derive(Template)]
#[template(path = "api_keys/pages/list.html")]
pub(super) struct ListPage {
    pub(super) new: Option<String>,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// One key in the list.
pub(super) struct Row {
    id: ApiKeyId,
    href: String,
    name: String,
    stub: String,
    state: State,
    life: Life,
    scopes: usize,
    uses: String,
    used: Option<When>,
}

impl Row {
    pub(super) fn of(key: &ApiKey, href: String, now: Time) -> Self {
        Self {
            id: key.id,
            href,
            name: key.name.as_str().to_owned(),
            stub: words::stub(key),
            state: words::badge(key, now),
            life: words::life(key, now),
            scopes: key.scopes.iter(ALL).count(),
            uses: grouped(key.uses),
            used: key.last_use.map(|last| When::new(last.at, now)),
        }
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/keys")
        .needs(KEYS_READ)
        .page()
        .class(Class::Read)
        .summary("API keys, newest first, with their age and use")
        .queries::<PageQuery>()
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(api.house.keys(), &(), call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let before = position(&listing, cursor)?;
    let fetch = listing.fetch();
    let found = api.house.read(&call.ctx, move |tx| service::list(tx, before, fetch)).await?;
    let now = call.ctx.now();
    let row = |key: ApiKey| Row::of(&key, call.at(&format!("/keys/{}", key.id)), now);
    let page = listing.page(found, |key| key.id.bytes().to_vec(), row);
    let new = call.caller.permissions.contains(KEYS_MANAGE).then(|| call.at("/keys/new"));
    let content = ListPage {
        pager: Pager::new(&call.at("/keys"), &call.query.kept(), cursor, page.next_cursor.as_deref()),
        rows: page.data,
        empty: empty(new.clone()),
        new,
    };
    call.show("API keys", &content)
}

pub(super) fn empty(new: Option<String>) -> Empty {
    Empty::new(
        Icon::Key,
        "No key yet",
        "A program calls the API with a key of its own: for one environment, with the scopes it needs, for 90 days unless you say otherwise.",
    )
    .deed("Create a key", new)
}
