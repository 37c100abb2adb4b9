//! Routes of deliveries.

use schemars::JsonSchema;
use sealpost_access::permissions::{ENDPOINTS_MANAGE, ENDPOINTS_READ};
use sealpost_store::{DeliveryId, EndpointId, MessageId, NoticeId, Store, Time};
use sealpost_web::{Call, Class, Endpoint, Failure, Feature, Page, Reply, get, post};
use serde::{Deserialize, Serialize};

use super::model::{Attempt, Delivery, State};
use super::{codes, pages, service};

/// What deliveries add to the API.
pub fn feature(store: &Store) -> Feature {
    Feature {
        name: "deliveries",
        about: "Events on their way to endpoints: every attempt with its outcome, dead letters, resending.",
        routes: [list(store), show(store), resend(store), resend_since(store)]
            .into_iter()
            .chain(pages::routes(store))
            .collect(),
        codes: codes::ALL,
    }
}

/// A delivery.
#[derive(Serialize, JsonSchema)]
struct DeliveryView {
    /// Its id.
    id: DeliveryId,
    /// To which endpoint.
    endpoint_id: EndpointId,
    /// The event's id, the same over all attempts.
    event_id: NoticeId,
    /// The event's name.
    event: String,
    /// The message it tells of.
    message_id: Option<MessageId>,
    /// How far it has come.
    state: State,
    /// How often it was tried.
    attempts: u32,
    /// When it is tried next.
    next_attempt_at: Option<Time>,
    /// When it came to be.
    created_at: Time,
    /// When it last changed.
    updated_at: Time,
}

impl From<&Delivery> for DeliveryView {
    fn from(d: &Delivery) -> Self {
        Self {
            id: d.id,
            endpoint_id: d.endpoint,
            event_id: d.notice,
            event: d.kind.clone(),
            message_id: d.message,
            state: d.state,
            attempts: d.attempts,
            next_attempt_at: d.next_at,
            created_at: d.created_at,
            updated_at: d.updated_at,
        }
    }
}

/// A delivery with its attempts.
#[derive(Serialize, JsonSchema)]
struct DetailView {
    /// The delivery.
    #[serde(flatten)]
    delivery: DeliveryView,
    /// The exact bytes that are sent: ids and states. Before they are encrypted, if the endpoint is encrypted for.
    body: String,
    /// Every attempt, in order.
    log: Vec<AttemptView>,
}

/// One attempt.
#[derive(Serialize, JsonSchema)]
struct AttemptView {
    /// Counted from 1.
    attempt: u32,
    /// When it began.
    started_at: Time,
    /// What it came to: `delivered`, `refused`, `timeout`, `tls_failed`, …
    outcome: String,
    /// The receiver's HTTP status.
    status: Option<u16>,
    /// How long the receiver took, in milliseconds.
    latency_ms: Option<u32>,
}

impl From<&Attempt> for AttemptView {
    fn from(a: &Attempt) -> Self {
        Self {
            attempt: a.number,
            started_at: a.started_at,
            outcome: a.outcome.clone(),
            status: a.status,
            latency_ms: a.latency_ms,
        }
    }
}

/// Which deliveries.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only those in this state.
    state: Option<State>,
    /// How many, 1 to 250; 50 unless said otherwise.
    #[schemars(range(min = 1, max = 250))]
    limit: Option<u16>,
    /// Where to begin: `next_cursor` of the page before.
    cursor: Option<String>,
}

fn list(store: &Store) -> Endpoint {
    let store = store.clone();
    get("/v1/endpoints/{id}/deliveries")
        .needs(ENDPOINTS_READ)
        .class(Class::Read)
        .summary("List deliveries to an endpoint, newest first")
        .describe("`state=dead` are the dead letters.")
        .queries::<Query>()
        .answers::<Page<DeliveryView>>(200)
        .to(move |call: Call<(), Query>| page(store.clone(), call))
}

async fn page(store: Store, call: Call<(), Query>) -> Result<Reply, Failure> {
    let endpoint: EndpointId = call.id("id")?;
    store.peek(&call.ctx, move |tx| crate::endpoints::find(tx, endpoint)).await?;
    let state = call.query.state;
    let listing = call.listing(store.keys(), &(endpoint, state), call.query.limit)?;
    let before = match listing.position(call.query.cursor.as_deref())? {
        Some(bytes) => bytes.try_into().map(DeliveryId::from_bytes).map_err(|_| sealpost_web::not_found())?,
        None => DeliveryId::from_bytes([0xff; 16]),
    };
    let limit = listing.fetch();
    let rows = store.read(&call.ctx, move |tx| service::page_of(tx, endpoint, state, before, limit)).await?;
    Ok(Reply::ok(&listing.page(rows, |row| row.id.bytes().to_vec(), |row| DeliveryView::from(&row)))?)
}

fn show(store: &Store) -> Endpoint {
    let store = store.clone();
    get("/v1/deliveries/{id}")
        .needs(ENDPOINTS_READ)
        .class(Class::Read)
        .summary("Read a delivery and its attempts")
        .answers::<DetailView>(200)
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id: DeliveryId = call.id("id")?;
                let (delivery, attempts) = store.read(&call.ctx, move |tx| service::find(tx, id)).await?;
                Ok(Reply::ok(&DetailView {
                    delivery: DeliveryView::from(&delivery),
                    body: String::from_utf8_lossy(&delivery.body).into_owned(),
                    log: attempts.iter().map(AttemptView::from).collect(),
                })?)
            }
        })
}

fn resend(store: &Store) -> Endpoint {
    let store = store.clone();
    post("/v1/deliveries/{id}/resend")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("delivery.resend")
        .summary("Send a delivery once more")
        .describe("The event keeps its id, so that a receiver recognises it.")
        .answers::<DeliveryView>(202)
        .refuses(&[&codes::DELIVERY_UNDER_WAY])
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id: DeliveryId = call.id("id")?;
                call.write(&store, move |tx| {
                    let delivery = service::resend(tx, id)?;
                    let reply = Reply::json(202, &DeliveryView::from(delivery.value()))?;
                    Ok(delivery.map(|_| reply))
                })
                .await
            }
        })
}

/// Which dead letters to resend.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Since {
    /// Those that came to be at or after this moment.
    since: Time,
}

/// How many were put back.
#[derive(Serialize, JsonSchema)]
struct ResentView {
    /// How many deliveries are under way again, at most 1000 a call.
    resent: u32,
}

fn resend_since(store: &Store) -> Endpoint {
    let store = store.clone();
    post("/v1/endpoints/{id}/resend")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Batch)
        .acts("endpoint.resend")
        .summary("Send an endpoint's dead letters once more")
        .takes::<Since>()
        .answers::<ResentView>(202)
        .example(serde_json::json!({ "since": "2026-01-15T09:30:00Z" }))
        .to(move |call: Call<Since>| {
            let store = store.clone();
            async move {
                let endpoint: EndpointId = call.id("id")?;
                let since = call.body.since;
                call.write(&store, move |tx| {
                    crate::endpoints::find(tx, endpoint)?;
                    let count = service::resend_dead(tx, endpoint, since)?;
                    let reply = Reply::json(202, &ResentView { resent: *count.value() })?;
                    Ok(count.map(|_| reply))
                })
                .await
            }
        })
}
