//! `GET` and `POST /app/{env}/deliveries/{id}/resend`, and of `/app/{env}/endpoints/{id}/resend`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_store::{DeliveryId, EndpointId, Store, Time};
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::deliveries::codes::DELIVERY_UNDER_WAY;
use crate::deliveries::service::{self, Chosen};

const HOUR_MS: i64 = 3_600_000;
/// How far back dead letters are resent at most, in hours.
const MOST_HOURS: u32 = 24 * 90;

/// Which dead letters.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ResendForm")]
struct Since {
    /// Those of the last so many hours.
    hours: Option<u32>,
}

pub(super) fn ask(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/deliveries/{id}/resend")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to send a delivery once more")
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id: DeliveryId = call.id("id")?;
                store.read(&call.ctx, move |tx| service::find(tx, id)).await?;
                question(&call, id).show(&call)
            }
        })
}

pub(super) fn resend(store: &Store) -> Route {
    let store = store.clone();
    post("/app/{env}/deliveries/{id}/resend")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("delivery.resend")
        .done("Sent once more")
        .summary("Send a delivery once more")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&DELIVERY_UNDER_WAY])
        .to(move |call: Call<Yes>| {
            let store = store.clone();
            async move {
                let id: DeliveryId = call.id("id")?;
                let reply = call.done(&format!("/deliveries/{id}"));
                let done = call.write(&store, move |tx| Ok(service::resend(tx, id)?.map(|_| reply))).await;
                match done {
                    Ok(reply) => Ok(reply),
                    Err(failure) => question(&call, id).again(&call, failure),
                }
            }
        })
}

fn question<B, Q>(call: &Call<B, Q>, id: DeliveryId) -> Ask {
    let says = "The event keeps its id, so that a receiver that has it already recognises it.";
    Ask::new(call, "Send it once more?", says, &format!("/deliveries/{id}")).submit("Send")
}

pub(super) fn ask_since(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/resend")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask which dead letters to send once more")
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                store.peek(&call.ctx, move |tx| crate::endpoints::find(tx, id)).await?;
                question_since(&call, id).show(&call)
            }
        })
}

pub(super) fn resend_since(store: &Store) -> Route {
    let store = store.clone();
    post("/app/{env}/endpoints/{id}/resend")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Batch)
        .acts("endpoint.resend")
        .done("Dead letters are on their way again")
        .summary("Send an endpoint's dead letters once more")
        .takes_form::<Since>()
        .example(json!({ "hours": "24" }))
        .answers_with(303, "")
        .to(move |call: Call<Since>| handle_since(store.clone(), call))
}

async fn handle_since(store: Store, call: Call<Since>) -> Result<Reply, Failure> {
    let id: EndpointId = call.id("id")?;
    let since = since(&call);
    let reply = call.done(&format!("/endpoints/{id}"));
    call.write(&store, move |tx| {
        crate::endpoints::find(tx, id)?;
        Ok(service::resend_dead(tx, id, since)?.map(|_| reply))
    })
    .await
}

pub(super) fn ask_many() -> Route {
    get("/app/{env}/deliveries/resend")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask which dead letters of all endpoints to send once more")
        .to(|call: Call| std::future::ready(question_of(&call, "/deliveries?state=dead").show(&call)))
}

pub(super) fn resend_many(store: &Store) -> Route {
    let store = store.clone();
    post("/app/{env}/deliveries/resend")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Batch)
        .acts("delivery.resend_many")
        .done("Dead letters are on their way again")
        .summary("Send dead letters of all endpoints once more")
        .takes_form::<Since>()
        .example(json!({ "hours": "24" }))
        .answers_with(303, "")
        .to(move |call: Call<Since>| {
            let store = store.clone();
            async move {
                let chosen = Chosen::DeadSince(since(&call), None);
                let reply = call.done("/deliveries");
                call.write(&store, move |tx| Ok(service::resend_many(tx, chosen)?.map(|_| reply))).await
            }
        })
}

/// From when on, as the form says it.
fn since(call: &Call<Since>) -> Time {
    let hours = i64::from(call.body.hours.unwrap_or(24).min(MOST_HOURS));
    call.ctx.now().plus_ms(-hours * HOUR_MS)
}

fn question_since<B, Q>(call: &Call<B, Q>, id: EndpointId) -> Ask {
    question_of(call, &format!("/endpoints/{id}"))
}

fn question_of<B, Q>(call: &Call<B, Q>, back: &str) -> Ask {
    let choices =
        [(1, "of the last hour"), (24, "of the last day"), (168, "of the last week"), (2160, "all that are kept")];
    let choices = choices.into_iter().map(|(hours, says)| Choice::new(hours, says)).collect();
    let says = "At most a thousand at once. Events keep their ids, so that a receiver recognises what it has already.";
    Ask::new(call, "Send dead letters once more?", says, back)
        .field(Field::new("hours", "Those").kind(Kind::Choice(choices)).value("24"))
        .submit("Send")
}
