//! Routes of deliveries.

use schemars::JsonSchema;
use sealpost_access::permissions::{ENDPOINTS_MANAGE, ENDPOINTS_READ};
use sealpost_store::{DeliveryId, EndpointId, MessageId, NoticeId, Store, Time};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Call, Class, Endpoint, Failure, Fault, Feature, Page, Refusal, Reply, get, post};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::{Attempt, Delivery, EventPattern, State, Wanted};
use super::service::Chosen;
use super::{codes, pages, service};

/// What deliveries add to the API.
pub fn feature(store: &Store) -> Feature {
    Feature {
        name: "deliveries",
        about: "Events on their way to endpoints: every attempt with its outcome, dead letters, resending.",
        routes: [list(store), of_all(store), show(store), resend(store), resend_since(store), resend_many(store)]
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

/// A delivery as its list shows it.
pub(crate) fn as_listed(delivery: &Delivery) -> Result<Value, Fault> {
    serde_json::to_value(DeliveryView::from(delivery)).map_err(Fault::new)
}

/// An attempt as its delivery shows it.
pub(crate) fn attempt_as_shown(attempt: &Attempt) -> Result<Value, Fault> {
    serde_json::to_value(AttemptView::from(attempt)).map_err(Fault::new)
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
    /// Only of this event, or of all that begin so: `message.*`.
    event: Option<EventPattern>,
    /// Only those that came to be then or later.
    since: Option<Time>,
    /// Only those that came to be before.
    until: Option<Time>,
    /// Only those whose last attempt was answered with this HTTP status.
    #[schemars(range(min = 100, max = 599))]
    status: Option<u16>,
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

/// Which deliveries of all endpoints.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DeliveriesQuery")]
struct OfAll {
    /// Only those to this endpoint.
    endpoint_id: Option<EndpointId>,
    /// Only those in this state.
    state: Option<State>,
    /// Only of this event, or of all that begin so: `message.*`.
    event: Option<EventPattern>,
    /// Only those that came to be then or later.
    since: Option<Time>,
    /// Only those that came to be before.
    until: Option<Time>,
    /// Only those whose last attempt was answered with this HTTP status.
    #[schemars(range(min = 100, max = 599))]
    status: Option<u16>,
    /// How many, 1 to 250; 50 unless said otherwise.
    #[schemars(range(min = 1, max = 250))]
    limit: Option<u16>,
    /// Where to begin: `next_cursor` of the page before.
    cursor: Option<String>,
}

fn of_all(store: &Store) -> Endpoint {
    let store = store.clone();
    get("/v1/deliveries")
        .needs(ENDPOINTS_READ)
        .class(Class::Read)
        .summary("List deliveries to all endpoints, newest first")
        .describe("`state=dead` are the dead letters, whatever endpoint they were for.")
        .queries::<OfAll>()
        .answers::<Page<DeliveryView>>(200)
        .to(move |mut call: Call<(), OfAll>| {
            let store = store.clone();
            async move {
                let query = &mut call.query;
                let wanted = Wanted {
                    endpoint: query.endpoint_id,
                    state: query.state,
                    event: query.event.take(),
                    since: query.since,
                    until: query.until,
                    status: query.status,
                };
                let (limit, cursor) = (query.limit, query.cursor.take());
                found(&store, &call, wanted, limit, cursor.as_deref()).await
            }
        })
}

async fn page(store: Store, mut call: Call<(), Query>) -> Result<Reply, Failure> {
    let endpoint: EndpointId = call.id("id")?;
    store.peek(&call.ctx, move |tx| crate::endpoints::find(tx, endpoint)).await?;
    let query = &mut call.query;
    let wanted = Wanted {
        endpoint: Some(endpoint),
        state: query.state,
        event: query.event.take(),
        since: query.since,
        until: query.until,
        status: query.status,
    };
    let (limit, cursor) = (query.limit, query.cursor.take());
    found(&store, &call, wanted, limit, cursor.as_deref()).await
}

async fn found<Q>(
    store: &Store,
    call: &Call<(), Q>,
    wanted: Wanted,
    limit: Option<u16>,
    cursor: Option<&str>,
) -> Result<Reply, Failure> {
    let listing = call.listing(store.keys(), &wanted, limit)?;
    let newest = DeliveryId::from_bytes([0xff; 16]);
    let before = crate::cursor::behind(&listing, cursor, DeliveryId::from_bytes)?.unwrap_or(newest);
    let fetch = listing.fetch();
    let rows = store.read(&call.ctx, move |tx| service::search(tx, &wanted, before, fetch)).await?;
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

/// Which deliveries to send once more: `ids`, or `since`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ResendBody")]
struct ManyBody {
    /// These, at most 1000, whatever became of them.
    #[schemars(length(max = 1000))]
    ids: Option<Vec<DeliveryId>>,
    /// Instead: dead letters that came to be at or after this moment, at most 1000 a call.
    since: Option<Time>,
    /// With `since`: only those to this endpoint.
    endpoint_id: Option<EndpointId>,
}

/// What became of sending several once more.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Resent")]
struct ManyView {
    /// How many are under way again.
    resent: u32,
    /// Those that aren't.
    skipped: Vec<SkippedView>,
}

/// A delivery that was not sent once more.
#[derive(Serialize, JsonSchema)]
struct SkippedView {
    /// Its id.
    id: DeliveryId,
    /// Why: `not_found` or `delivery_under_way`.
    code: &'static str,
}

fn resend_many(store: &Store) -> Endpoint {
    let store = store.clone();
    post("/v1/deliveries/resend")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Batch)
        .acts("delivery.resend_many")
        .summary("Send several deliveries once more")
        .describe("Events keep their ids, so that a receiver recognises what it has already.")
        .takes::<ManyBody>()
        .answers::<ManyView>(202)
        .example(serde_json::json!({ "since": "2026-01-15T09:30:00Z" }))
        .to(move |mut call: Call<ManyBody>| {
            let store = store.clone();
            async move {
                let chosen = chosen(&mut call.body)?;
                call.write(&store, move |tx| {
                    let resent = service::resend_many(tx, chosen)?;
                    let skipped = resent.value().skipped.iter();
                    let skipped = skipped.map(|(id, code)| SkippedView { id: *id, code: code.code }).collect();
                    let reply = Reply::json(202, &ManyView { resent: resent.value().count, skipped })?;
                    Ok(resent.map(|_| reply))
                })
                .await
            }
        })
}

fn chosen(body: &mut ManyBody) -> Result<Chosen, Refusal> {
    let wrong = |place, code| Refusal::of(&BODY_INVALID).at(place, code);
    match (body.ids.take(), body.since, body.endpoint_id) {
        (Some(ids), None, None) if ids.len() > service::MOST_RESENT as usize => Err(wrong("/ids", "too_many")),
        (Some(ids), None, None) => Ok(Chosen::These(ids)),
        (None, Some(since), endpoint) => Ok(Chosen::DeadSince(since, endpoint)),
        (Some(_), Some(_), _) => Err(wrong("/since", "field_unexpected")),
        (Some(_), None, Some(_)) => Err(wrong("/endpoint_id", "field_unexpected")),
        (None, None, _) => Err(wrong("/ids", "field_missing")),
    }
}
