//! `GET /app/{env}/endpoints/{id}`

use schemars::JsonSchema;
use sealpost_access::permissions::{ENDPOINTS_MANAGE, ENDPOINTS_READ};
use sealpost_store::{DeliveryId, EndpointId, Store};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Chips, Ident, Pager, State as Badge, When};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Reply, get};
use serde::Deserialize;

use super::words;
use crate::cursor;
use crate::deliveries::{self, Row, State as DeliveryState};
use crate::endpoints::encryption::{self, Panel};
use crate::endpoints::model::{Endpoint, State};
use crate::endpoints::service;

/// Which of its deliveries.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    state: Option<DeliveryState>,
    cursor: Option<String>,
}

/// One endpoint with its deliveries.
#[derive(askama::Template)]
#[template(path = "endpoints/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) list: String,
    pub(super) name: String,
    pub(super) state: Badge,
    pub(super) why: Option<String>,
    pub(super) id: Ident,
    pub(super) url: String,
    pub(super) description: String,
    pub(super) events: Vec<String>,
    pub(super) profiles: Vec<&'static str>,
    pub(super) replay_safe: bool,
    pub(super) created: When,
    pub(super) updated: When,
    pub(super) acts: Option<Acts>,
    pub(super) encryption: Panel,
    pub(super) chips: Chips,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
}

/// What may be done with it.
pub(super) struct Acts {
    pub(super) verify: Option<String>,
    pub(super) test: String,
    pub(super) change: String,
    pub(super) pause: Option<String>,
    pub(super) rotate: String,
    pub(super) resend: String,
    pub(super) remove: String,
}

pub(super) fn show(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}")
        .needs(ENDPOINTS_READ)
        .page()
        .class(Class::Read)
        .summary("An endpoint with its deliveries")
        .queries::<Query>()
        .to(move |call: Call<(), Query>| handle(store.clone(), call))
}

async fn handle(store: Store, call: Call<(), Query>) -> Result<Reply, Failure> {
    let id: EndpointId = call.id("id")?;
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    let found = store
        .read::<_, Failure>(&call.ctx, move |tx| Ok((service::find(tx, id)?, encryption::standing(tx, &keys, id)?)));
    let (endpoint, standing) = found.await?;
    let panel = Panel::of(&call, id, standing.as_ref());
    let (state, given) = (call.query.state, call.query.cursor.as_deref());
    let listing = call.listing(store.keys(), &(id, state), None)?;
    let newest = DeliveryId::from_bytes([0xff; 16]);
    let before = cursor::behind(&listing, given, DeliveryId::from_bytes)?.unwrap_or(newest);
    let limit = listing.fetch();
    let found = store.read(&call.ctx, move |tx| deliveries::page_of(tx, id, state, before, limit)).await?;
    let page = listing.page(found, |row| row.id.bytes().to_vec(), |row| deliveries::row(&call, &row));
    let path = call.at(&format!("/endpoints/{id}"));
    let query = state.map(|state| format!("state={}", state.word())).unwrap_or_default();
    let pager = Pager::new(&path, &query, given, page.next_cursor.as_deref());
    let content = content(&call, endpoint, panel, chips(&path, state), page.data, pager);
    call.show(&content.name, &content)
}

fn chips(path: &str, state: Option<DeliveryState>) -> Chips {
    let all = [
        ("Delivered", DeliveryState::Delivered),
        ("Waiting", DeliveryState::Queued),
        ("Dead letters", DeliveryState::Dead),
    ];
    all.into_iter()
        .fold(Chips::new("Which deliveries").chip("All deliveries", path, state.is_none()), |chips, (says, one)| {
            chips.chip(says, format!("{path}?state={}", one.word()), state == Some(one))
        })
}

fn content<B, Q>(
    call: &Call<B, Q>,
    endpoint: Endpoint,
    encryption: Panel,
    chips: Chips,
    rows: Vec<Row>,
    pager: Pager,
) -> ShowPage {
    let now = call.ctx.now();
    let at = |act: &str| call.at(&format!("/endpoints/{}{act}", endpoint.id));
    let may_manage = call.caller.permissions.contains(ENDPOINTS_MANAGE);
    let why = match endpoint.state {
        State::Pending => Some("It hears of nothing until it has answered a signed ping.".to_owned()),
        State::Active => None,
        State::Failing { since } => {
            Some(format!("Since {}; single calls probe whether it is back.", When::new(since, now).words()))
        }
        State::Disabled { since, reason } => Some(format!(
            "Since {}: {}.",
            When::new(since, now).words(),
            match reason {
                "gone" => "it answered 410",
                "failing" => "it failed for five days",
                _ => "somebody paused it",
            }
        )),
    };
    ShowPage {
        list: call.at("/endpoints"),
        state: words::badge(&endpoint.state),
        why,
        id: Ident::new(endpoint.id),
        acts: may_manage.then(|| Acts {
            verify: (endpoint.state != State::Active).then(|| at("/verify")),
            test: at("/test"),
            change: at("/edit"),
            pause: (!matches!(endpoint.state, State::Disabled { .. })).then(|| at("/pause")),
            rotate: at("/rotate"),
            resend: at("/resend"),
            remove: at("/remove"),
        }),
        replay_safe: words::is_replay_safe(&endpoint.profiles),
        profiles: endpoint.profiles.names().to_vec(),
        events: endpoint.events.patterns().to_vec(),
        created: When::new(endpoint.created_at, now),
        updated: When::new(endpoint.updated_at, now),
        name: endpoint.name,
        url: endpoint.url,
        description: endpoint.description,
        encryption,
        chips,
        rows,
        pager,
    }
}
