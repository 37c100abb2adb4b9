//! `GET /app/{env}/secrets/handovers`

use askama::Template;
use schemars::JsonSchema;
use sealpost_store::{HandOverId, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Empty, Pager, Shape, State as Sign, Tone, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::Deserialize;

use crate::permissions::SECRETS_MANAGE;
use crate::secrets::api::Api;
use crate::secrets::handover::{HandOver, State, api, store};

/// Which hand-overs.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HandOversPageQuery")]
struct Query {
    /// Where to begin.
    cursor: Option<String>,
}

/// The list.
#[derive(Template)]
#[template(path = "secrets/handover/dashboard/list.html")]
pub(super) struct ListPage {
    pub(super) back: String,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
}

/// One hand-over in the list.
pub(super) struct Row {
    id: HandOverId,
    secret: String,
    name: String,
    version: u32,
    state: Sign,
    made: When,
    ends: When,
    opened: Option<When>,
    again: Option<When>,
    revoke: Option<String>,
}

impl Row {
    /// A hand-over as it stands now; `at` leads somewhere after `/app/{env}`.
    pub(super) fn of(handover: &HandOver, now: Time, at: impl Fn(&str) -> String) -> Self {
        let state = handover.state(now);
        let (opened, again) = match state {
            State::Opened { at, again } => (Some(at), again),
            State::Open | State::Expired | State::Revoked { .. } => (None, None),
        };
        let own = at(&format!("/secrets/handovers/{}/revoke", handover.id));
        Self {
            id: handover.id,
            secret: at(&format!("/secrets/{}", handover.secret)),
            name: handover.name.as_str().to_owned(),
            version: handover.version,
            state: sign(state),
            made: When::new(handover.created_at, now),
            ends: When::new(handover.expires_at, now),
            opened: opened.map(|at| When::new(at, now)),
            again: again.map(|at| When::new(at, now)),
            revoke: (state == State::Open).then_some(own),
        }
    }
}

fn sign(state: State) -> Sign {
    match state {
        State::Open => Sign::new("Open", Shape::Half, Tone::Warn),
        State::Opened { again: None, .. } => Sign::new("Opened", Shape::Done, Tone::Ok),
        State::Opened { again: Some(_), .. } => Sign::new("Opened twice", Shape::Done, Tone::Bad),
        State::Expired => Sign::new("Over, unopened", Shape::Ended, Tone::Idle),
        State::Revoked { .. } => Sign::new("Taken back", Shape::Ended, Tone::Idle),
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/secrets/handovers")
        .needs(SECRETS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Hand-overs and what became of them, never with links")
        .queries::<Query>()
        .to(move |call| list(api.clone(), call))
}

async fn list(house: Api, call: Call<(), Query>) -> Result<Reply, Failure> {
    let listing = call.listing(house.house.keys(), &(), None)?;
    let cursor = call.query.cursor.as_deref();
    let (before, fetch, now) = (api::behind(&listing, cursor)?, listing.fetch(), call.ctx.now());
    let found = house.house.read(&call.ctx, move |tx| store::page(tx, before, fetch)).await?;
    let row = |one: HandOver| Row::of(&one, now, |path| call.at(path));
    let page = listing.page(found, |one| one.id.bytes().to_vec(), row);
    let content = ListPage {
        back: call.at("/secrets"),
        pager: Pager::new(&call.at("/secrets/handovers"), "", cursor, page.next_cursor.as_deref()),
        rows: page.data,
        empty: empty(),
    };
    call.show("Hand-overs", &content)
}

/// What stands where nothing was handed over.
pub(super) fn empty() -> Empty {
    let says = "Give a person outside a new value of a secret, by a link that shows it once: “Hand over” on the page of a secret.";
    Empty::new(Icon::Link, "Nothing was handed over", says)
}
