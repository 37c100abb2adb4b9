//! `GET` and `POST` of `/app/{env}/endpoints/{id}/rotation-try`, `…-finish` and `…-cancel`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_access::secrets::Overlap;
use sealpost_store::{EndpointId, Store};
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::endpoints::Endpoints;
use crate::endpoints::codes::{ENDPOINT_INVALID, ROTATION_MISSING, ROTATION_UNPROVEN, SECRET_STORED, URL_REFUSED};
use crate::endpoints::pages::tried;
use crate::endpoints::service::find;
use crate::endpoints::signing::rotation as steps;

pub(super) fn ask_try(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/rotation-try")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to try a new secret")
        .to(move |call: Call| asked(store.clone(), call, trying))
}

pub(super) fn attempt(endpoints: &Endpoints) -> Route {
    let endpoints = endpoints.clone();
    post("/app/{env}/endpoints/{id}/rotation-try")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.try_rotation")
        .summary("Ask the receiver whether it knows the new secret")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(200, "text/html")
        .refuses(&[&ROTATION_MISSING, &URL_REFUSED])
        .to(move |call: Call<Yes>| {
            let endpoints = endpoints.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                match endpoints.try_rotation(&call.ctx, id).await {
                    Ok(answer) => tried(&call, &format!("/endpoints/{id}/signing"), "Ping by the new secret", answer),
                    Err(failure) => trying(&call, id).again(&call, failure),
                }
            }
        })
}

pub(super) fn ask_finish(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/rotation-finish")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to sign with a new secret")
        .to(move |call: Call| asked(store.clone(), call, finishing))
}

/// How to finish.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RotationFinishForm")]
struct Finish {
    overlap_seconds: Option<u32>,
}

pub(super) fn finish(store: &Store) -> Route {
    let store = store.clone();
    post("/app/{env}/endpoints/{id}/rotation-finish")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.finish_rotation")
        .done("The new secret signs")
        .summary("Sign with the new secret")
        .takes_form::<Finish>()
        .example(json!({ "overlap_seconds": "86400" }))
        .answers_with(303, "")
        .refuses(&[&ENDPOINT_INVALID, &ROTATION_MISSING, &ROTATION_UNPROVEN, &SECRET_STORED])
        .to(move |call: Call<Finish>| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                match finished(&store, &call, id).await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => finishing(&call, id).again(&call, failure),
                }
            }
        })
}

async fn finished(store: &Store, call: &Call<Finish>, id: EndpointId) -> Result<Reply, Failure> {
    let overlap = Overlap::seconds(call.body.overlap_seconds.unwrap_or(86_400))
        .map_err(|_| Refusal::of(&ENDPOINT_INVALID).at("/overlap_seconds", "out_of_range"))?;
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    let reply = call.done(&format!("/endpoints/{id}/signing"));
    call.write(store, move |tx| Ok(steps::finish(tx, &keys, id, overlap)?.map(|_| reply))).await
}

pub(super) fn ask_cancel(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/rotation-cancel")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to take a new secret back")
        .to(move |call: Call| asked(store.clone(), call, cancelling))
}

pub(super) fn cancel(store: &Store) -> Route {
    let store = store.clone();
    post("/app/{env}/endpoints/{id}/rotation-cancel")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.cancel_rotation")
        .done("The new secret is taken back")
        .summary("Take a new secret back")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&ROTATION_MISSING])
        .to(move |call: Call<Yes>| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let reply = call.done(&format!("/endpoints/{id}/signing"));
                match call.write(&store, move |tx| Ok(steps::cancel(tx, id)?.map(|()| reply))).await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => cancelling(&call, id).again(&call, failure),
                }
            }
        })
}

async fn asked(store: Store, call: Call, question: fn(&Call, EndpointId) -> Ask) -> Result<Reply, Failure> {
    let id: EndpointId = call.id("id")?;
    store.read(&call.ctx, move |tx| find(tx, id)).await?;
    question(&call, id).show(&call)
}

fn trying<B, Q>(call: &Call<B, Q>, id: EndpointId) -> Ask {
    Ask::new(
        call,
        "Try the new secret?",
        "The endpoint gets a ping that the new secret signs alone. Answered 2xx within five seconds, the receiver knows it.",
        &format!("/endpoints/{id}/signing"),
    )
    .submit("Send the ping")
}

fn finishing<B, Q>(call: &Call<B, Q>, id: EndpointId) -> Ask {
    let choices = [(0, "None"), (3600, "1 hour"), (86_400, "1 day"), (604_800, "7 days")];
    let choices = choices.into_iter().map(|(seconds, says)| Choice::new(seconds, says)).collect();
    Ask::new(
        call,
        "Sign with the new secret?",
        "In formats with room for one signature the one before ends at once. Where there is room it signs beside the new one for as long \
         as you say.",
        &format!("/endpoints/{id}/signing"),
    )
    .field(Field::new("overlap_seconds", "Overlap").kind(Kind::Choice(choices)).value("86400"))
    .submit("Sign with it")
}

fn cancelling<B, Q>(call: &Call<B, Q>, id: EndpointId) -> Ask {
    Ask::new(
        call,
        "Take the new secret back?",
        "It is destroyed, and the one before goes on signing.",
        &format!("/endpoints/{id}/signing"),
    )
    .submit("Take it back")
}
