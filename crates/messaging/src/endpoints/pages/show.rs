//! `GET /app/{env}/endpoints/{id}`

use schemars::JsonSchema;
use sealpost_access::permissions::{ENDPOINTS_MANAGE, ENDPOINTS_READ};
use sealpost_govern::approvals::{self, Module};
use sealpost_store::{DeliveryId, EndpointId, Store, StoreError};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Chips, Ident, Pager, State as Badge, When};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Reply, get};
use serde::Deserialize;

use super::words;
use crate::cursor;
use crate::deliveries::{self, Latency, Row, State as DeliveryState, Wanted};
use crate::endpoints::model::{Endpoint, State};
use crate::endpoints::{Endpoints, encryption, portal, proof, service, transport};

/// Deliveries whose attempts are measured.
const MEASURED: u32 = 500;

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
    /// Whether others have yet to agree to it.
    pub(super) waits: Option<Waits>,
    pub(super) id: Ident,
    pub(super) url: String,
    pub(super) description: String,
    pub(super) events: Vec<String>,
    /// Each with whether a receiver that checks it alone can be fooled by a repetition.
    pub(super) profiles: Vec<(&'static str, bool)>,
    pub(super) replay_safe: bool,
    pub(super) signing: String,
    pub(super) created: When,
    pub(super) updated: When,
    pub(super) acts: Option<Acts>,
    pub(super) panels: Panels,
    pub(super) chips: Chips,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
}

/// What others have yet to agree to.
pub(super) struct Waits {
    /// Where they do, for whoever may see that.
    pub(super) href: Option<String>,
    /// Whether nobody is asked any more.
    pub(super) is_over: bool,
}

/// What stands beside its facts.
pub(super) struct Panels {
    pub(super) is_default: bool,
    pub(super) proof: proof::Panel,
    pub(super) transport: transport::Panel,
    pub(super) encryption: encryption::Panel,
    pub(super) latency: Latency,
    pub(super) portal: portal::Panel,
}

/// What may be done with it.
pub(super) struct Acts {
    pub(super) verify: Option<String>,
    pub(super) make_default: Option<String>,
    pub(super) test: String,
    pub(super) change: String,
    pub(super) pause: Option<String>,
    pub(super) rotate: String,
    pub(super) resend: String,
    pub(super) remove: String,
}

pub(super) fn show(store: &Store, endpoints: &Endpoints) -> Route {
    let (store, endpoints) = (store.clone(), endpoints.clone());
    get("/app/{env}/endpoints/{id}")
        .needs(ENDPOINTS_READ)
        .page()
        .class(Class::Read)
        .summary("An endpoint with its deliveries")
        .queries::<Query>()
        .to(move |call: Call<(), Query>| handle(store.clone(), endpoints.clone(), call))
}

async fn handle(store: Store, endpoints: Endpoints, call: Call<(), Query>) -> Result<Reply, Failure> {
    let id: EndpointId = call.id("id")?;
    let endpoint = store.read(&call.ctx, move |tx| service::find(tx, id)).await?;
    let (state, given) = (call.query.state, call.query.cursor.as_deref());
    let wanted = Wanted::of(id, state);
    let listing = call.listing(store.keys(), &wanted, None)?;
    let newest = DeliveryId::from_bytes([0xff; 16]);
    let before = cursor::behind(&listing, given, DeliveryId::from_bytes)?.unwrap_or(newest);
    let limit = listing.fetch();
    let found = store.read(&call.ctx, move |tx| deliveries::search(tx, &wanted, before, limit)).await?;
    let page = listing.page(found, |row| row.id.bytes().to_vec(), |row| deliveries::row(&call, &row));
    let path = call.at(&format!("/endpoints/{id}"));
    let query = state.map(|state| format!("state={}", state.word())).unwrap_or_default();
    let pager = Pager::new(&path, &query, given, page.next_cursor.as_deref());
    let panels = panels(&store, &endpoints, &call, &endpoint).await?;
    let waits = waits(&store, &call, &endpoint).await?;
    let content = ShowPage { waits, ..content(&call, endpoint, panels, chips(&path, state), page.data, pager) };
    call.show(&content.name, &content)
}

async fn waits(store: &Store, call: &Call<(), Query>, endpoint: &Endpoint) -> Result<Option<Waits>, StoreError> {
    if endpoint.is_admitted {
        return Ok(None);
    }
    let target = endpoint.id.bytes();
    let asked = store.read(&call.ctx, move |tx| approvals::waiting(tx, Module::Endpoint, Some(target))).await?;
    let newest = asked.last();
    Ok(Some(Waits { href: newest.and_then(|id| call.page_of(&id.to_string())), is_over: newest.is_none() }))
}

async fn panels(
    store: &Store,
    endpoints: &Endpoints,
    call: &Call<(), Query>,
    endpoint: &Endpoint,
) -> Result<Panels, Failure> {
    let (id, now) = (endpoint.id, call.ctx.now());
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    let found = store.read::<_, StoreError>(&call.ctx, move |tx| {
        let (proof, transport) = (proof::find(tx, id)?, transport::find(tx, id)?);
        let (standing, attempts) =
            (encryption::standing(tx, &keys, id)?, deliveries::newest_attempts(tx, id, MEASURED)?);
        Ok((proof, transport, standing, attempts, portal::of_endpoint(tx, id)?))
    });
    let (proof, transport, standing, attempts, links) = found.await?;
    let may_manage = call.caller.permissions.contains(ENDPOINTS_MANAGE);
    let at = |path: &str| may_manage.then(|| call.at(path));
    let edit = |what: &str| at(&format!("/endpoints/{id}/{what}"));
    Ok(Panels {
        is_default: endpoint.is_default,
        proof: proof::Panel::of(endpoints, (call.ctx.org, endpoint), proof, now, edit("proof")),
        transport: transport::Panel::of(&transport, edit("transport")),
        encryption: encryption::Panel::of(call, id, standing.as_ref()),
        latency: Latency::of(&attempts, now),
        portal: portal::Panel::of(id, &links, now, at),
    })
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
    panels: Panels,
    chips: Chips,
    rows: Vec<Row>,
    pager: Pager,
) -> ShowPage {
    let now = call.ctx.now();
    let at = |act: &str| call.at(&format!("/endpoints/{}{act}", endpoint.id));
    let may_manage = call.caller.permissions.contains(ENDPOINTS_MANAGE);
    let why = match endpoint.state {
        State::Pending => Some("It hears of nothing until it has proved that it wants to.".to_owned()),
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
        waits: None,
        id: Ident::new(endpoint.id),
        acts: may_manage.then(|| Acts {
            // Neither before others have agreed.
            verify: (endpoint.is_admitted && endpoint.state != State::Active).then(|| at("/verify")),
            make_default: (!endpoint.is_default && endpoint.state != State::Pending).then(|| at("/default")),
            test: at("/test"),
            change: at("/edit"),
            pause: (!matches!(endpoint.state, State::Disabled { .. })).then(|| at("/pause")),
            rotate: at("/rotate"),
            resend: at("/resend"),
            remove: at("/remove"),
        }),
        replay_safe: endpoint.is_replay_protected(),
        profiles: {
            let replayable = endpoint.replayable();
            endpoint.profiles.names().iter().map(|name| (*name, replayable.contains(name))).collect()
        },
        signing: at("/signing"),
        events: endpoint.events.patterns().to_vec(),
        created: When::new(endpoint.created_at, now),
        updated: When::new(endpoint.updated_at, now),
        name: endpoint.name,
        url: endpoint.url,
        description: endpoint.description,
        panels,
        chips,
        rows,
        pager,
    }
}
