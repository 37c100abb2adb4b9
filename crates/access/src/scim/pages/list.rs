//! `GET /app/{env}/scim`

use askama::Template;
use sealpost_store::{ScimTokenId, StoreError, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Pager, Shape, State, Tone, When};
use sealpost_web::{Call, Class, Endpoint, Failure, PageQuery, Reply, get};

use crate::permissions::SCIM_MANAGE;
use crate::scim::api::{Api, position};
use crate::scim::{ScimToken, store};

/// The list.
#[derive(Template)]
#[template(path = "scim/pages/list.html")]
pub(super) struct ListPage {
    /// Where directories ask.
    pub(super) base: String,
    pub(super) new: Option<String>,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// One token in the list.
pub(super) struct Row {
    id: ScimTokenId,
    name: String,
    stub: String,
    state: State,
    created: When,
    used: Option<When>,
    revoke: Option<String>,
}

impl Row {
    pub(super) fn of(token: &ScimToken, revoke: String, now: Time) -> Self {
        Self {
            id: token.id,
            name: token.name.clone(),
            stub: format!("scim_…{}", token.last4),
            state: match token.revoked_at {
                None => State::new("Active", Shape::Done, Tone::Ok),
                Some(_) => State::new("Revoked", Shape::Failed, Tone::Bad),
            },
            created: When::new(token.created_at, now),
            used: token.last_used_at.map(|at| When::new(at, now)),
            revoke: token.revoked_at.is_none().then_some(revoke),
        }
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/scim")
        .needs(SCIM_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Tokens of directories")
        .queries::<PageQuery>()
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let house = api.members.house();
    let listing = call.listing(house.keys(), &(), call.query.limit)?;
    let cursor = call.query.cursor.as_deref();
    let (before, fetch, now) = (position(&listing, cursor)?, listing.fetch(), call.ctx.now());
    let found = house.read::<_, StoreError>(&call.ctx, move |tx| store::tokens(tx, before, fetch)).await?;
    let row = |token: ScimToken| Row::of(&token, call.at(&format!("/scim/{}/revoke", token.id)), now);
    let page = listing.page(found, |token| token.id.bytes().to_vec(), row);
    let content = ListPage {
        base: api.base(),
        new: Some(call.at("/scim/new")),
        pager: Pager::new(&call.at("/scim"), &call.query.kept(), cursor, page.next_cursor.as_deref()),
        rows: page.data,
        empty: empty(call.at("/scim/new")),
    };
    call.show("Directories", &content)
}

pub(super) fn empty(new: String) -> Empty {
    Empty::new(
        Icon::People,
        "No directory yet",
        "A directory makes members, keeps their teams, and signs out whoever it deactivates. It needs a token of its own.",
    )
    .deed("Create a token", new)
}
