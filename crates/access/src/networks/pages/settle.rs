//! `GET` and `POST /app/{env}/networks/confirm` and `/revert`

use schemars::JsonSchema;
use sealpost_store::{Recorded, Store, Tx};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::Tone;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::networks::codes::{NETWORKS_NOT_PENDING, OWN_ADDRESS_EXCLUDED};
use crate::networks::{Known, Standing, service};
use crate::permissions::NETWORKS_MANAGE;

/// Which change is meant.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NetworkDecisionForm")]
struct Form {
    /// The version that was looked at.
    version: Option<u32>,
}

pub(super) fn ask_confirm(house: &Store) -> Endpoint {
    let house = house.clone();
    get("/app/{env}/networks/confirm")
        .needs(NETWORKS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether a change of the networks stays")
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                let standing = house.peek(&call.ctx, service::standing).await?;
                waits(confirming(&call, Some(standing.version)), &standing, &call).show(&call)
            }
        })
}

pub(super) fn confirm(house: &Store) -> Endpoint {
    let house = house.clone();
    post("/app/{env}/networks/confirm")
        .needs(NETWORKS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("networks.confirm")
        .done("It stays")
        .summary("Let a change of the networks stay")
        .takes_form::<Form>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&CHANGED_MEANWHILE, &NETWORKS_NOT_PENDING, &OWN_ADDRESS_EXCLUDED])
        .to(move |call: Call<Form>| {
            let house = house.clone();
            async move {
                let (version, peer) = (call.body.version, call.peer());
                let keys = house.keys().organisation(call.ctx.org.id).await?;
                let known = Known { version, tags: None };
                let settled = settle(&house, &call, move |tx| service::confirm(tx, &keys, peer, &known)).await;
                settled.or_else(|failure| confirming(&call, version).again(&call, failure))
            }
        })
}

pub(super) fn ask_revert(house: &Store) -> Endpoint {
    let house = house.clone();
    get("/app/{env}/networks/revert")
        .needs(NETWORKS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to take a change of the networks back")
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                let standing = house.peek(&call.ctx, service::standing).await?;
                waits(reverting(&call, Some(standing.version)), &standing, &call).show(&call)
            }
        })
}

pub(super) fn revert(house: &Store) -> Endpoint {
    let house = house.clone();
    post("/app/{env}/networks/revert")
        .needs(NETWORKS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("networks.revert")
        .done("Taken back")
        .summary("Take a change of the networks back")
        .takes_form::<Form>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&CHANGED_MEANWHILE, &NETWORKS_NOT_PENDING])
        .to(move |call: Call<Form>| {
            let house = house.clone();
            async move {
                let version = call.body.version;
                let keys = house.keys().organisation(call.ctx.org.id).await?;
                let known = Known { version, tags: None };
                let settled = settle(&house, &call, move |tx| service::revert(tx, &keys, &known)).await;
                settled.or_else(|failure| reverting(&call, version).again(&call, failure))
            }
        })
}

async fn settle(
    house: &Store,
    call: &Call<Form>,
    act: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<Standing>, Failure> + Send + 'static,
) -> Result<Reply, Failure> {
    let done = call.done("/networks");
    call.write(house, move |tx| Ok(act(tx)?.map(|_| done))).await
}

fn confirming<B, Q>(call: &Call<B, Q>, version: Option<u32>) -> Ask {
    let says =
        "You are admitted from where you are. Others may not be: what you see here stays until somebody changes it.";
    about(Ask::new(call, "Let this stay?", says, "/networks").submit("Confirm"), version)
}

fn reverting<B, Q>(call: &Call<B, Q>, version: Option<u32>) -> Ask {
    let says = "What was confirmed last holds again, at once.";
    about(Ask::new(call, "Take this back?", says, "/networks").submit("Take back"), version)
}

/// Says so where there is nothing to decide about.
fn waits(ask: Ask, standing: &Standing, call: &Call) -> Ask {
    match standing.open(call.ctx.now()) {
        Some(_) => ask,
        None => ask.note(Tone::Warn, "No change waits: what is in force stays as it is."),
    }
}

fn about(ask: Ask, version: Option<u32>) -> Ask {
    match version {
        Some(version) => ask.hidden("version", version.to_string()),
        None => ask,
    }
}
